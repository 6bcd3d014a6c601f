import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { LazyScope, publicErrors } from '../errors.ts'
import { executePlan } from '../execution/execute.ts'
import { readyForCurrentRole } from '../execution/operation.ts'
import { validDocument } from '../planning/known-operation.ts'
import type { SupergraphFile } from '../planning/supergraph-file.ts'
import type { CurrentViewer, Identity } from '../security/authenticate.ts'
import type { RateLimits } from '../security/rate-limits.ts'
import type { Waiting } from '../subgraphs/waiting.ts'
import type { FanOut } from './delivery/fan-out.ts'
import { createTopics, type Join } from './topics/topics.ts'
import type { SubscriptionDeps } from './upstream/live-operation.ts'

/** What came of an operation: refused as a whole, one result, or events for whoever joins. */
type Started =
  | { kind: 'refused'; errors: readonly GraphQLFormattedError[] }
  | { kind: 'single'; result: FormattedExecutionResult }
  | { kind: 'live'; join: Join }

/** Starts an operation that came over a socket or for a stream, whatever its kind. Never rejects. */
export type StartOperation = (
  payload: SubscribePayload,
  identity: Identity | null,
  client: OperationClient,
) => Promise<Started>

export interface OperationClient {
  /** Network address. */
  address: string | undefined
  /** Ends when the client has gone, or has ended the operation. */
  waiting: Waiting
  /** What the request is called in logs; a new name unless it has one. */
  requestId?: string
}

export function createStart(
  deps: SubscriptionDeps & {
    file: SupergraphFile
    currentViewer: CurrentViewer
    log: Logger
    fanOut: FanOut
    rates: RateLimits
  },
): StartOperation {
  const { file, currentViewer, log, fanOut, rates } = deps
  const topics = createTopics(deps, fanOut)
  file.onChange((supergraph) => void topics.move(supergraph))

  return async ({ query, operationName, variables }, identity, client) => {
    const { requestId = newId(), ...others } = client
    const scope = new LazyScope(requestId, log)
    try {
      const viewer = identity?.viewer ?? null
      const allowance = rates.of(viewer, client.address)
      const refusal = allowance?.request()
      if (refusal) throw refusal
      const supergraph = file.current
      const document = validDocument(supergraph, query)
      const asked = { supergraph, document, operationName, variables, viewer, currentViewer, allowance }
      const ready = await readyForCurrentRole(Object.assign(scope, asked))
      const { node } = ready.prepared.plan
      if (node?.kind === 'Subscription') return { kind: 'live', join: topics.prepare(ready, query) }
      // A subscription may be shared, and goes on for those who are left.
      Object.assign(ready.request, others)
      return { kind: 'single', result: await executePlan(ready, node, deps.services) }
    } catch (error) {
      return { kind: 'refused', errors: publicErrors(error, scope) }
    }
  }
}
