import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { closeHttp, createHttpServer, listen, readBody } from '../src/http.ts'

const LIMITS = {
  headersTimeout: 150,
  requestTimeout: 300,
  keepAliveTimeout: 100,
  connectionsCheckingInterval: 25,
  maxConnections: 4,
  timeout: 5_000,
}

async function startStory() {
  const server = createHttpServer((request, response) => {
    readBody(request, 100).then(
      (body) => response.end(body),
      () => undefined,
    )
  }, LIMITS)
  const port = await listen(server, 0, '127.0.0.1')
  const open = (text: string): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(text)
    return socket
  }
  return { open, port, [Symbol.asyncDispose]: () => closeHttp(server, 0) }
}

/** However it was closed. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

const HEAD = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n'

describe('line 22: a client that takes its time', () => {
  it.each([
    ['says nothing', ''],
    ['sends its head by drops', 'GET / HTTP/1.1\r\nhost: a\r\n'],
    ['sends its body by drops', `${HEAD}\r\n`],
    ['had its answer and stays', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'],
  ])('is cut off: %s', async (_, text) => {
    await using story = await startStory()
    const startedAt = performance.now()
    const socket = story.open(text)
    const drops = setInterval(() => text && !text.endsWith('0\r\n\r\n') && socket.write('x: y\r\n'), 30)
    await closed(socket)
    clearInterval(drops)
    expect(performance.now() - startedAt).toBeLessThan(LIMITS.timeout)
  })

  it('leaves room for others only up to so many connections', async () => {
    await using story = await startStory()
    const sockets = Array.from({ length: 12 }, () => story.open('GET / HTTP/1.1\r\n'))
    const gone = sockets.map((socket) => closed(socket).then(() => performance.now()))
    const startedAt = performance.now()
    const atOnce = (await Promise.all(gone)).filter((at) => at - startedAt < 100)
    expect(atOnce.length).toBeGreaterThanOrEqual(8)
    expect((await fetch(`http://127.0.0.1:${story.port}/`)).status).toBe(200)
  })
})
