import type { GraphQLFormattedError } from 'graphql'
import { MessageType } from 'graphql-ws'
import type { WriteQueue } from '../delivery/write-queue.ts'
import type { Waiting } from '../../subgraphs/waiting.ts'
import type { Listener, Membership } from '../topics/topic.ts'
import type { Join } from '../topics/topics.ts'

/** A message about one operation. */
export interface OperationMessage {
  id: string
  type: MessageType
  payload?: unknown
}

/** The socket that an operation came over. */
interface OwnerSocket {
  /** Sends the final message of an operation, and forgets it. */
  end(operation: SocketOperation, finalMessage: OperationMessage): void
}

/** An operation that a client has sent over its socket: being started, or live. */
export class SocketOperation implements Listener {
  readonly id: string
  readonly #socket: OwnerSocket
  #membership: Membership | null = null
  /** Until it is live. */
  #waiting: Waiting | null

  constructor(id: string, socket: OwnerSocket, waiting: Waiting) {
    this.id = id
    this.#socket = socket
    this.#waiting = waiting
  }

  get isLive(): boolean {
    return this.#membership !== null
  }

  watch(queue: WriteQueue, join: Join): void {
    const channel = queue.channel(`{"id":${JSON.stringify(this.id)},"type":"next","payload":`, '}')
    this.#membership = join(channel, this)
    this.#waiting = null
  }

  /** It has its response. @returns what ends the wait for it. */
  answered(): () => void {
    const waiting = this.#waiting
    this.#waiting = null
    return () => waiting?.end()
  }

  leave(): void {
    this.#membership?.leave()
    this.#waiting?.end()
  }

  completed(): void {
    this.#socket.end(this, { id: this.id, type: MessageType.Complete })
  }

  failed(errors: readonly GraphQLFormattedError[]): void {
    this.#socket.end(this, { id: this.id, type: MessageType.Error, payload: errors })
  }
}
