import { expect, it } from 'vitest'
import { search } from './search.ts'

const PAIRS = Number(process.env.KARCIS_MONOLITH_PAIRS ?? 300)
const SEED = Number(process.env.KARCIS_MONOLITH_SEED ?? 1)
const HOURS = 36_000_000

it(`answers ${PAIRS} random operations as one server with the whole schema does`, {
  timeout: HOURS,
}, async () => {
  const failures: string[] = []
  const counts = await search({ pairs: PAIRS, seed: SEED, failures: 1 }, (failure) => {
    console.info(failure)
    failures.push(failure)
  })
  console.info(JSON.stringify(counts))
  expect(failures).toEqual([])
})
