import type { GraphQLFormattedError } from 'graphql'
import { MessageType } from 'graphql-ws'
import type { Outbox } from '../delivery/outbox.ts'
import type { Listener, Membership } from '../topics/topic.ts'
import type { Join } from '../topics/topics.ts'

/** The socket that an operation came by. */
interface Home {
  /** Sends the last word on an operation, and forgets it. */
  end(operation: SocketOperation, lastWord: object): void
}

/** An operation that a client has sent over its socket: being started, or live. */
export class SocketOperation implements Listener {
  readonly id: string
  readonly #home: Home
  #membership: Membership | null = null

  constructor(id: string, home: Home) {
    this.id = id
    this.#home = home
  }

  get isLive(): boolean {
    return this.#membership !== null
  }

  watch(outbox: Outbox, join: Join): void {
    const line = outbox.line(`{"id":${JSON.stringify(this.id)},"type":"next","payload":`, '}')
    this.#membership = join(line, this)
  }

  leave(): void {
    this.#membership?.leave()
  }

  completed(): void {
    this.#home.end(this, { id: this.id, type: MessageType.Complete })
  }

  failed(errors: readonly GraphQLFormattedError[]): void {
    this.#home.end(this, { id: this.id, type: MessageType.Error, payload: errors })
  }
}
