import { getVariableValues, Kind, parse, print, validate } from 'graphql'
import { expect, it } from 'vitest'
import { randomOperation, randomVariables } from '../differential/operations.ts'
import { createRandom } from '../differential/random.ts'
import { type Case, createPair } from './compare.ts'
import { shrink } from './shrink.ts'
import { randomSubgraphs } from './supergraph.ts'

const PAIRS = Number(process.env.KARCIS_MONOLITH_PAIRS ?? 300)
const SEED = Number(process.env.KARCIS_MONOLITH_SEED ?? 1)
/** How many differences are looked for before the test ends. */
const FAILURES = Number(process.env.KARCIS_MONOLITH_FAILURES ?? 1)
const HOURS = 36_000_000
const OPERATIONS = 20 // of each supergraph: composing and serving it is what takes the time
/** Names of fields, of keys and of nothing. */
const ALIASES = ['x', 'y', 'name', 'id', 'title', 'code', 'items', 'org', '__typename']
const MOODS = [
  { nulls: 0, errors: 0 },
  { nulls: 0.15, errors: 0 },
  { nulls: 0.05, errors: 0.08 },
]

it(`answers ${PAIRS} random operations as one server with the whole schema does`, { timeout: HOURS }, async () => {
  const counts = { supergraphs: 0, compared: 0 }
  const failures: string[] = []
  for (let seed = SEED; counts.compared < PAIRS && failures.length < FAILURES; seed++) {
    const random = createRandom(seed)
    const schemas = randomSubgraphs(random)
    await using pair = await createPair(schemas).catch(() => null)
    if (!pair) continue
    counts.supergraphs += 1
    for (let index = 0; index < OPERATIONS; ) {
      const defers = random.chance(0.3) ? 0.3 : 0
      const document = parse(randomOperation(pair.monolith, random, { aliases: ALIASES, defers }), { noLocation: true })
      if (validate(pair.monolith, document).length > 0) continue
      index += 1
      const [definition] = document.definitions
      const definitions = (definition?.kind === Kind.OPERATION_DEFINITION && definition.variableDefinitions) || []
      const given = randomVariables(definitions, random)
      if (getVariableValues(pair.monolith, definitions, given).errors) continue
      const one: Case = { schemas, document, variables: given, mood: { ...random.pick(MOODS), seed: seed + index } }
      counts.compared += 1
      if ((await pair.difference(one)) === null) continue
      failures.push(await told(one, `KARCIS_MONOLITH_SEED=${seed}`))
      if (failures.length >= FAILURES) break
    }
  }
  console.info(JSON.stringify({ ...counts, failures: failures.length }))
  expect(failures.join('\n\n')).toBe('')
})

/** The smallest form of a difference, to be pasted. */
async function told(failing: Case, seed: string): Promise<string> {
  let made: { schemas: Case['schemas']; pair: Awaited<ReturnType<typeof createPair>> } | null = null
  const differenceOf = async (one: Case): Promise<string | null> => {
    try {
      if (made?.schemas !== one.schemas) {
        await made?.pair[Symbol.asyncDispose]()
        made = null
        made = { schemas: one.schemas, pair: await createPair(one.schemas) }
      }
      if (validate(made.pair.monolith, parse(print(one.document))).length > 0) return null
      return await made.pair.difference(one)
    } catch {
      return null
    }
  }
  const smallest = await shrink(failing, async (smaller) => (await differenceOf(smaller)) !== null)
  const difference = await differenceOf(smallest)
  await (made as { pair: AsyncDisposable } | null)?.pair[Symbol.asyncDispose]()
  const { schemas, document, variables, mood } = smallest
  const sdls = Object.entries(schemas).map(([name, sdl]) => `# ${name}\n${sdl.replace(/extend schema[^)]*\)\s*/s, '')}`)
  return [seed, ...sdls, print(document), JSON.stringify({ variables, mood }), difference].join('\n')
}
