import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import type { SubscribePayload } from 'graphql-ws'
import { validDocument } from '../execution/documents.ts'
import { executePlan, publicErrors, readyOperation } from '../execution/execute.ts'
import type { SupergraphFile } from '../execution/supergraph-file.ts'
import type { Identity } from '../security/authenticate.ts'
import type { Started } from './serve-socket.ts'
import { type SubscriptionDeps, subscribe } from './subscribe.ts'

/** Starts an operation that came over a socket, whatever its kind. Never rejects. */
export async function startOperation(
  { query, operationName, variables }: SubscribePayload,
  identity: Identity | null,
  { file, log, ...deps }: SubscriptionDeps & { file: SupergraphFile; log: Logger },
): Promise<Started> {
  const requestId = newId()
  const scope = { requestId, log: log.child({ requestId }) }
  try {
    const supergraph = file.current
    const document = validDocument(supergraph, query)
    const viewer = identity?.viewer ?? null
    const ready = readyOperation({ supergraph, document, operationName, variables, viewer, ...scope })
    const { node } = ready.prepared.plan
    if (node?.kind === 'Subscription') return { kind: 'stream', results: subscribe(ready, node, deps) }
    return { kind: 'single', result: await executePlan(ready, node, deps.services) }
  } catch (error) {
    return { kind: 'refused', errors: publicErrors(error, scope) }
  }
}
