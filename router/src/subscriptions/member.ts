import type { GraphQLFormattedError } from 'graphql'
import type { Line } from './delivery/outbox.ts'
import type { Topic } from './topics/topic.ts'

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
