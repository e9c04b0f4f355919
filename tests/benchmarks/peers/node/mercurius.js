// Mercurius in Fastify, compiling every query at once and batching with its own loaders.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { metric, stores, wantsTrend } from './batches.js'
import { identify } from './database.js'
import { contextFor, FIELDS, roots, typeDefs } from './schema.js'

const number = (field) => ({
  opts: { cache: false },
  loader: (queries, { reads }) =>
    metric(reads, field, queries.map(({ obj }) => obj.id), wantsTrend(queries[0].info)),
})
const loaders = {
  Merchant: {
    stores: (queries, { reads }) => stores(reads, queries.map(({ obj }) => obj.id), queries[0].params.first),
  },
  ...Object.fromEntries(
    Object.entries(FIELDS).map(([type, fields]) => [type, Object.fromEntries(fields.map((f) => [f, number(f)]))]),
  ),
}

const app = Fastify()
app.register(mercurius, {
  schema: typeDefs,
  resolvers: roots,
  loaders,
  jit: 1,
  async context(request) {
    const caller = await identify(request.headers.authorization)
    if (caller === null) throw new mercurius.ErrorWithProps('unknown token', {}, 401)
    return contextFor(caller)
  },
})
app.after(() => app.graphql.addHook('onResolution', (_, context) => context.reads.end()))
await app.listen({ port: Number(process.env.PEER_PORT), host: '127.0.0.1' })
