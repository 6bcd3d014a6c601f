import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { listen, readBody, sendJson } from '@karcis/kit/http'
import { execute, type ExecutionResult, type GraphQLFieldResolver, parse, validate } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

export interface OpenSubgraphSpec {
  sdl: string
  // A resolver knows its own arguments.
  // oxlint-disable-next-line typescript/no-explicit-any
  resolvers: Record<string, Record<string, any>>
  path?: string
  /** What is sent as the payload of `next` instead of this result, for a subgraph that keeps to no rule. */
  misreport?: (result: ExecutionResult) => object
}

/** One request that a subgraph took. */
interface Asked {
  headers: IncomingHttpHeaders
  query: string
  variables: { representations?: Record<string, unknown>[] }
}

/** A subgraph that is not of the platform: it answers everybody, at any path, and subscriptions at the same path. */
export async function serveOpenSubgraph({ sdl, resolvers, path = '/graphql', misreport }: OpenSubgraphSpec) {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: asResolvers(resolvers) }])
  const asked: Asked[] = []
  /** Queries whose caller has gone before they were answered. */
  const abandoned: string[] = []
  const http = createServer((request, response) => {
    void (async () => {
      if (request.url !== path) return sendJson(response, 404, {})
      const { query, variables } = JSON.parse(await readBody(request, 1_000_000))
      asked.push({ headers: request.headers, query, variables })
      response.once('close', () => {
        if (!response.writableEnded) abandoned.push(query)
      })
      const document = parse(query)
      const errors = validate(schema, document)
      sendJson(
        response,
        200,
        errors.length > 0 ? { errors } : await execute({ schema, document, variableValues: variables }),
      )
    })()
  })
  const sockets = new WebSocketServer({ server: http, path })
  const graphql = useServer(
    { schema, ...(misreport && { onNext: (_context, _id, _payload, _args, result) => misreport(result) }) },
    sockets,
  )
  const port = await listen(http, 0, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}${path}`,
    asked,
    abandoned,
    async [Symbol.asyncDispose]() {
      await graphql.dispose()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

type Resolvers = Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>>

const asResolvers = (resolvers: OpenSubgraphSpec['resolvers']) => resolvers as Resolvers
