import type { ExecutionResult, GraphQLFormattedError } from 'graphql'
import type { FanOut } from '../delivery/fan-out.ts'
import type { FrameChannel } from '../delivery/write-queue.ts'
import type { LiveOperation } from '../upstream/live-operation.ts'

/** Is called when a subscription has ended by itself; its events go to its channel. */
export interface Listener {
  completed(): void
  failed(errors: readonly GraphQLFormattedError[]): void
}

/** A client's share in a running subscription. */
export interface Membership {
  /** Nothing more comes, not even what is on its way. */
  leave(): void
}

/** A subscriber, and how far it has come. A class, so that ten thousand of them share their methods. */
export class Member implements Membership {
  readonly channel: FrameChannel
  readonly listener: Listener
  /** The last revision that it has; undefined when there are none, or none yet. */
  position: unknown
  /** The newest event, to be sent when its connection takes more. */
  waiting: Buffer | null = null
  topic: Topic | null = null
  readonly #group: { leave(member: Member): void }

  constructor(
    group: { leave(member: Member): void },
    channel: FrameChannel,
    listener: Listener,
    position: unknown,
  ) {
    this.#group = group
    this.channel = channel
    this.listener = listener
    this.position = position
  }

  leave(): void {
    this.channel.close()
    this.#group.leave(this)
  }
}

/** One upstream subscription, and the members that get its events. */
export interface Topic {
  readonly members: Set<Member>
  /** The revision up to which its events have been delivered; undefined while that is not known. */
  readonly position: unknown
  /** The JSON of the newest event; where events have revisions, only whether there was one: it may be a whole seat map. */
  readonly newest: Buffer | null
  /** Continues with an operation against another supergraph. */
  move(operation: LiveOperation): void
  close(): void
}

export interface TopicOptions {
  operation: LiveOperation
  /** The revision to start after; undefined to start from now. */
  since: unknown
  fanOut: Pick<FanOut, 'room'>
  /**
   * @param isReset when it replaces what the member has, although that is of a later revision: the server has come to an earlier one, as
   *   after a restore.
   */
  deliver(member: Member, json: Buffer, revision: unknown, isReset: boolean): void
  /** The newest event has been delivered to each member. */
  delivered(): void
  /** Nothing more comes: it has completed, or failed. */
  ended(errors: readonly GraphQLFormattedError[] | null): void
}

/** Runs each event of an upstream through the plan once, in order, and writes the response as JSON once. */
export function openTopic({ fanOut, deliver, delivered, ended, ...options }: TopicOptions): Topic {
  let { operation, since: position } = options
  let events = operation.open(position)
  let newest: Buffer | null = null
  let closed = false
  let running = pump(events)
  const members = new Set<Member>()

  async function pump(source: AsyncIterator<ExecutionResult>): Promise<void> {
    try {
      for (;;) {
        const event = await source.next()
        if (closed || source !== events) return
        if (event.done) return finish(null)
        const revision = operation.upstream.revisionOf(event.value)
        const isReset = operation.upstream.isSnapshot(event.value) && isEarlier(revision, position)
        const result = await operation.execute(event.value)
        if (closed) return
        publish(Buffer.from(JSON.stringify(result)), revision, isReset)
        await fanOut.room()
      }
    } catch (error) {
      if (!closed && source === events) finish(operation.errorsOf(error))
    }
  }

  function publish(json: Buffer, revision: unknown, isReset: boolean): void {
    newest = operation.upstream.origin === undefined ? json : DELIVERED
    position = revision ?? position
    for (const member of members) deliver(member, json, revision, isReset)
    delivered()
  }

  function finish(errors: readonly GraphQLFormattedError[] | null): void {
    close()
    ended(errors)
  }

  function close(): void {
    closed = true
    void events.return?.()
  }

  return {
    members,
    get position() {
      return position
    },
    get newest() {
      return newest
    },
    move(next) {
      const previous = operation
      operation = next
      // Where the upstream is asked the same as before it just goes on, and only the rest of the plan is new.
      if (next.isSameUpstream(previous)) return
      const left = events
      events = next.open(position ?? next.upstream.origin)
      const source = events
      running = running.then(() => pump(source))
      void left.return?.()
    },
    close,
  }
}

const DELIVERED = Buffer.alloc(0)

/** Whether a member at `position` has all events up to `revision`; false when either is unknown. */
export const isSeen = (revision: unknown, position: unknown): boolean =>
  typeof revision === 'number' && typeof position === 'number' && revision <= position

const isEarlier = (revision: unknown, position: unknown): boolean =>
  isSeen(revision, position) && revision !== position
