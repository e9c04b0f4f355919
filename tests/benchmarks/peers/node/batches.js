// What a batch of keys needs, in one statement each.
const THIRTY_DAYS = 30 * 24 * 60 * 60 * 1000
const TREND = new Set(['trend', 'trendValue', 'previousValue'])
const counts = new Intl.NumberFormat('en')
const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

export const CARDS = {
  activeSubscriptions: ['billing.active_subscriptions', 'Active subscriptions', 'subscriptions', 'credit-card', 'COUNT'],
  mrr: ['billing.mrr', 'MRR', 'revenue', 'repeat', 'MONEY'],
  totalStores: ['tenancy.total_stores', 'Stores', 'tenancy', 'store', 'COUNT'],
  teamMembers: ['tenancy.team_members', 'Team members', 'tenancy', 'users-round', 'COUNT'],
  totalCustomers: ['customers.total_customers', 'Customers', 'customers', 'users', 'COUNT'],
}
const STATEMENTS = {
  activeSubscriptions: 'active_subscriptions',
  mrr: 'mrr',
  totalStores: 'total_stores',
  teamMembers: 'team_members',
  totalCustomers: 'total_customers',
}

/** The values of one metric, a card for each merchant. */
export async function metric(reads, field, merchantIds, withTrend) {
  const now = new Date()
  const before = withTrend ? new Date(now - THIRTY_DAYS) : null
  const rows = await reads.rows(STATEMENTS[field], merchantIds, now, before)
  const found = new Map(rows.map((row) => [row.merchant_id, row]))
  return merchantIds.map((id) => card(field, found.get(id)?.now ?? 0, found.get(id)?.before ?? 0))
}

/** The first stores of each merchant. */
export async function stores(reads, merchantIds, first) {
  const lists = new Map(merchantIds.map((id) => [id, []]))
  for (const row of await reads.rows('stores', merchantIds, first)) lists.get(row.merchant_id).push(store(row))
  return merchantIds.map((id) => ({ nodes: lists.get(id) }))
}

/** Whether the operation asks for a trend below this field; what nobody asks for is not computed. */
export function wantsTrend(info) {
  return info.fieldNodes.some((node) => selects(node.selectionSet, info.fragments))
}

export function outside(kind, id) {
  return Buffer.from(`${kind}:${id}`).toString('base64')
}

export function inside(id) {
  return Number(Buffer.from(id, 'base64').toString().split(':')[1])
}

function selects(selectionSet, fragments) {
  return selectionSet.selections.some((selection) => {
    if (selection.kind === 'Field') return TREND.has(selection.name.value)
    return selects((selection.kind === 'FragmentSpread' ? fragments[selection.name.value] : selection).selectionSet, fragments)
  })
}

function store(row) {
  return {
    id: outside('Store', row.id),
    name: row.name,
    externalId: row.external_id,
    createdAt: row.created_at,
    closedAt: row.closed_at,
    city: row.city,
    region: row.region,
    postalCode: row.postal_code,
    countryCode: row.country_code,
    phone: row.phone,
  }
}

function card(field, now, before) {
  const [key, label, category, icon, unit] = CARDS[field]
  const percent = before ? ((now - before) * 100) / before : null
  const trend = percent === null ? null : Math.abs(percent) < 0.5 ? 'STABLE' : percent > 0 ? 'UP' : 'DOWN'
  const isMoney = unit === 'MONEY'
  return {
    key,
    label,
    category,
    icon,
    unit,
    value: isMoney ? (now / 100).toFixed(2) : now,
    formatted: isMoney ? money.format(now / 100) : counts.format(now),
    trend,
    trendValue: percent,
    previousValue: isMoney ? (before / 100).toFixed(2) : before,
  }
}
