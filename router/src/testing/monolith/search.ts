import { getVariableValues, Kind, parse, print, validate } from 'graphql'
import { randomOperation, randomVariables } from '../differential/operations.ts'
import { createRandom } from '../differential/random.ts'
import { type Case, createPair, TOO_LARGE } from './compare.ts'
import { shrink } from './shrink.ts'
import { randomSubgraphs } from './supergraph.ts'

const OPERATIONS = 20 // of each supergraph: composing and serving it is what takes the time
/** Names of fields, of keys and of nothing. */
const ALIASES = ['x', 'y', 'name', 'id', 'title', 'code', 'items', 'org', '__typename']
const MOODS = [
  { nulls: 0, errors: 0 },
  { nulls: 0.15, errors: 0 },
  { nulls: 0.05, errors: 0.08 },
  { nulls: 0, errors: 0.25 },
]

/**
 * Compares `pairs` of a random supergraph and a random operation on it.
 * @param failures how many differences end the search. @param onFailure is given each in its smallest form, to be pasted.
 */
export async function search(
  { pairs, seed: first, failures }: { pairs: number; seed: number; failures: number },
  onFailure: (failure: string) => void,
) {
  const counts = { supergraphs: 0, compared: 0, failures: 0 }
  for (let seed = first; counts.compared < pairs; seed++) {
    const random = createRandom(seed)
    const schemas = randomSubgraphs(random)
    await using pair = await createPair(schemas).catch(() => null)
    if (!pair) continue
    counts.supergraphs += 1
    for (let index = 0; index < OPERATIONS; ) {
      const defers = random.chance(0.3) ? 0.3 : 0
      const text = randomOperation(pair.monolith, random, { aliases: ALIASES, defers })
      const document = parse(text, { noLocation: true })
      if (validate(pair.monolith, document).length > 0) continue
      index += 1
      const [definition] = document.definitions
      const definitions =
        (definition?.kind === Kind.OPERATION_DEFINITION && definition.variableDefinitions) || []
      const variables = randomVariables(definitions, random)
      if (getVariableValues(pair.monolith, definitions, variables).errors) continue
      // A condition that is null is refused at once: see docs/federation.md.
      if (
        definitions.some(
          ({ variable, type }) => print(type) === 'Boolean' && variables[variable.name.value] === null,
        )
      )
        continue
      const one: Case = { schemas, document, variables, mood: { ...random.pick(MOODS), seed: seed + index } }
      const difference = await pair.difference(one)
      if (difference === TOO_LARGE) continue
      counts.compared += 1
      if (difference === null) continue
      counts.failures += 1
      onFailure(`KARCIS_MONOLITH_SEED=${seed}\n${await smallestForm(one)}`)
      if (counts.failures >= failures) return counts
    }
  }
  return counts
}

async function smallestForm(failing: Case): Promise<string> {
  let made: { schemas: Case['schemas']; pair: Awaited<ReturnType<typeof createPair>> } | null = null
  const differenceOf = async (one: Case): Promise<string | null> => {
    try {
      if (made?.schemas !== one.schemas) {
        await made?.pair[Symbol.asyncDispose]()
        made = null
        made = { schemas: one.schemas, pair: await createPair(one.schemas) }
      }
      if (validate(made.pair.monolith, parse(print(one.document))).length > 0) return null
      const difference = await made.pair.difference(one)
      return difference === TOO_LARGE ? null : difference
    } catch {
      return null
    }
  }
  const smallest = await shrink(failing, async (smaller) => (await differenceOf(smaller)) !== null)
  const difference = await differenceOf(smallest)
  await (made as { pair: AsyncDisposable } | null)?.pair[Symbol.asyncDispose]()
  const { schemas, document, variables, mood } = smallest
  const sdls = Object.entries(schemas).map(
    ([name, sdl]) => `# ${name}\n${sdl.replace(/extend schema[^)]*\)\s*/s, '')}`,
  )
  return [...sdls, print(document), JSON.stringify({ variables, mood }), difference].join('\n')
}
