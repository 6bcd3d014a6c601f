import type { ExecutionResult, GraphQLFormattedError } from 'graphql'
import type { FanOut } from '../delivery/fan-out.ts'
import type { Line } from '../delivery/outbox.ts'
import type { LiveOperation } from '../upstream/live-operation.ts'

/** Is told when a subscription has ended by itself; events go by its line. */
export interface Listener {
  completed(): void
  failed(errors: readonly GraphQLFormattedError[]): void
}

/** A client's share in a running subscription. */
export interface Membership {
  /** Nothing more comes, not even what is on its way. */
  leave(): void
}

/** One who watches, and how far it has come. A class, so that ten thousand of them share their methods. */
export class Member implements Membership {
  readonly line: Line
  readonly listener: Listener
  /** The last revision it has; nothing when there are none, or none yet. */
  position: unknown
  /** The newest event, for when its connection takes more. */
  waiting: Buffer | null = null
  topic: Topic | null = null
  readonly #group: { leave(member: Member): void }

  constructor(group: { leave(member: Member): void }, line: Line, listener: Listener, position: unknown) {
    this.#group = group
    this.line = line
    this.listener = listener
    this.position = position
  }

  leave(): void {
    this.line.close()
    this.#group.leave(this)
  }
}

/** One upstream subscription and those who hear it. */
export interface Topic {
  readonly members: Set<Member>
  /** The revision up to which its events have been given; nothing while that is not known. */
  readonly position: unknown
  /** The JSON of the newest event. */
  readonly newest: Buffer | null
  /** Goes on with an operation against another supergraph. */
  move(operation: LiveOperation): void
  close(): void
}

export interface TopicOptions {
  operation: LiveOperation
  /** The revision to start after; nothing for from now on. */
  since: unknown
  fanOut: Pick<FanOut, 'room'>
  give(member: Member, json: Buffer, revision: unknown): void
  /** Each member has been given the newest event. */
  given(): void
  /** Nothing more comes: it has completed, or failed. */
  ended(errors: readonly GraphQLFormattedError[] | null): void
}

/** Runs each event of an upstream through the plan once, in order, and writes the answer as JSON once. */
export function openTopic({ fanOut, give, given, ended, ...options }: TopicOptions): Topic {
  let { operation, since: position } = options
  let events = operation.open(position)
  let newest: Buffer | null = null
  let closed = false
  let running = pump(events)
  const members = new Set<Member>()

  async function pump(mine: AsyncIterator<ExecutionResult>): Promise<void> {
    try {
      for (;;) {
        const event = await mine.next()
        if (closed || mine !== events) return
        if (event.done) return finish(null)
        const revision = operation.upstream.revisionOf(event.value)
        const result = await operation.execute(event.value)
        if (closed) return
        deliver(Buffer.from(JSON.stringify(result)), revision)
        await fanOut.room()
      }
    } catch (error) {
      if (!closed && mine === events) finish(operation.errorsOf(error))
    }
  }

  function deliver(json: Buffer, revision: unknown): void {
    newest = json
    position = revision ?? position
    for (const member of members) give(member, json, revision)
    given()
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
      // What the upstream is asked has stayed the same: then it just goes on, and only the rest of the plan is new.
      if (next.isSameUpstream(previous)) return
      const left = events
      events = next.open(position ?? next.upstream.origin)
      const mine = events
      running = running.then(() => pump(mine))
      void left.return?.()
    },
    close,
  }
}

/** Whether who has come to `position` has all up to `revision`. Unknown ones say nothing. */
export const isSeen = (revision: unknown, position: unknown): boolean =>
  typeof revision === 'number' && typeof position === 'number' && revision <= position
