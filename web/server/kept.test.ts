import { expect, it } from 'vitest'
import { Kept } from './kept.ts'

it('keeps an answer for as long as that answer is good for', async () => {
  const answers = [{ isWhole: false }, { isWhole: true }, { isWhole: true }]
  let asked = 0
  const kept = new Kept<{ isWhole: boolean }>({
    ask: async () => answers[asked++] ?? { isWhole: true },
    freshMs: ({ isWhole }) => (isWhole ? 60_000 : 0),
    staleMs: 0,
    maxSize: 10,
    sizeOf: () => 1,
  })
  const given = [await kept.get('page'), await kept.get('page'), await kept.get('page')]
  expect(given).toEqual([{ isWhole: false }, { isWhole: true }, { isWhole: true }])
  expect(asked).toBe(2)
})
