import { ApolloServer, HeaderMap } from '@apollo/server'
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled'
import { type GraphQLSchema, getOperationAST, OperationTypeNode, parse } from 'graphql'
import { KarcisError } from './errors.ts'
import { formatError } from './graphql-errors.ts'
import type { RequestScope } from './viewer.ts'

/** The answer to one operation, ready to be sent. */
export interface OperationAnswer {
  status: number
  headers: Record<string, string>
  json: string
}

/** Runs operations of one schema. */
export interface Operations<Context> {
  /** Answers what a client sent as one operation, whatever it is. */
  run(body: unknown, context: Context): Promise<OperationAnswer>
  /** Answers a member of a batch with the result as JSON. Whatever fails is told in it. */
  runMember(member: object, context: Context): Promise<string>
  stop(): Promise<void>
}

/** Apollo Server behind no server of its own. Errors are masked here, and logged with the request id of the context. */
export async function createOperations<Context extends RequestScope>(
  schema: GraphQLSchema,
): Promise<Operations<Context>> {
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: false,
    csrfPrevention: false, // browsers never reach this port, and no request is served without a service token
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    stringifyResult: (result) => JSON.stringify(result), // without a line break at its end: it may become part of a line
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      {
        async requestDidStart() {
          return {
            // Masked here and not in Apollo's `formatError`, which does not know the request.
            async willSendResponse({ response, errors, contextValue }) {
              if (errors && response.body.kind === 'single') {
                response.body.singleResult.errors = errors.map((error) => formatError(error, contextValue))
              }
            },
          }
        },
      },
    ],
  })
  await apollo.start()

  async function run(body: unknown, context: Context): Promise<OperationAnswer> {
    const headers = new HeaderMap([['content-type', 'application/json']])
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => context,
    })
    if (answer.body.kind !== 'complete') throw new Error('answers in parts are not in the schema')
    return {
      status: answer.status ?? 200,
      headers: Object.fromEntries(answer.headers),
      json: answer.body.string,
    }
  }

  return {
    run,
    async runMember(member, context) {
      try {
        if (isWrite(member)) throw new KarcisError('BAD_USER_INPUT', 'A batch takes queries only.')
        return (await run(member, context)).json
      } catch (error) {
        return JSON.stringify({ errors: [formatError(error, context)] })
      }
    },
    stop: () => apollo.stop(),
  }
}

/** Whether it is known to be no query. What else may be wrong with it is told by who runs it. */
function isWrite({ query, operationName }: { query?: unknown; operationName?: unknown }): boolean {
  if (typeof query !== 'string') return false
  try {
    const operation = getOperationAST(
      parse(query),
      typeof operationName === 'string' ? operationName : undefined,
    )
    return operation != null && operation.operation !== OperationTypeNode.QUERY
  } catch {
    return false
  }
}
