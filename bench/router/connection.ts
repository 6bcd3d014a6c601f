import { connect } from 'node:net'

/** One request as it goes over the wire, and the body that is right for it. */
export interface Exchange {
  request: Buffer
  expected: Buffer
}

/** A keep-alive connection on which one request at a time is under way. Written out, so that the load costs little. */
export interface Connection {
  /** @param done called when the right answer has come; a wrong one fails the connection. */
  send(exchange: Exchange, done: () => void): void
  close(): void
}

export const HEAD_END = Buffer.from('\r\n\r\n')

/** Read into by all sockets: each hands over what it has read before the next one reads. */
export const SHARED_BUFFER = Buffer.allocUnsafe(256 * 1024)

export function postRequest(port: number, body: string): Buffer {
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
      `accept: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** @param failed called once, when the connection breaks or an answer is not as expected. */
export function openConnection(port: number, failed: (error: Error) => void): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  let pending: { exchange: Exchange; done: () => void } | null = null
  let partial: Buffer | null = null
  let closed = false

  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: SHARED_BUFFER,
      callback(length, buffer) {
        const read = (buffer as Buffer).subarray(0, length)
        receive(partial ? Buffer.concat([partial, read]) : read)
        return true
      },
    },
  })
  socket.on('connect', () => resolve({ send, close }))
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))

  function send(exchange: Exchange, done: () => void): void {
    pending = { exchange, done }
    socket.write(exchange.request)
  }

  function receive(answer: Buffer): void {
    const body = bodyOf(answer)
    if (!body) {
      partial = Buffer.from(answer)
      return
    }
    partial = null
    if (!pending) return fail(new Error('an answer that nobody asked for'))
    const { exchange, done } = pending
    pending = null
    if (!body.equals(exchange.expected)) return fail(new Error(`a wrong answer: ${answer.toString()}`))
    done()
  }

  function close(): void {
    closed = true
    socket.destroy()
  }

  function fail(error: Error): void {
    if (closed) return
    close()
    reject(error)
    failed(error)
  }

  return promise
}

/** The body of a whole HTTP response, null while some of it is missing. */
function bodyOf(answer: Buffer): Buffer | null {
  const headLength = answer.indexOf(HEAD_END)
  if (headLength < 0) return null
  const head = answer.toString('latin1', 0, headLength)
  const start = headLength + HEAD_END.length
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
  if (length === undefined) return chunksOf(answer, start)
  const end = start + Number(length)
  return answer.length < end ? null : answer.subarray(start, end)
}

function chunksOf(answer: Buffer, start: number): Buffer | null {
  const chunks: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = answer.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const length = Number.parseInt(answer.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + length + 2
    if (answer.length < next) return null
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(answer.subarray(lineEnd + 2, next - 2))
    at = next
  }
}
