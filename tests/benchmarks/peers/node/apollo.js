// Apollo Server in Express, as its documentation advises for production.
import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import express from 'express'
import { GraphQLError } from 'graphql'
import { identify } from './database.js'
import { contextFor, resolvers, typeDefs } from './schema.js'

const endReads = {
  async requestDidStart() {
    return { willSendResponse: ({ contextValue }) => contextValue.reads.end() }
  },
}
const server = new ApolloServer({ typeDefs, resolvers, plugins: [endReads] })
await server.start()

async function context({ req }) {
  const caller = await identify(req.headers.authorization)
  if (caller === null) throw new GraphQLError('unknown token', { extensions: { http: { status: 401 } } })
  return contextFor(caller)
}

const app = express()
app.use('/graphql', express.json(), expressMiddleware(server, { context }))
app.listen(Number(process.env.PEER_PORT), '127.0.0.1')
