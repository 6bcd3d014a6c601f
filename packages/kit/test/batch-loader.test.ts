import { beforeEach, describe, expect, it } from 'vitest'
import { byId, byKey, createBatchedRead, loaderOf, readById } from '../src/batch-loader.ts'

/** Batched reads of something that changes, and the keys of each of them. */
function batchedReadOf(things: Map<string, number>) {
  const readings: string[][] = []
  const load = createBatchedRead(async (keys) => {
    readings.push(keys)
    if (keys.includes('poison')) throw new Error('refused')
    return new Map(things)
  })
  return { load, readings }
}

it('reads at once what is asked for in one turn, each key once', async () => {
  const { load, readings } = batchedReadOf(new Map([['a', 1]]))
  expect(await Promise.all([load('a'), load('b'), Promise.resolve().then(() => load('a'))])).toEqual([
    1,
    undefined,
    1,
  ])
  expect(readings).toEqual([['a', 'b']])
})

it('remembers nothing, and shows whoever asks what is there when they ask', async () => {
  const things = new Map([['a', 1]])
  const { load, readings } = batchedReadOf(things)
  const first = load('a')
  things.set('a', 2)
  expect(await first).toBe(2)
  things.set('a', 3)
  expect(await load('a')).toBe(3)
  expect(readings).toHaveLength(2)
})

it('reads anew after a reading that failed', async () => {
  const { load } = batchedReadOf(new Map([['a', 1]]))
  await expect(Promise.all([load('a'), load('poison')])).rejects.toThrow('refused')
  expect(await load('a')).toBe(1)
})

describe('loaders by id', () => {
  const [ONE, TWO] = ['019a9b6e-0000-7000-8000-00000000000a', '019a9b6e-0000-7000-8000-00000000000b'] as const
  const asked: string[][] = []
  const find = async (ids: string[]) => {
    asked.push(ids)
    return ids.filter((id) => id === ONE).map((id) => ({ id, name: 'one' }))
  }
  beforeEach(() => {
    asked.length = 0
  })

  it('take an id in any case, and do not ask for what is none', async () => {
    const loader = byId(find)
    expect(
      await Promise.all([ONE.toUpperCase(), ONE, TWO, 'nonsense', ''].map((id) => loader.load(id))),
    ).toEqual([{ id: ONE, name: 'one' }, { id: ONE, name: 'one' }, null, null, null])
    expect(asked).toEqual([[ONE, TWO]])
  })

  it('remember for their request, and share a query with other requests', async () => {
    const read = readById(find)
    const [first, second] = [loaderOf(read), loaderOf(read)]
    await Promise.all([first.load(ONE), second.load(TWO)])
    await first.load(ONE.toUpperCase())
    expect(asked).toEqual([[ONE, TWO]])
    await second.load(ONE)
    expect(asked).toHaveLength(2)
  })

  it('give what belongs to an id', async () => {
    const loader = byKey(async (ids) => new Map(ids.map((id) => [id, [id, id]])))
    expect(await loader.load(ONE)).toEqual([ONE, ONE])
  })
})
