// GraphQL Yoga on Node's own HTTP server, with the JIT plugin of its makers; its document caches are on as installed.
import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import { createSchema, createYoga } from 'graphql-yoga'
import { GraphQLError } from 'graphql'
import { identify } from './database.js'
import { contextFor, resolvers, typeDefs } from './schema.js'

const endReads = {
  onExecute({ args }) {
    return { onExecuteDone: () => args.contextValue.reads.end() }
  },
}
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  async context({ request }) {
    const caller = await identify(request.headers.get('authorization'))
    if (caller === null) throw new GraphQLError('unknown token', { extensions: { http: { status: 401 } } })
    return contextFor(caller)
  },
  graphiql: false,
  landingPage: false,
  logging: false,
  plugins: [useGraphQlJit(), endReads],
})

createServer(yoga).listen(Number(process.env.PEER_PORT), '127.0.0.1')
