import { PassThrough, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { openRawSocket } from '../../testing/raw-socket.ts'
import { createWorld } from '../../testing/world.ts'
import { createFanOut } from './fan-out.ts'
import { UNFRAMED } from './frames.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const OPEN = { isOpen: true }

/** Records each write, which would be one system call. */
function createRecorder(): { stream: Writable; writes: string[]; buffers: Buffer[] } {
  const writes: string[] = []
  const buffers: Buffer[] = []
  const take = (chunks: Buffer[]): void => {
    buffers.push(...chunks)
    writes.push(chunks.join(''))
  }
  const stream = new Writable({
    write(chunk, _, done) {
      take([chunk])
      done()
    },
    writev(chunks, done) {
      take(chunks.map(({ chunk }) => chunk))
      done()
    },
  })
  return { stream, writes, buffers }
}

describe('the fan-out', () => {
  it('writes the events of one turn to a connection at once, in order, of all its operations', async () => {
    const { stream, writes } = createRecorder()
    const queue = createFanOut().open(stream, UNFRAMED, OPEN)
    const [a, b] = [queue.channel('a', ';'), queue.channel('b', ';')]
    a.push(json(1))
    b.push(json(2))
    a.push(json(3))
    await turn()
    a.push(json(4))
    await turn()
    expect(writes).toEqual(['a1;b2;a3;', 'a4;'])
  })

  it('makes the bytes once for all channels with the same events, and separately for others', async () => {
    const fanOut = createFanOut()
    const all = ['same', 'same', 'other', 'same'].map((head) => {
      const recorder = createRecorder()
      return { ...recorder, line: fanOut.open(recorder.stream, UNFRAMED, OPEN).channel(head, ';') }
    })
    const events = [json(1), json(2)]
    const [early, ...others] = all
    early?.line.push(json(0))
    for (const event of events) for (const { line } of all) line.push(event)
    await turn()
    expect(others.map(({ writes }) => writes)).toEqual([
      ['same1;same2;'],
      ['other1;other2;'],
      ['same1;same2;'],
    ])
    expect(early?.writes).toEqual(['same0;same1;same2;'])
    const again = json(3)
    for (const { line } of all.slice(0, 2)) line.push(again)
    await turn()
    expect(all[1]?.writes.at(-1)).toBe('same3;')
    expect(all[1]?.buffers.at(-1)).toBe(all[0]?.buffers.at(-1))
  })

  it('lets other work have its turn between many connections', async () => {
    const fanOut = createFanOut()
    const all = Array.from({ length: 130 }, () => createRecorder())
    for (const { stream } of all) fanOut.open(stream, UNFRAMED, OPEN).channel('', '').push(json(1))
    const written: number[] = []
    for (const _ of [1, 2, 3]) {
      await turn()
      written.push(all.filter(({ writes }) => writes.length > 0).length)
    }
    expect(written).toEqual([64, 128, 130])
  })

  it('sends nothing more of an operation that has ended, nor to a closed connection', async () => {
    const { stream, writes } = createRecorder()
    const gate = { isOpen: true }
    const queue = createFanOut().open(stream, UNFRAMED, gate)
    const [over, alive] = [queue.channel('over', ''), queue.channel('alive', '')]
    over.push(json(1))
    alive.push(json(1))
    over.close()
    await turn()
    alive.push(json(2))
    gate.isOpen = false
    await turn()
    expect(writes).toEqual(['alive1'])
  })

  it('says when a connection is full, and when it no longer is', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const line = createFanOut().open(stream, UNFRAMED, OPEN).channel('', '')
    line.push(json('more than ten bytes'))
    expect(line.isFull).toBe(false)
    await turn()
    expect(line.isFull).toBe(true)
    const drained = new Promise<void>((resolve) => line.onDrain(resolve))
    stream.resume()
    await drained
    expect(line.isFull).toBe(false)
  })

  it('has room for more when what waits has been written', async () => {
    const fanOut = createFanOut()
    const { stream, writes } = createRecorder()
    const line = fanOut.open(stream, UNFRAMED, OPEN).channel('', '')
    expect(fanOut.room()).toBeNull()
    for (let count = 0; count < 70_000; count++) line.push(json(1))
    const room = fanOut.room()
    expect(room).not.toBeNull()
    await room
    expect(fanOut.room()).toBeNull()
    expect(writes.join('')).toHaveLength(70_000)
  })
})

describe('frames', () => {
  it('of every size are what a WebSocket client reads', async () => {
    await using world = await createWorld()
    await using socket = await openRawSocket(world.url)
    await socket.introduce()
    const id = 'ünïcode "id"'
    const query = 'subscription { stock(eventId: "e1") { event { id } } }'
    socket.send({ id, type: 'subscribe', payload: { query } })
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    const frame = (text: string) => ({
      id,
      type: 'next',
      payload: { data: { stock: { event: { id: text } } } },
    })
    const empty = json(frame('')).length
    // Around the lengths at which the header of a frame grows.
    for (const length of [124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537, 200_000]) {
      const text = 'x'.repeat(length - empty)
      world.topics.stock.publish({ available: 1, event: { id: text } })
      expect(await socket.next()).toEqual(frame(text))
    }
  })
})
