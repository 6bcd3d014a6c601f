import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { eventually } from '@karcis/testkit/eventually'
import { startProcess, type TestProcess } from '@karcis/testkit/process'
import { replaceOldest, startBalancer } from '@karcis/testkit/balancer'
import { createWsClient } from '@karcis/testkit/ws-client'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { SECRET } from './start-server.ts'

const PROGRAM = fileURLToPath(new URL('./lifecycle-process.ts', import.meta.url))
const router = createServiceTokens(SECRET, 'router').to('booking')

async function start({ drainMs = 300, stopMs = 2_000 } = {}): Promise<TestProcess> {
  const env = { DRAIN_MS: String(drainMs), STOP_MS: String(stopMs) }
  const started = await startProcess(PROGRAM, env)
  await started.ready()
  return started
}

/** One operation over a connection that is kept, where the other side keeps it. */
async function post(url: string, query: string, dispatcher = new Agent()) {
  const { statusCode, headers, body } = await request(`${url}/graphql`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json', 'x-karcis-service-token': await router.sign(null) },
    body: JSON.stringify({ query }),
  })
  return { status: statusCode, headers, body: (await body.json()) as { data?: unknown; errors?: object[] } }
}

const said = ({ log }: TestProcess, words: string) => log.filter(({ msg }) => msg.includes(words))

describe('line 25: an error that nobody takes care of', () => {
  it.each(['rejects', 'throws'])(
    'ends the process with a code, after what is under way, and is logged: %s',
    async (field) => {
      await using process = await start()
      const before = post(process.url, '{ slow(ms: 800) }')
      await post(process.url, '{ quick }')
      expect((await post(process.url, `{ ${field} }`)).body.data).toEqual({ [field]: 1 })
      await eventually(async () => expect((await process.probe())?.status).toBe(503))
      expect((await before).body.data).toEqual({ slow: 800 })
      expect(await process.ended).toBe(70)
      expect(said(process, 'nobody took care of this error')).toMatchObject([
        { level: 60, err: { message: expect.stringMatching(/nobody owns|string length/) } },
      ])
    },
  )
})

describe('line 30: a process that is told to end', () => {
  it('says so first and serves on, closes each connection behind an answer, and ends all that is under way', async () => {
    await using process = await start()
    const kept = new Agent({ connections: 1 })
    const early = await post(process.url, '{ quick }', kept)
    expect(early.headers.connection).toBe('keep-alive')
    const old = post(process.url, '{ slow(ms: 1200) }')
    await post(process.url, '{ quick }')
    process.signal('SIGTERM')
    await eventually(async () =>
      expect(await process.probe()).toEqual({
        status: 503,
        body: { status: 'unavailable', reason: 'It is stopping.' },
      }),
    )
    const late = await post(process.url, '{ quick }', kept)
    expect(late.body.data).toEqual({ quick: 1 })
    expect(late.headers.connection).toBe('close')
    const { body, headers } = await old
    expect(body.data).toEqual({ slow: 1200 })
    expect(headers.connection).toBe('close')
    await expect(post(process.url, '{ quick }')).rejects.toThrow('ECONNREFUSED')
    expect(await process.ended).toBe(0)
  })

  it('begins nothing for who comes on an old connection, and says that it has not', async () => {
    await using process = await start({ drainMs: 0 })
    const socket = connect(Number(new URL(process.url).port), '127.0.0.1')
    const answers = text(socket)
    const send = async (query: string) => {
      const body = JSON.stringify({ query })
      const head = ['POST /graphql HTTP/1.1', 'host: a', `x-karcis-service-token: ${await router.sign(null)}`]
      socket.write([...head, `content-length: ${body.length}`, '', body].join('\r\n'))
    }
    await send('{ slow(ms: 900) }')
    await post(process.url, '{ quick }')
    process.signal('SIGTERM')
    await eventually(() => expect(said(process, 'stopping')).toHaveLength(1))
    await send('mutation { write }')
    const [old = '', late = ''] = (await answers).split(/(?<=})(?=HTTP)/)
    expect(old).toContain('{"data":{"slow":900}}')
    expect(late).toMatch(
      /^HTTP\/1.1 503 .*connection: close\r\n.*x-karcis-not-begun: 1\r\n.*"SERVICE_UNAVAILABLE"/s,
    )
    expect(await process.ended).toBe(0)
  })

  it('cuts what takes longer than it may, and tells subscriptions', async () => {
    await using process = await start({ drainMs: 0, stopMs: 400 })
    await using client = createWsClient(`${process.url}/graphql`)
    const extensions = { serviceToken: await router.sign(null) }
    const events = client.client.iterate({ query: 'subscription { silence }', extensions })
    const silence = events.next().catch(() => 'told')
    const endless = post(process.url, '{ slow(ms: 60000) }').catch(() => 'cut')
    await eventually(async () =>
      expect((await client.client.iterate({ query: '{ quick }', extensions }).next()).value).toEqual({
        data: { quick: 1 },
      }),
    )
    process.signal('SIGTERM')
    expect((await client.closed).code).toBe(1001)
    expect(await endless).toBe('cut')
    await silence
    expect(await process.ended).toBe(0)
  })

  it('loses nothing when one of two is replaced under load, again and again', async () => {
    await using stack = new AsyncDisposableStack()
    const own = { drainMs: 700 }
    const pair = [stack.use(await start(own)), stack.use(await start(own))]
    const balancer = stack.use(await startBalancer(...pair.map(({ url }) => url)))
    const client = createServiceClient(balancer.url, router)
    const enough = new AbortController()
    const counts = { quick: 0, slow: 0, write: 0 }
    const failures: unknown[] = []
    const load = async (operation: string, name: keyof typeof counts) => {
      while (!enough.signal.aborted) {
        try {
          await client.query(operation, {})
          counts[name] += 1
        } catch (error) {
          failures.push(error)
        }
      }
    }
    const loops = [
      ...Array.from({ length: 6 }, () => load('{ quick }', 'quick')),
      ...Array.from({ length: 4 }, () => load('{ slow(ms: 150) }', 'slow')),
      ...Array.from({ length: 4 }, () => load('mutation { write }', 'write')),
    ]
    for (let round = 0; round < 4; round += 1) {
      expect(await replaceOldest(balancer, pair, async () => stack.use(await start(own)))).toBe(0)
    }
    enough.abort()
    await Promise.all(loops)
    expect(failures).toEqual([])
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(40)
  })
})
