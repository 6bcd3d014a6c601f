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
import type { SubscribePayload } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { mapAsync } from '../async-queue.ts'
import { mayUse } from '../contracts/calls.ts'
import { Forbidden, KarcisError, ServiceUnavailable, Unauthenticated } from '../errors.ts'
import { formatError } from '../graphql-errors.ts'
import { newId } from '../ids.ts'
import type { Logger } from '../log.ts'
import { SERVICE_TOKEN_EXTENSION, type ServiceTokens } from '../service-token.ts'
import { DOCUMENT_RULES, MAX_TOKENS } from './document-limits.ts'
import type { LargeAnswers } from './large-answers.ts'
import { MAX_OBJECTS, ObjectBudget, withinBudget } from './object-budget.ts'
import { nulIn } from './no-nul.ts'
import { guardSocket } from './socket-guard.ts'
import type { RequestScope } from '../viewer.ts'

/** An event is sent as soon as it is made. */
const SENT = Promise.resolve()

const MAX_FRAME_BYTES = 1_000_000

/** Operations under way on one socket; the router has up to 10,000 on its own. */
const MAX_OPERATIONS = 12_000

/** How long a socket may take to answer that it is closed. */
const CLOSING_MS = 2_000

export interface SubscriptionServerOptions<Context extends RequestScope> {
  server: Server
  schema: GraphQLSchema
  tokens: ServiceTokens
  log: Logger
  largeAnswers: LargeAnswers
  /** What operations are served with; null while none are taken. */
  work(): { createContext(scope: RequestScope): Context } | null
}

/** Arguments of one operation, with what is needed to make its context anew for each event. */
interface ScopedArgs extends ExecutionArgs {
  scope: RequestScope
  renewContext(): RequestScope
}

/**
 * graphql-ws on the subgraph's own port. One socket carries operations of many viewers, so the service token comes
 * with each subscribe message, not with the connection.
 */
export function serveSubscriptions<Context extends RequestScope>(
  options: SubscriptionServerOptions<Context>,
) {
  const { server, schema, tokens, log, largeAnswers, work } = options
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MAX_FRAME_BYTES })
  sockets.on('connection', (socket) => guardSocket(socket))

  const disposable = useServer(
    {
      schema,
      async onSubscribe(ctx, id, payload) {
        const underWay = operationsOn(ctx)
        if (underWay.size >= MAX_OPERATIONS) return [asGraphQLError(new TooManyOperations())]
        underWay.add(id)
        const prepared = await prepare(payload)
        if (Array.isArray(prepared)) underWay.delete(id)
        return prepared
      },
      onComplete: (ctx, id) => void operationsOn(ctx).delete(id),
      async subscribe(args) {
        const { renewContext } = args as ScopedArgs
        const source = await createSourceEventStream(args)
        if (!(Symbol.asyncIterator in source)) return source
        // A fresh context per event: a loader that lived on would answer later events from its cache.
        return mapAsync(source[Symbol.asyncIterator](), async (event) => {
          const admission = largeAnswers.admission()
          const budget = new ObjectBudget(MAX_OBJECTS, admission)
          try {
            return await withinBudget(budget, () =>
              execute({ ...args, rootValue: event, contextValue: renewContext() }),
            )
          } catch (error) {
            return { data: null, errors: [asGraphQLError(error)] }
          } finally {
            admission.end(SENT)
          }
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

  /** What is executed; or what is wrong with it. */
  async function prepare(payload: SubscribePayload): Promise<ScopedArgs | readonly GraphQLError[]> {
    const { createContext } = work() ?? {}
    if (!createContext) return [asGraphQLError(new ServiceUnavailable())]
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
      return {
        schema,
        document,
        operationName: payload.operationName,
        variableValues: payload.variables,
        contextValue: createContext(scope),
        renewContext: () => createContext(scope),
        scope,
      }
    } catch (error) {
      return [asGraphQLError(error)]
    }
  }

  return {
    /** Tells all sockets that we go away, and cuts those that do not answer. */
    async close() {
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSING_MS)
      await disposable.dispose()
      clearTimeout(cut)
    },
  }
}

class TooManyOperations extends KarcisError {
  constructor() {
    super('RATE_LIMITED', 'There are too many operations on this socket.', { most: MAX_OPERATIONS })
  }
}

/** The ids of what is under way on each socket, by its context in graphql-ws. */
const underWayOn = new WeakMap<object, Set<string>>()

function operationsOn(socket: object): Set<string> {
  const known = underWayOn.get(socket) ?? new Set()
  underWayOn.set(socket, known)
  return known
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('failed', { originalError: error instanceof Error ? error : new Error(String(error)) })

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
