import { setImmediate as turn } from 'node:timers/promises'
import { clientError, publicErrors, SCHEMA_RELOAD } from '../../errors.ts'
import { type OperationRequest, type ReadyOperation, readyOperation } from '../../execution/operation.ts'
import { validDocument } from '../../planning/known-operation.ts'
import type { Supergraph } from '../../planning/supergraph.ts'
import { scopeKeyOf } from '../../subgraphs/request.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import type { FrameChannel } from '../delivery/write-queue.ts'
import { type LiveOperation, liveOperation, type SubscriptionDeps } from '../upstream/live-operation.ts'
import { createGroup, type Group } from './group.ts'
import type { Listener, Membership } from './topic.ts'
import { viewerScope } from './viewer-scope.ts'

/** All running subscriptions, each distinct one run once for all who share it. */
export interface Topics {
  /**
   * @param asked a subscription in the document `query`.
   * @throws whatever prevents it from being run.
   */
  prepare(asked: ReadyOperation, query: string): Join
  /** Moves what runs to another supergraph, and ends what does not fit it. */
  move(supergraph: Supergraph): Promise<void>
}

/** Nothing runs before somebody joins. @param channel that its events go to. */
export type Join = (channel: FrameChannel, listener: Listener) => Membership

interface Entry {
  group: Group
  operation: LiveOperation
  query: string
  /** By which newcomers find it. */
  key: string
  /** The operation as a viewer asked for it, where it is run without one because it is declared to be the same for all. */
  shared: ReadyOperation | null
}

export function createTopics(deps: SubscriptionDeps, fanOut: FanOut): Topics {
  const entries = new Set<Entry>()
  const byKey = new Map<string, Entry>()
  const versions = createNumbering()
  let newest: Supergraph | null = null

  function keyOf({ ready, variables }: LiveOperation, query: string): string {
    const { supergraph, operationName, viewer } = ready.request
    return JSON.stringify([
      versions(supergraph),
      query,
      operationName ?? null,
      inOrder(variables),
      scopeKeyOf(viewer),
    ])
  }

  function open(operation: LiveOperation, query: string, key: string): Entry {
    const group = createGroup(operation, fanOut, () => {
      entries.delete(entry)
      if (byKey.get(entry.key) === entry) byKey.delete(entry.key)
    })
    const entry: Entry = { group, operation, query, key, shared: null }
    entries.add(entry)
    byKey.set(key, entry)
    return entry
  }

  /** What is run for a request: without the viewer where that makes no difference. */
  function operationOf(asked: ReadyOperation): LiveOperation {
    const viewer = viewerScope(asked)
    const ready = viewer === asked.request.viewer ? asked : readyOperation({ ...copyOf(asked), viewer })
    const { node } = ready.prepared.plan
    if (node?.kind !== 'Subscription') throw new Error('planned as something else than a subscription')
    return liveOperation(ready, node, deps)
  }

  /** @throws whatever a request for the same would be refused with now. */
  function onSupergraph(supergraph: Supergraph, asked: ReadyOperation, query: string): ReadyOperation {
    return readyOperation({ ...copyOf(asked), supergraph, document: validDocument(supergraph, query) })
  }

  function moved({ operation, query, shared }: Entry, supergraph: Supergraph): LiveOperation {
    if (shared && viewerScope(onSupergraph(supergraph, shared, query)))
      throw new Error('no longer the same for all who share it')
    return operationOf(onSupergraph(supergraph, operation.ready, query))
  }

  function carryOver(entry: Entry, supergraph: Supergraph): void {
    try {
      entry.operation = moved(entry, supergraph)
      entry.group.move(entry.operation)
      if (byKey.get(entry.key) === entry) byKey.delete(entry.key)
      entry.key = keyOf(entry.operation, entry.query)
      // Where newcomers have begun the same meanwhile, both continue.
      if (!byKey.has(entry.key)) byKey.set(entry.key, entry)
    } catch (error) {
      const { request } = entry.operation.ready
      request.log.info({ err: error }, 'subscription ended by a new supergraph')
      entry.group.fail(publicErrors(RELOADED, request))
    }
  }

  return {
    prepare(asked, query) {
      const operation = operationOf(asked)
      const { upstream, ready } = operation
      return (channel, listener) => {
        const key = keyOf(operation, query)
        const entry = byKey.get(key) ?? open(operation, query, key)
        if (ready !== asked) entry.shared = asked
        return entry.group.join(channel, listener, upstream.sinceOf(ready.variables))
      }
    },

    async move(supergraph) {
      newest = supergraph
      for (const entry of entries) {
        if (newest !== supergraph) return // another has come, and moves all of them
        if (entry.operation.ready.request.supergraph === supergraph) continue
        carryOver(entry, supergraph)
        await turn() // planning takes milliseconds, and requests are waiting
      }
    },
  }
}

/** Spreading leaves the log behind, which is a getter of its class. */
const copyOf = ({ request }: ReadyOperation): OperationRequest => ({ ...request, log: request.log })

const RELOADED = clientError(
  SCHEMA_RELOAD,
  'The schema has changed, and this subscription does not fit it any more.',
)

/** A number for each version, the same each time. */
function createNumbering(): (supergraph: Supergraph) => number {
  const numbers = new WeakMap<Supergraph, number>()
  let last = 0
  return (supergraph) => {
    const number = numbers.get(supergraph) ?? ++last
    numbers.set(supergraph, number)
    return number
  }
}

/** Equal values give equal JSON, whatever the order in which a client wrote the fields of an input. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, inOrder(inner)]),
  )
}
