// The schema that Apollo Server, GraphQL Yoga and Mercurius share, with resolvers that load through DataLoader.
import { readFileSync } from 'node:fs'
import DataLoader from 'dataloader'
import { GraphQLScalarType } from 'graphql'
import { CARDS, inside, metric, outside, stores, wantsTrend } from './batches.js'
import { Reads } from './database.js'

export const typeDefs = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8')

/** The roots and the levels between them and the numbers; what they hold needs no look-up. */
export const roots = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => value.toISOString() }),
  MetricScalar: new GraphQLScalarType({ name: 'MetricScalar', serialize: (value) => value }),
  Query: {
    async merchantMetrics(_, { merchantId }, { caller, reads }) {
      const id = inside(merchantId)
      if (caller.reach !== null && !caller.reach.has(id)) return null
      const [found] = await reads.rows('merchant', [id])
      return found ?? null
    },
    async merchants(_, { first }, { reads }) {
      return { nodes: await reads.rows('merchants', first) }
    },
  },
  Merchant: { id: ({ id }) => outside('Merchant', id), metrics: (merchant) => merchant },
  MerchantMetrics: { billing: (merchant) => merchant, tenancy: (merchant) => merchant, customers: (merchant) => merchant },
}

const number = (field) => (merchant, _, context, info) =>
  context.loader(`${field} ${wantsTrend(info)}`, (ids) => metric(context.reads, field, ids, wantsTrend(info))).load(merchant.id)

export const FIELDS = {
  BillingMerchantMetrics: ['activeSubscriptions', 'mrr'],
  TenancyMerchantMetrics: ['totalStores', 'teamMembers'],
  CustomersMerchantMetrics: ['totalCustomers'],
}

export const resolvers = {
  ...roots,
  Merchant: {
    ...roots.Merchant,
    stores: (merchant, { first }, context) =>
      context.loader(`stores ${first}`, (ids) => stores(context.reads, ids, first)).load(merchant.id),
  },
  ...Object.fromEntries(
    Object.entries(FIELDS).map(([type, fields]) => [type, Object.fromEntries(fields.map((f) => [f, number(f)]))]),
  ),
}

/** What an operation knows: the caller, its reads and its loaders, which live as long as the operation. */
export function contextFor(caller) {
  const loaders = new Map()
  return {
    caller,
    reads: new Reads(caller.platformId),
    loader(key, batch) {
      if (!loaders.has(key)) loaders.set(key, new DataLoader(batch))
      return loaders.get(key)
    },
  }
}
