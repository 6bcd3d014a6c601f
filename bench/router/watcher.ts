import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { HEAD_END, SHARED_BUFFER } from './connection.ts'

/** One client of a subscription on a socket of its own. Written out, so that ten thousand of them cost little. */
export interface Watcher {
  close(): void
}

export interface WatcherEvents {
  /** A message of the protocol that is for the reader: its bytes are those of `buffer` from `start` to `end`, until it returns. */
  message(buffer: Buffer, start: number, end: number): void
  /** At most once; not after `close`. */
  failed(error: Error): void
}

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 }
const FIN = 0x80
const MASKED = 0x80
const ACK = Buffer.from('"connection_ack"')
const PING = Buffer.from('"ping"')
/** Control messages are shorter than any event. */
const LONGEST_CONTROL = 64
/** A server that has no more files to open takes a connection and says nothing. */
const OPEN_LIMIT_MS = 10_000

/** Where a server takes WebSockets. */
export interface SocketAddress {
  port: number
  path: string
}

/** Connects, introduces itself and subscribes. @returns when the subscription has been sent. */
export function openWatcher(
  { port, path }: SocketAddress,
  query: string,
  events: WatcherEvents,
): Promise<Watcher> {
  const { promise, resolve, reject } = Promise.withResolvers<Watcher>()
  let upgraded = false
  let closed = false
  let partial: Buffer | null = null
  const patience = setTimeout(() => fail(new Error('it does not answer')), OPEN_LIMIT_MS)

  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: SHARED_BUFFER,
      callback(length, buffer) {
        const read = (buffer as Buffer).subarray(0, length)
        const data = partial ? Buffer.concat([partial, read]) : read
        const used = receive(data)
        partial = used < data.length ? Buffer.from(data.subarray(used)) : null
        return true
      },
    },
  })
  socket.on('connect', () =>
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n` +
        'sec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    ),
  )
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the socket was closed')))

  /** @returns how much of it has been dealt with. */
  function receive(data: Buffer): number {
    let at = 0
    if (!upgraded) {
      const headEnd = data.indexOf(HEAD_END)
      if (headEnd < 0) return 0
      if (!data.toString('latin1', 0, headEnd).startsWith('HTTP/1.1 101')) {
        fail(new Error(`no WebSocket: ${data.toString()}`))
        return data.length
      }
      upgraded = true
      at = headEnd + HEAD_END.length
      send(OPCODE.text, '{"type":"connection_init"}')
    }
    for (;;) {
      const frame = frameAt(data, at)
      if (!frame || closed) return at
      at = frame.end
      take(data[frame.start - frame.headLength] ?? 0, data, frame.start, frame.end)
    }
  }

  function take(first: number, data: Buffer, start: number, end: number): void {
    if (first === (FIN | OPCODE.ping)) return send(OPCODE.pong, data.toString('latin1', start, end))
    if (first !== (FIN | OPCODE.text))
      return fail(new Error(`frame ${first}: ${data.toString('utf8', start, end)}`))
    if (end - start < LONGEST_CONTROL) {
      const message = data.subarray(start, end)
      if (message.includes(PING)) return send(OPCODE.text, '{"type":"pong"}')
      if (message.includes(ACK)) {
        send(OPCODE.text, JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
        clearTimeout(patience)
        return resolve({ close })
      }
    }
    events.message(data, start, end)
  }

  function send(opcode: number, text: string): void {
    const payload = Buffer.from(text)
    if (payload.length > 125) {
      const head = [FIN | opcode, MASKED | 126, payload.length >> 8, payload.length & 0xff, ...NO_MASK]
      return void socket.write(Buffer.concat([Buffer.from(head), payload]))
    }
    socket.write(Buffer.concat([Buffer.from([FIN | opcode, MASKED | payload.length, ...NO_MASK]), payload]))
  }

  function close(): void {
    clearTimeout(patience)
    closed = true
    socket.destroy()
  }

  function fail(error: Error): void {
    if (closed) return
    close()
    reject(error)
    events.failed(error)
  }

  return promise
}

/** Clients must mask what they send; with zeros it stays as it is. */
const NO_MASK = [0, 0, 0, 0]

/** Where the payload of the next frame is; null while some of the frame is missing. */
function frameAt(data: Buffer, at: number): { headLength: number; start: number; end: number } | null {
  const short = (data[at + 1] ?? 0) & 0x7f
  const headLength = short < 126 ? 2 : short === 126 ? 4 : 10
  const start = at + headLength
  if (data.length < start) return null
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : data.readUIntBE(at + 4, 6)
  const end = start + length
  return data.length < end ? null : { headLength, start, end }
}
