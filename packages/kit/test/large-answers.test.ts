import { createServer } from 'node:http'
import { connect } from 'node:net'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { closeHttp, listen, writeTexts } from '../src/http.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { sendBatch } from '../src/subgraph/batch.ts'
import { jsonPieces } from '../src/subgraph/json-pieces.ts'
import { LargeAnswers } from '../src/subgraph/large-answers.ts'
import { Waiting, workFor } from '../src/waiting.ts'
import { SECRET, startServer } from './start-server.ts'

const LARGE = 5_000

const result = (fields: object) => Object.assign(Object.create(null) as object, fields)

describe('line 25: a large answer', () => {
  it('is in pieces what it is in one', async () => {
    const seats = Array.from({ length: 4_500 }, (_, n) => result({ id: n, row: 'Ä"\n𝄞', tags: [null, true] }))
    const at = { toJSON: () => 'a time' }
    const maps = [result({ seats, at }), null, result({ seats: [], many: Array(3_000).fill(0.5) })]
    const whole = { data: result({ maps, none: null, 'a"b': result({}) }), errors: [{ path: ['maps', 0] }] }
    const pieces = await jsonPieces(whole)
    expect(pieces.join('')).toBe(JSON.stringify(whole))
    expect(pieces.length).toBeGreaterThan(20)
  })

  it.each([
    ['in short texts', Array.from({ length: 50_000 }, (_, n) => `${n},`)],
    ['in one', ['𝄞'.repeat(400_001)]],
    ['with a character at the end of a piece', [`${'a'.repeat(255_999)}𝄞`, 'é', '']],
  ])('is written whole: %s', async (_, texts) => {
    const server = createServer((_request, response) => {
      void writeTexts(response, texts).then(() => response.end())
    })
    const port = await listen(server, 0, '127.0.0.1')
    const text = await (await fetch(`http://127.0.0.1:${port}`)).text()
    await closeHttp(server)
    expect(text === texts.join('')).toBe(true)
  })

  it('is not passed on before the reader has read what came before', async () => {
    const made: number[] = []
    let sent = 0
    const server = createServer((_request, response) => {
      const members = Array.from({ length: 8 }, (_unused, n) => async (isSent: Promise<void>) => {
        made.push(n)
        void isSent.then(() => (sent += 1))
        return ['"', 'x'.repeat(8_000_000), '"']
      })
      void sendBatch(response, members)
    })
    const port = await listen(server, 0, '127.0.0.1')
    const reader = connect(port, '127.0.0.1')
    reader.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    reader.pause()
    await eventually(() => expect(made).toHaveLength(8))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sent).toBeLessThan(2)
    reader.resume()
    await eventually(() => expect(sent).toBe(8))
    reader.destroy()
    await closeHttp(server)
  })
})

describe('line 25: large answers', () => {
  it('are made one at a time, in order, and who waits for nothing any more is passed over', async () => {
    const answers = new LargeAnswers()
    const order: string[] = []
    const gone = new Waiting()
    const make = async (name: string, waiting = new Waiting()) => {
      const admission = answers.admission()
      await workFor(waiting, async () => admission.grow(LARGE))
      order.push(name)
      return admission
    }
    const first = await make('first')
    const second = make('second')
    const third = make('third', gone).catch(({ message }: Error) => message)
    const fourth = make('fourth')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(order).toEqual(['first'])
    gone.end()
    expect(await third).toBe('nobody waits for this any more')
    const stalled = Promise.withResolvers<void>()
    first.end(stalled.promise)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(order).toEqual(['first'])
    stalled.resolve()
    ;(await second).end(Promise.resolve())
    await fourth
    expect(order).toEqual(['first', 'second', 'fourth'])
  })

  it('wait no longer than for a while, nor in any number, unless they have written', async () => {
    const answers = new LargeAnswers()
    const first = answers.admission()
    await first.grow(LARGE)
    const write = new Waiting()
    write.keep()
    const written = workFor(write, async () => answers.admission().grow(LARGE))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 205 }, () => workFor(new Waiting(), async () => answers.admission().grow(LARGE))),
    )
    const codes = outcomes.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code)
    expect(new Set(codes)).toEqual(new Set(['SERVICE_UNAVAILABLE']))
    first.end(Promise.resolve())
    await written
  })

  it('do not hold up those that are known to be small, and are told from them by what they are of', async () => {
    const answers = new LargeAnswers()
    const read = async (key: string, length: number) => {
      const admission = answers.admission()
      const wait = admission.beforeReading(key)
      await wait
      admission.read(key, length)
      await admission.grow(length)
      return { admission, waited: wait !== undefined }
    }
    const small = await read('small hall', 240)
    small.admission.end(Promise.resolve())
    const large = await read('large hall', 100_000)
    let again = false
    void read('large hall', 100_000).then(() => (again = true))
    expect((await read('small hall', 240)).waited).toBe(false)
    const other = await read('another small hall', 240)
    other.admission.end(Promise.resolve())
    expect(again).toBe(false)
    large.admission.end(Promise.resolve())
    await eventually(() => expect(again).toBe(true))
  })

  it('leave the process to others in between', async () => {
    const sdl = `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@listSize"])
      type Query { hall: Hall quick: Int }
      type Hall { id: ID! seats: [Seat!]! @listSize(assumedSize: 2000) }
      type Seat { id: ID! next: Seat }
    `
    const seats = Array.from({ length: 60_000 }, (_, id) => ({ id, next: { id: -id } }))
    await using server = await startServer({
      sdl,
      resolvers: { Query: { hall: () => ({ id: 'h' }), quick: () => 1 }, Hall: { seats: async () => seats } },
    })
    const token = await createServiceTokens(SECRET, 'router').to('booking').sign(null)
    const ask = async (query: string) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-karcis-service-token': token },
        body: JSON.stringify({ query }),
      })
      return ((await response.json()) as { data: { hall: { seats: object[] } } }).data
    }
    const hall = '{ hall { seats { id next { id } } } }'
    await ask(hall)
    const over = new AbortController()
    const large = ask(hall).then(({ hall: { seats } }) => {
      over.abort()
      return seats
    })
    let meanwhile = 0
    while (!over.signal.aborted) {
      await ask('{ quick }')
      meanwhile += 1
    }
    expect(await large).toHaveLength(60_000)
    expect((await large)[59_999]).toEqual({ id: '59999', next: { id: '-59999' } })
    expect(meanwhile).toBeGreaterThan(10)
  })
})
