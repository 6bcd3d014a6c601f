import { expect, it } from 'vitest'
import { createKeptCounts } from '../src/domain/viewing/kept-counts.ts'

it('line 34: long lists are counted now and then, short ones each time', async () => {
  const counts = createKeptCounts()
  let asked = 0
  const of = (rows: number) => async () => {
    asked += 1
    await new Promise((resolve) => setTimeout(resolve, 40)) // a count that long takes as long
    return rows + asked
  }
  expect(await counts('short', of(9))).toBe(10)
  expect(await counts('short', of(9))).toBe(11)
  expect(await Promise.all([counts('long', of(300_000)), counts('long', of(300_000))])).toEqual([
    300_003, 300_003,
  ])
  expect(await counts('long', of(0))).toBe(300_003)
  expect(await counts('another', of(300_000))).toBe(300_004)
  const away = () => Promise.reject(new Error('away'))
  const failing = [counts('away', away), counts('away', of(1))]
  expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})
