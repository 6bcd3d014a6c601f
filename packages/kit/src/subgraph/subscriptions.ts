import type { Server } from 'node:http'
import {
  createSourceEventStream,
  type ExecutionArgs,
  execute,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { mapAsync } from '../async-queue.ts'
import { mayUse } from '../contracts/calls.ts'
import { Forbidden, Unauthenticated } from '../errors.ts'
import { formatError } from '../graphql-errors.ts'
import { newId } from '../ids.ts'
import type { Logger } from '../log.ts'
import { SERVICE_TOKEN_EXTENSION, type ServiceTokens } from '../service-token.ts'
import { DOCUMENT_RULES, MAX_TOKENS } from './document-limits.ts'
import { MAX_OBJECTS, ObjectBudget, withinBudget } from './object-budget.ts'
import { nulIn } from './no-nul.ts'
import { guardSocket } from './socket-guard.ts'
import type { RequestScope } from '../viewer.ts'

const MAX_FRAME_BYTES = 1_000_000

export interface SubscriptionServerOptions<Context extends RequestScope> {
  server: Server
  schema: GraphQLSchema
  tokens: ServiceTokens
  log: Logger
  createContext(scope: RequestScope): Context
}

/** Arguments of one operation, with what is needed to make its context anew for each event. */
interface ScopedArgs extends ExecutionArgs {
  scope: RequestScope
}

/**
 * graphql-ws on the subgraph's own port. One socket carries operations of many viewers, so the service token comes
 * with each subscribe message, not with the connection.
 */
export function serveSubscriptions<Context extends RequestScope>(
  options: SubscriptionServerOptions<Context>,
) {
  const { server, schema, tokens, log, createContext } = options
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_FRAME_BYTES })
  sockets.on('connection', (socket) => guardSocket(socket))

  const disposable = useServer(
    {
      schema,
      async onSubscribe(_ctx, _id, payload) {
        const extensions = payload.extensions ?? {}
        const caller = await tokens.verify(text(extensions[SERVICE_TOKEN_EXTENSION]))
        if (!caller) return [asGraphQLError(new Unauthenticated('A service token is needed here.'))]
        if (!mayUse(caller.service, tokens.service, 'graphql'))
          return [asGraphQLError(new Forbidden(`This is not for the ${caller.service} service.`))]
        const requestId = text(extensions.requestId) ?? newId()
        const scope: RequestScope = { ...caller, requestId, log }
        try {
          const nul = nulIn(payload.variables)
          if (nul) return [asGraphQLError(nul)]
          // Parsed here because graphql-ws would answer a syntax error by closing the whole socket.
          const document = parse(payload.query, { maxTokens: MAX_TOKENS })
          const errors = validate(schema, document, [...specifiedRules, ...DOCUMENT_RULES])
          if (errors.length > 0) return errors
          const args: ScopedArgs = {
            schema,
            document,
            operationName: payload.operationName,
            variableValues: payload.variables,
            contextValue: createContext(scope),
            scope,
          }
          return args
        } catch (error) {
          return [asGraphQLError(error)]
        }
      },
      async subscribe(args) {
        const { scope } = args as ScopedArgs
        const source = await createSourceEventStream(args)
        if (!(Symbol.asyncIterator in source)) return source
        // A fresh context per event: a loader that lived on would answer later events from its cache.
        return mapAsync(source[Symbol.asyncIterator](), async (event) => {
          const budget = new ObjectBudget(MAX_OBJECTS)
          const result = await withinBudget(budget, () =>
            execute({ ...args, rootValue: event, contextValue: createContext(scope) }),
          )
          return budget.problem ? { data: null, errors: [asGraphQLError(budget.problem)] } : result
        })
      },
      onNext: (_ctx, _id, _payload, args, result) => {
        if (!result.errors) return
        const { scope } = args as ScopedArgs
        return { ...result, errors: result.errors.map((error) => formatError(error, scope)) }
      },
      onError: (_ctx, _id, _payload, errors) =>
        errors.map((error) => formatError(error, { requestId: newId(), log })),
    },
    sockets,
  )
  return { close: async () => disposable.dispose() }
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('failed', { originalError: error instanceof Error ? error : new Error(String(error)) })

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
