// Apollo Server in front of @apollo/gateway as its documentation has it.
// usage: node apollo.mjs <supergraph file> <port>
// With SERVICE_SECRET it stands in front of our own subgraphs, which answer nobody without a service token.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

const [file, port] = process.argv.slice(2)
const secret = process.env.SERVICE_SECRET
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As packages/kit/src/service-token.ts makes them, for somebody who is not signed in; one for all requests. */
function serviceToken() {
  const text = `${encode({ alg: 'HS256' })}.${encode({ iss: 'router', aud: 'karcis-subgraph', exp: Math.floor(Date.now() / 1000) + 3600 })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
const token = secret && serviceToken()

const gateway = new ApolloGateway({
  // It knows no access directives; what is measured needs none.
  supergraphSdl: readFileSync(file, 'utf8').replaceAll(
    /@link\(url: "[^"]*\/(authenticated|requiresScopes)\/[^)]*\)/g,
    '',
  ),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource({
      url,
      willSendRequest: ({ request }) => token && request.http.headers.set('x-karcis-service-token', token),
    }),
})
await startStandaloneServer(new ApolloServer({ gateway }), {
  listen: { port: Number(port), host: '127.0.0.1' },
})
