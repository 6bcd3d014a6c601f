import { eventually } from '@karcis/testkit/eventually'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { WebSocket } from 'ws'

// A test knows the shape of what it waits for.
// oxlint-disable-next-line no-explicit-any
type Loose = any

interface Frame {
  type: string
  id?: string
  payload?: Loose
}

/** A socket without a client library: sends exactly what a test tells it to, and keeps all that it receives. */
export interface RawSocket extends AsyncDisposable {
  send(message: object | string): void
  /** Frames of WebSocket itself. */
  ping(): void
  pong(): void
  readonly received: Frame[]
  /** The oldest frame not yet taken. */
  next(): Promise<Frame>
  closed: Promise<{ code: number; reason: string }>
  /** Reads nothing more until told to, not even a close. */
  deaf(isDeaf: boolean): void
  /** Sends `connection_init` and waits until that is acknowledged. */
  introduce(payload?: object): Promise<void>
}

export interface RawSocketOptions {
  origin?: string
  protocol?: string
  autoPong?: boolean
  headers?: Record<string, string>
}

/** @throws Error when the server refuses the connection, with its status in the message. */
export async function openRawSocket(url: string, options: RawSocketOptions = {}): Promise<RawSocket> {
  const { protocol = GRAPHQL_TRANSPORT_WS_PROTOCOL, ...others } = options
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, others)
  const received: Frame[] = []
  let taken = 0
  socket.on('message', (data) => received.push(JSON.parse((data as Buffer).toString())))
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  )
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const next = (): Promise<Frame> =>
    eventually(() => {
      const frame = received[taken]
      if (!frame) throw new Error(`no frame after ${JSON.stringify(received)}`)
      taken++
      return frame
    })
  const send = (message: object | string): void =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message))

  return {
    send,
    ping: () => socket.ping(),
    pong: () => socket.pong(),
    received,
    next,
    closed,
    deaf: (isDeaf) => (isDeaf ? socket.pause() : socket.resume()),
    async introduce(payload) {
      send({ type: 'connection_init', payload })
      const { type } = await next()
      if (type !== 'connection_ack') throw new Error(`expected connection_ack, got ${type}`)
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await closed
    },
  }
}
