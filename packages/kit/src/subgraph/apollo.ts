import { ApolloServer, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from '@apollo/server/plugin/disabled'
import { type DocumentNode, type GraphQLSchema, OperationTypeNode } from 'graphql'
import { DOCUMENT_RULES, MAX_TOKENS } from './document-limits.ts'
import { formatError } from '../graphql-errors.ts'
import { whoWaits } from '../waiting.ts'
import type { RequestScope } from '../viewer.ts'

/** The answer to one operation, ready to be sent. */
export interface OperationAnswer {
  status: number
  headers: Record<string, string>
  /** In pieces when it is large. */
  json: string | readonly string[]
}

/**
 * Apollo Server without a server of its own.
 * @param onValid hears of every document that may be executed, with its text.
 */
export async function startApollo<Context extends RequestScope>(
  schema: GraphQLSchema,
  onValid: (text: string, document: DocumentNode) => void,
): Promise<ApolloServer<Context>> {
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: false,
    validationRules: DOCUMENT_RULES,
    parseOptions: { maxTokens: MAX_TOKENS },
    documentStore: null, // ours keeps what is valid
    csrfPrevention: false, // browsers never reach this port, and no request is served without a service token
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    stringifyResult: (result) => JSON.stringify(result), // without a line break at its end: it may become part of a line
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(), // it would wrap every resolver of the schema
      {
        async requestDidStart() {
          return {
            async didResolveOperation({ source, document, operation }) {
              onValid(source, document)
              if (operation?.operation !== OperationTypeNode.QUERY) whoWaits()?.keep()
            },
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
  return apollo
}

/** Has Apollo Server answer what a client sent, whatever it is. */
export async function runByApollo<Context extends RequestScope>(
  apollo: ApolloServer<Context>,
  body: unknown,
  context: Context,
): Promise<OperationAnswer> {
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
