// PostGraphile in library mode: it makes its schema of the tables and of the functions in postgraphile.sql.
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { GraphQLError } from 'graphql'
import { identify, pool } from './database.js'

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafast: {
    async context({ node }) {
      const caller = await identify(node?.req.headers.authorization)
      if (caller === null) throw new GraphQLError('unknown token', { extensions: { statusCode: 401 } })
      return { pgSettings: { 'facet.platform_id': String(caller.platformId) } }
    },
  },
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
}

const serv = postgraphile(preset).createServ(grafserv)
const server = createServer()
await serv.addTo(server)
server.listen(Number(process.env.PEER_PORT), '127.0.0.1')
