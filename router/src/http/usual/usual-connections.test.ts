import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { listen, readBody } from '@karcis/kit/http'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { RequestHead } from './request-head.ts'
import { takeUsualRequests, type UsualOptions } from './usual-connections.ts'
import type { AnswerTo } from './usual-response.ts'

const HEADERS_MS = 150
const KEEP_ALIVE_MS = 600
/** Nothing more comes after so long. */
const QUIET_MS = 250

/** Says what it was asked, in all the ways that answers are given. */
function echo({ method, url, headers }: RequestHead, body: string, response: AnswerTo): void {
  const { host, accept, connection, 'x-a': a } = headers
  response.setHeader('x-before', ['1', '2'])
  const text = JSON.stringify({ method, url, host, accept, connection, a, body })
  if (body.includes('long'))
    response.writeHead(200, { 'x-b': 'b', 'content-length': 40_000 }).end('ä'.repeat(20_000))
  else if (body.includes('parts')) response.writeHead(400, ['x-c', 'c', 'content-length', '2']).end('{}')
  else response.writeHead(200, { 'x-b': 'b', 'content-length': Buffer.byteLength(text) }).end(text)
}

interface Opened {
  port: number
  server: Server
  /** Bodies of the requests that node:http did not read. */
  usual: string[]
  connections: ReturnType<typeof takeUsualRequests> | null
}

/** @param answer of usual requests; null: node:http reads all. @param headersMs how long a connection may take for a request. */
async function open(answer: UsualOptions['answer'] | null, headersMs = 30_000): Promise<Opened> {
  const settings = {
    headersTimeout: 2 * headersMs,
    requestTimeout: 4 * headersMs,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 20,
  }
  const server = createServer(settings, (request, response) => {
    readBody(request, 1_000_000).then(
      (body) => echo(request, body, response),
      () => undefined,
    )
  })
  const usual: string[] = []
  const connections =
    answer &&
    takeUsualRequests(server, {
      path: '/graphql',
      accepts: (accept) => accept === undefined || accept === '*/*',
      bodyBytes: 100_000,
      headersMs,
      keepAliveMs: KEEP_ALIVE_MS,
      checkMs: 20,
      answer(head, body, response) {
        usual.push(body)
        answer(head, body, response)
      },
    })
  return { port: await listen(server, 0, '127.0.0.1'), server, usual, connections }
}

async function close({ server, connections }: Opened): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  connections?.closeAll()
  await closed
}

async function connectTo(port: number): Promise<Socket & { text(): string }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  await once(socket, 'connect')
  return Object.assign(socket, { text: () => text })
}

/** Sends pieces one after the other. @returns what came back until nothing more did, and whether the connection was closed. */
async function send(port: number, pieces: readonly string[]): Promise<{ text: string; closed: boolean }> {
  const socket = await connectTo(port)
  let last = performance.now()
  socket.on('data', () => (last = performance.now()))
  for (const piece of pieces) {
    socket.write(piece, 'latin1')
    for (let turn = 0; turn < 3; turn++) await setImmediate()
  }
  while (!socket.closed && performance.now() - last < QUIET_MS) await delay(5)
  const { closed } = socket
  socket.destroy()
  return {
    text: socket
      .text()
      .replaceAll(/^Date: .*\r\n/gm, '')
      .replaceAll(/^Keep-Alive: .*\r\n/gm, ''),
    closed,
  }
}

const post = (body: string, ...headers: string[]): string =>
  [
    'POST /graphql HTTP/1.1',
    'host: x',
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')

const END = 'GET /end HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
const LARGE = 'y'.repeat(70_000)

/** What clients send, how many of the requests are read here, and nothing of it may be answered otherwise than by node:http. */
const CASES: [what: string, sent: string, usual: number][] = [
  ['a usual request', post('{"n":1}', 'accept: */*', 'X-A:  1 '), 1],
  ['several', post('{"n":1}') + post('{"n":22}', 'accept: */*') + post('{"n":22}', 'accept: */*'), 3],
  ['the same but for the length', post('{"n":1}') + post('{"n":12345}') + post('') + post('{"n":1}'), 4],
  ['many', post('{"n":1}').repeat(40), 40],
  ['one with a long answer', post('long') + post('{"n":1}'), 2],
  ['one whose answer says its length', post('parts'), 1],
  ['one of no body', post(''), 1],
  ['one with connection: Keep-Alive', post('{}', 'Connection: Keep-Alive'), 1],
  ['UTF-8', post(Buffer.from('{"a":"ä€"}').toString('latin1')).replace(/length: \d+/, 'length: 13'), 1],
  ['another after it', `${post('{}')}GET /a?b HTTP/1.1\r\nhost: x\r\n\r\n${post('{}')}`, 1],
  ['another method', 'PUT /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['a small method', 'post /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['another path', 'POST /graphql?a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['a whole address', 'POST http://x/graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['another version', 'POST /graphql HTTP/1.0\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['lines before it', `\r\n\r\n${post('{}')}`, 0],
  ['another form of answer', post('{}', 'accept: text/event-stream'), 0],
  ['an end', post('{}', 'connection: close'), 0],
  ['an upgrade', post('{}', 'connection: upgrade', 'upgrade: h2c'), 0],
  ['an expectation', post('{}', 'expect: 100-continue'), 0],
  ['another expectation', post('{}', 'expect: 200-ok'), 0],
  ['no host', 'POST /graphql HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}', 0],
  ['two hosts', post('{}', 'host: y'), 0],
  ['no length', 'POST /graphql HTTP/1.1\r\nhost: x\r\n\r\n', 0],
  ['two lengths', post('{}', 'content-length: 2'), 0],
  ['two different lengths', post('{"n":1}', 'Content-Length: 2'), 0],
  ['a list of lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2, 2\r\n\r\n{}', 0],
  ['a signed length', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: +2\r\n\r\n{}', 0],
  ['a hexadecimal length', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 0x2\r\n\r\n{}', 0],
  ['an empty length', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: \r\n\r\n{}', 0],
  ['a length with zeros before it', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 0002\r\n\r\n{}', 1],
  [
    'chunks',
    'POST /graphql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    0,
  ],
  ['chunks and a length', post('0\r\n\r\n', 'transfer-encoding: chunked'), 0],
  ['chunks of a strange kind', post('0\r\n\r\n', 'transfer-encoding : chunked'), 0],
  ['chunks that are none', post('0\r\n\r\n', 'transfer-encoding: xchunked'), 0],
  ['a header twice', post('{}', 'x-a: 1', 'x-a: 2'), 0],
  ['a header without a name', post('{}', ': 1'), 0],
  ['a header without a colon', post('{}', 'x-a'), 0],
  ['a space before the colon', post('{}', 'x-a : 1'), 0],
  ['a header on two lines', post('{}', 'x-a: 1\r\n 2'), 0],
  ['lines that end in LF', post('{}', 'x-a: 1\nx-b: 2'), 0],
  ['lines that end in CR', post('{}', 'x-a: 1\rx-b: 2'), 0],
  ['a length behind LF', post('{}{}', 'x-a: 1\ncontent-length: 2'), 0],
  ['a zero byte', post('{}', 'x-a: 1\0'), 0],
  ['bytes beyond ASCII', post('{}', 'x-a: \xe4'), 0],
  ['names that objects have', post('{}', 'constructor: 1', '__proto__: 2', 'toString: 3'), 0],
  ['a length in another header', post('{}', 'x-a: content-length: 5'), 1],
  ['a large body', post(LARGE), 0],
  ['a long head', post('{}', `x-a: ${'a'.repeat(9_000)}`), 0],
  ['a head that is too long', post('{}', `x-a: ${'a'.repeat(20_000)}`), 0],
  ['what is no request', 'what\r\n\r\n', 0],
  ['no ASCII at all', '\x16\x03\x01\x02\0\x01\0\r\n\r\n', 0],
]

describe('a usual request', () => {
  let ours: Opened
  let reference: Opened
  beforeAll(async () => {
    // Answered in another turn, as answers are.
    ours = await open((head, body, response) => void setImmediate().then(() => echo(head, body, response)))
    reference = await open(null)
  })
  afterAll(async () => {
    await close(ours)
    await close(reference)
  })

  it.each(CASES)('is told from all others, which node:http answers: %s', async (_, sent, usual) => {
    const whole = sent + END
    const cuts = [
      [whole],
      [sent, END],
      whole.length > 2_000
        ? [whole.slice(0, 900), whole.slice(900, 1_000), whole.slice(1_000)]
        : whole.split(''),
      // Where a request ends and where its head does, and a little before and after.
      ...[-3, -1, 1].map((by) => {
        const at = whole.indexOf('\r\n\r\n') + 4 + by
        return [whole.slice(0, at), whole.slice(at)]
      }),
    ]
    for (const pieces of cuts) {
      ours.usual.length = 0
      const [expected, got] = await Promise.all([send(reference.port, pieces), send(ours.port, pieces)])
      expect(got, JSON.stringify(pieces).slice(0, 300)).toEqual(expected)
      expect(ours.usual).toHaveLength(usual)
    }
  })
})

describe('a connection', () => {
  const opened = async (answer: UsualOptions['answer'], headersMs?: number): Promise<Opened> => {
    const world = await open(answer, headersMs)
    onTestFinished(() => close(world))
    return world
  }

  it('is closed when nothing has come for as long as it is kept, and not while it is used', async () => {
    const { port } = await opened(echo)
    const socket = await connectTo(port)
    for (let n = 0; n < 4; n++) {
      socket.write(post(`{"n":${n}}`))
      await delay(KEEP_ALIVE_MS / 2)
      expect(socket.text()).toContain(String.raw`{\"n\":${n}}`)
      expect(socket.closed).toBe(false)
    }
    await once(socket, 'close')
  })

  it.each([
    ['nothing', ''],
    ['a part of a head', 'POST /graphql HTTP/1.1\r\nho'],
    ['a head without its body', post('{}').slice(0, -1)],
  ])('is not waited for without end by what sends %s', async (_, sent) => {
    const { port } = await opened(echo, HEADERS_MS)
    const socket = await connectTo(port)
    socket.write(sent)
    await once(socket, 'close')
    expect(socket.text()).toMatch(/^(HTTP\/1\.1 408|$)/)
  })

  it('is left to node:http when a request takes its time, with all that has come of it', async () => {
    const { port, usual } = await opened(echo, HEADERS_MS)
    const socket = await connectTo(port)
    const whole = post('{"n":1}')
    socket.write(whole.slice(0, -3))
    await delay(1.5 * HEADERS_MS)
    socket.write(whole.slice(-3))
    await eventually(() => expect(socket.text()).toContain(String.raw`{\"n\":1}`))
    expect(usual).toEqual([])
    socket.destroy()
  })

  it('tells of a client that has gone, and answers nothing more', async () => {
    const closed: string[] = []
    const { port, usual } = await opened((_, body, response) => {
      response.on('close', () => closed.push(body))
      void delay(50).then(() => response.writeHead(200).end('{}'))
    })
    for (const leave of ['destroy', 'end'] as const) {
      const socket = await connectTo(port)
      socket.write(post(leave) + post('next'))
      await eventually(() => expect(usual).toContain(leave))
      socket[leave]()
      await eventually(() => expect(closed).toContain(leave))
      expect(closed).not.toContain('next')
    }
    await delay(80)
    expect(usual).toEqual(['destroy', 'end'])
  })

  it('takes no more than a little of what comes before it is answered', async () => {
    let answers: (() => void)[] | null = []
    let read = (): number => 0
    const { port } = await opened((head, _, response) => {
      const answer = (): void => response.writeHead(200).end('{}')
      read = () => head.socket.bytesRead
      if (answers) answers.push(answer)
      else answer()
    })
    const socket = await connectTo(port)
    const count = 500
    socket.write(post('z'.repeat(60_000)).repeat(count))
    await eventually(() => expect(answers).toHaveLength(1))
    await delay(200)
    expect(answers).toHaveLength(1)
    expect(read()).toBeLessThan(300_000)
    const [first] = answers
    answers = null
    first?.()
    await eventually(() => expect(socket.text().match(/HTTP\/1\.1 200/g)).toHaveLength(count), 10_000)
    socket.destroy()
  })

  it('that does not take its answer has it until it does', async () => {
    let response: AnswerTo | undefined
    const { port } = await opened((_, __, to) => {
      response = to
      to.writeHead(200).end('a'.repeat(30_000_000))
    })
    const socket = await connectTo(port)
    socket.pause()
    socket.write(post('{}'))
    await eventually(() => expect(response?.writableLength).toBeGreaterThan(0))
    expect(response?.destroyed).toBe(false)
    socket.resume()
    await eventually(() => expect(socket.text().length).toBeGreaterThan(30_000_000), 5_000)
    expect(response?.destroyed).toBe(true)
    socket.destroy()
  })

  it('has nothing of one answer counted as another’s', async () => {
    const responses: AnswerTo[] = []
    const { port } = await opened((_, __, response) => {
      responses.push(response)
      response.writeHead(200).end(responses.length === 1 ? '{}' : 'a'.repeat(30_000_000))
    })
    const socket = await connectTo(port)
    socket.pause()
    socket.write(post('{}').repeat(2))
    await eventually(() => expect(responses).toHaveLength(2))
    const [first, second] = responses
    expect(second?.writableLength).toBeGreaterThan(0)
    expect(first?.writableLength).toBe(0)
    first?.destroy() // whoever has waited for it too long
    socket.resume()
    await eventually(() => expect(socket.text().length).toBeGreaterThan(30_000_000))
    socket.destroy()
  })

  it('is closed behind an answer that says so, at once when nothing is asked, and not while a request comes', async () => {
    let answer: (() => void) | undefined
    const { port, connections } = await opened((_, __, response) => {
      answer = () => {
        response.shouldKeepAlive = false
        response.writeHead(200).end('{}')
      }
    })
    const [busy, idle, coming] = [await connectTo(port), await connectTo(port), await connectTo(port)]
    const late = post('{"n":1}')
    coming.write(late.slice(0, 30))
    await delay(50)
    busy.write(post('{}'))
    await eventually(() => expect(answer).toBeDefined())
    connections?.closeIdle()
    await once(idle, 'close')
    expect(busy.closed).toBe(false)
    answer?.()
    await once(busy, 'close')
    expect(busy.text()).toMatch(/\r\nConnection: close\r\n/)
    coming.write(late.slice(30))
    await eventually(() => expect(coming.text()).toContain(String.raw`{\"n\":1}`))
    coming.destroy()
  })
})

it('takes nothing for a header that would end it', async () => {
  const world = await open((_, __, response) => {
    expect(() => response.setHeader('x-a', 'a\r\nx-b: b')).toThrow(TypeError)
    expect(() => response.writeHead(200, ['x-a', 'a\nx-b: b'])).toThrow(TypeError)
    expect(response.headersSent).toBe(false)
    response.writeHead(200, { 'x-a': 'a' }).end('{}')
  })
  onTestFinished(() => close(world))
  const { text } = await send(world.port, [post('{}')])
  expect(text).toContain('x-a: a\r\n')
  expect(text).not.toContain('x-b')
})
