import { expect, it } from 'vitest'
import { createGathering } from '../src/batch-loader.ts'

/** A gathering over something that changes, and the keys of each of its readings. */
function gatheringOver(things: Map<string, number>) {
  const readings: string[][] = []
  const load = createGathering(async (keys) => {
    readings.push(keys)
    if (keys.includes('poison')) throw new Error('refused')
    return new Map(things)
  })
  return { load, readings }
}

it('reads at once what is asked for in one turn, each key once', async () => {
  const { load, readings } = gatheringOver(new Map([['a', 1]]))
  expect(await Promise.all([load('a'), load('b'), Promise.resolve().then(() => load('a'))])).toEqual([
    1,
    undefined,
    1,
  ])
  expect(readings).toEqual([['a', 'b']])
})

it('remembers nothing, and shows whoever asks what is there when they ask', async () => {
  const things = new Map([['a', 1]])
  const { load, readings } = gatheringOver(things)
  const first = load('a')
  things.set('a', 2)
  expect(await first).toBe(2)
  things.set('a', 3)
  expect(await load('a')).toBe(3)
  expect(readings).toHaveLength(2)
})

it('reads anew after a reading that failed', async () => {
  const { load } = gatheringOver(new Map([['a', 1]]))
  await expect(Promise.all([load('a'), load('poison')])).rejects.toThrow('refused')
  expect(await load('a')).toBe(1)
})
