import { createAsyncQueue } from '@karcis/kit/async-queue'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { ExecutionResult, GraphQLError } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { subgraphError } from '../../errors.ts'
import type { RouterLimits } from '../../settings.ts'
import type { UpstreamSocket } from '../../subgraphs/websocket.ts'

export interface UpstreamOptions {
  socket: UpstreamSocket
  /** Made anew for every attempt: the service token in it is short-lived, and a resumed one says where it stopped. */
  payload(since: unknown): Promise<SubscribePayload>
  /** The response key of the field whose events these are. */
  field: string
  /** The revision to start after; undefined to start from now. */
  since?: unknown
  /** The revision to resume from when the connection was lost before any was seen. */
  origin: unknown
  /** The revision that an event carries; undefined when events have none. */
  revisionOf(event: ExecutionResult): unknown
  limits: Pick<RouterLimits, 'eventsPerSubscriber' | 'reconnectMs' | 'upstreamPatienceMs'>
}

const LONGEST_WAIT_MS = 5_000

/**
 * The events of one operation upstream, in order. A lost connection is opened again without the reader's noticing, from the
 * last revision that has come. So is one that was given up because the reader fell too far behind, once it has read what waits;
 * where events have no revisions that is a failure. An event that the subgraph could not tell in full, because something was away, is asked
 * for again in the same way: it will not come by itself. Ends with the upstream; fails with its errors, and when it stays unavailable.
 */
export function openUpstream({
  socket,
  payload,
  field,
  since,
  origin,
  revisionOf,
  limits,
}: UpstreamOptions): AsyncIterableIterator<ExecutionResult> {
  let stop = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  let ended = false
  let waiting = 0
  let attempts = 0
  let lostAt: number | null = null
  let revision = since
  let wasOpen = false
  let hasEvents = false
  let isBehind = false
  /** Whether the last event was not told in full: then an open connection alone is no good sign. */
  let isBroken = false

  const queue = createAsyncQueue<ExecutionResult>(() => {
    ended = true
    clearTimeout(timer)
    stop()
  })

  async function open(): Promise<void> {
    const message = await payload(revision ?? (wasOpen ? origin : revision))
    if (ended) return
    stop = socket.subscribe(message, {
      opened() {
        wasOpen = true
        if (!isBroken) recovered()
      },
      next(event) {
        // A subscription that could not be made comes as a result without data, and is then completed. Behind another event
        // it is one of which nothing could be told.
        if (event.data === undefined && !hasEvents) return fail(event.errors)
        hasEvents = true
        isBroken = (revision ?? origin) !== undefined && isIncomplete(event)
        if (isBroken) {
          stop()
          return retry()
        }
        recovered()
        if (waiting === limits.eventsPerSubscriber) return fallBehind()
        revision = revisionOf(event) ?? revision
        waiting++
        queue.push(event.data === undefined ? untold(event, field) : event)
      },
      failed: fail,
      completed: () => queue.end(),
      lost: retry,
    })
  }

  function recovered(): void {
    lostAt = null
    attempts = 0
  }

  /** @param errors as they came: whatever they are, there is at least one. */
  function fail(errors: unknown): void {
    const all: unknown[] = Array.isArray(errors) && errors.length > 0 ? errors : [null]
    queue.fail(new AggregateError(all.map(subgraphError)))
  }

  function fallBehind(): void {
    if ((revision ?? origin) === undefined)
      return queue.fail(new ServiceUnavailable('Events came faster than they were read. Subscribe again.', 1))
    stop()
    isBehind = true
  }

  function retry(): void {
    if (ended) return
    lostAt ??= Date.now()
    if (Date.now() - lostAt > limits.upstreamPatienceMs) return queue.fail(new ServiceUnavailable())
    const wait = Math.min(limits.reconnectMs * 2 ** attempts++, LONGEST_WAIT_MS)
    // With jitter, so that all subscribers of a subgraph that is back do not arrive at the same moment.
    timer = setTimeout(() => void open().catch(queue.fail), wait * (0.5 + Math.random() / 2))
  }

  void open().catch(queue.fail)
  return {
    async next() {
      const result = await queue.next()
      if (!result.done) waiting--
      if (isBehind && waiting === 0) {
        isBehind = false
        void open().catch(queue.fail)
      }
      return result
    },
    return: () => queue.return(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Whether something that an event was to be made of was away. What is wrong in itself would be so again. */
const isIncomplete = (event: ExecutionResult): boolean =>
  errorsOf(event).some((error) => error?.extensions?.code === 'SERVICE_UNAVAILABLE')

/** Its errors are the field's, so that a client finds what is missing. What they are is not known: they are read where a fetch's are. */
const untold = (event: ExecutionResult, field: string): ExecutionResult => ({
  data: null,
  errors: errorsOf(event).map((error) => Object.assign({ path: [field] }, error)),
})

/** What stands where errors do, as it came over the wire. */
const errorsOf = ({ errors }: ExecutionResult): readonly (GraphQLError | null)[] =>
  Array.isArray(errors) ? errors : []
