import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HttpResponse } from '../dispatch.ts'
import { ResponseRoom } from '../response-room.ts'
import { NoResponse } from './connection.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'

const request = (path: string | number): string =>
  `POST /${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`

const ANOTHER_WAY = 'another way'

/** What was answered; on a busy machine a server may well seem too slow for pipelining. */
async function bodyOf(dispatched: Promise<HttpResponse> | null): Promise<string> {
  try {
    return dispatched ? (await dispatched).body.toString() : ANOTHER_WAY
  } catch (error) {
    if (error instanceof NoResponse) return ANOTHER_WAY
    throw error
  }
}

/** Asks until there is a response. */
async function responseOf(pipeline: Pipeline, path: string | number): Promise<string> {
  for (;;) {
    const body = await bodyOf(pipeline.dispatch(request(path)))
    if (body !== ANOTHER_WAY) return body
    await setImmediate() // until there is room
  }
}

/** The path of a request as its response. */
const echo: RequestListener = (asked, response) => void response.end(asked.url)

async function listen(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) }
}

async function open(server: Server, timeoutMs = 5_000) {
  const { url, sockets } = await listen(server)
  const pipeline = createPipeline(url, { maxBytes: 1_000_000, room: new ResponseRoom(1_000_000), timeoutMs })
  onTestFinished(() => pipeline.close())
  return { pipeline, sockets }
}

describe('a pipeline', () => {
  it('gives every request its own response, over few connections', async () => {
    const { pipeline, sockets } = await open(createServer(echo))
    for (let round = 0; round < 20; round++) {
      const paths = Array.from({ length: 64 }, (_, index) => `${round}-${index}`)
      const responses = await Promise.all(paths.map((path) => responseOf(pipeline, path)))
      expect(responses).toEqual(paths.map((path) => `/${path}`))
    }
    expect(sockets.size).toBe(4)
  })

  it('sends the requests of one turn in one write', async () => {
    const reads: number[] = []
    const server = createServer(echo)
    const { pipeline } = await open(server)
    server.on('connection', (socket: Socket) =>
      socket.prependListener('data', ({ length }: Buffer) => reads.push(length)),
    )
    await Promise.all(Array.from({ length: 10 }, (_, index) => bodyOf(pipeline.dispatch(request(index)))))
    expect(reads).toEqual([10 * request(0).length])
  })

  it('has no room for more than a few on each connection', async () => {
    const { pipeline } = await open(createServer((_, response) => setTimeout(() => response.end('ok'), 5)))
    const dispatched = Array.from({ length: 65 }, (_, index) => pipeline.dispatch(request(index)))
    expect(dispatched.map((one) => one === null)).toEqual([...Array(64).fill(false), true])
    await Promise.all(dispatched.map(bodyOf))
  })

  it('leaves no request behind a slow one', async () => {
    const held: ServerResponse[] = []
    const { pipeline } = await open(
      createServer((asked, response) =>
        asked.url === '/slow' ? held.push(response) : response.end(asked.url),
      ),
    )
    const slow = bodyOf(pipeline.dispatch(request('slow')))
    const behind = Array.from({ length: 5 }, (_, index) => pipeline.dispatch(request(index)))
    for (const one of behind) await expect(one).rejects.toThrow(NoResponse)
    // The next ones go over other connections, and late responses to abandoned requests are dropped.
    expect(await bodyOf(pipeline.dispatch(request('next')))).toBe('/next')
    for (const response of held) response.end('slow')
    expect(await slow).toBe('slow')
    expect(await bodyOf(pipeline.dispatch(request('last')))).toBe('/last')
  })

  it('fails only the first request over a timeout of the server', async () => {
    const { pipeline } = await open(
      createServer(() => undefined),
      60,
    )
    await expect(pipeline.dispatch(request('never'))).rejects.toThrow('did not answer within 60 ms')
  })

  it.each<[string, (socket: Socket) => void]>([
    ['closes the connection', (socket) => socket.destroy()],
    ['ends the connection', (socket) => socket.end()],
    [
      'says that it closes after the first',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n1'),
    ],
    [
      'sends what cannot be told apart',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n1'),
    ],
  ])('rejects all requests without a response when the server %s', async (_, misbehave) => {
    const { pipeline } = await open(
      createTcpServer((socket) => void socket.once('data', () => misbehave(socket))),
    )
    const outcomes = await Promise.all(
      [1, 2, 3].map(async (index) => pipeline.dispatch(request(index))?.catch((error: unknown) => error)),
    )
    for (const outcome of outcomes.slice(1)) expect(outcome).toBeInstanceOf(NoResponse)
  })

  it.each([
    ['a response', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong'],
    ['the beginning of a response', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwro'],
    ['the begin of a head', 'HTTP/1.1 200 O'],
  ])('does not take %s that nobody asked for, also not for the next request', async (_, unasked) => {
    let written = Promise.withResolvers<void>()
    const server = createServer((asked, response) => {
      response.end(asked.url)
      response.once('finish', () => asked.socket.write(unasked, () => written.resolve()))
    })
    const { pipeline } = await open(server)
    for (const path of ['a', 'b', 'c']) {
      written = Promise.withResolvers()
      expect(await bodyOf(pipeline.dispatch(request(path)))).toBe(`/${path}`)
      await written.promise
      for (let turn = 0; turn < 10; turn++) await setImmediate() // for it to be read
    }
    expect(await bodyOf(pipeline.dispatch(request('last')))).toBe('/last')
  })

  it('gives way when the server does not take pipelining well, and resumes when it may', async () => {
    let isFriend = false
    const server = createServer((asked, response) => {
      if (isFriend) echo(asked, response)
      else asked.socket.destroy()
    })
    const { pipeline } = await open(server)
    let refused = 0
    while (refused < 100) {
      const dispatched = pipeline.dispatch(request(1))
      if (dispatched === null) break
      await expect(dispatched).rejects.toThrow(NoResponse)
      refused += 1
    }
    expect(refused).toBeLessThan(10)
    isFriend = true
    let others = 0
    for (; others < 5_000; others++) {
      const dispatched = pipeline.dispatch(request(1))
      if (dispatched === null) continue // answered another way, which earns a token too
      expect(await bodyOf(dispatched)).toBe('/1')
      break
    }
    expect(others).toBeGreaterThan(20)
    expect(others).toBeLessThan(5_000)
  })

  it('closes connections that nobody uses', async () => {
    const { pipeline, sockets } = await open(createServer({ keepAliveTimeout: 60_000 }, echo))
    await Promise.all(Array.from({ length: 20 }, (_, index) => bodyOf(pipeline.dispatch(request(index)))))
    await Promise.all([...sockets].map((socket) => once(socket, 'close')))
    expect(await bodyOf(pipeline.dispatch(request('again')))).toBe('/again')
  })
})
