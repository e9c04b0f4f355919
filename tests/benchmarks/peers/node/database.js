// PostgreSQL, and who a token speaks for. The same for every server here but PostGraphile, which does its own SQL.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'

const REMEMBERED_MS = 5_000
const sql = new Map()
const known = new Map()
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export const pool = new pg.Pool({
  connectionString: process.env.PEER_DATABASE_URL,
  min: 10,
  max: 20,
  options: '-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan',
})

/** A statement of the folder beside this one, prepared once per connection. */
function statement(name, values) {
  if (!sql.has(name)) sql.set(name, readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8'))
  return { name, text: sql.get(name), values }
}

/** Reads of one request: a transaction that sees one platform, begun by the first read and ended by `end`. */
export class Reads {
  #client

  constructor(platformId) {
    this.platformId = platformId
  }

  async rows(name, ...values) {
    this.#client ??= this.#begin()
    const result = await (await this.#client).query(statement(name, [this.platformId, ...values]))
    return result.rows
  }

  async end() {
    if (this.#client === undefined) return
    const client = await this.#client
    await client.query('COMMIT')
    client.release()
  }

  async #begin() {
    const client = await pool.connect()
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL facet.platform_id = '${this.platformId}'`,
    )
    return client
  }
}

/** The caller: `{platformId, reach}`, where reach is a set of merchants or null for all; null for a stranger. */
export async function identify(authorization) {
  const token = authorization?.slice(7) ?? ''
  const found = known.get(token)
  if (found !== undefined && found.until > Date.now()) return found.caller
  const caller = await lookUp(token)
  if (caller !== null) known.set(token, { caller, until: Date.now() + REMEMBERED_MS })
  return caller
}

async function lookUp(token) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY')
    const hash = createHash('sha256').update(token).digest()
    const [found] = (await client.query(statement('identify', [hash]))).rows
    if (!found?.is_good) return null
    const grants = (await client.query(statement('grants', [found.platform_id, found.user_id]))).rows
    if (grants.length === 0) return null
    const merchants = grants.map((grant) => grant.merchant_id)
    return { platformId: found.platform_id, reach: merchants.includes(null) ? null : new Set(merchants) }
  } finally {
    await client.query('COMMIT')
    client.release()
  }
}
