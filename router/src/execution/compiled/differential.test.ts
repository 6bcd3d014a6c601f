import type { QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  getVariableValues,
  type GraphQLError,
  type GraphQLFormattedError,
  Kind,
  parse,
  validate,
} from 'graphql'
import { expect, it } from 'vitest'
import { narrowFragments } from '../../planning/rewrites/narrow-fragments.ts'
import { conditionVariables, resolveConditions } from '../../planning/rewrites/resolve-conditions.ts'
import type { SubgraphRequest } from '../../subgraphs/request.ts'
import { randomOperation, randomVariables } from '../../testing/differential/operations.ts'
import { createRandom, hash } from '../../testing/differential/random.ts'
import { executeByReference, type ReferenceResponse } from '../../testing/differential/reference.ts'
import { createResponses, type Mood, namesTwice } from '../../testing/differential/responses.ts'
import { compileIn, createWorld, planOf, type World } from '../../testing/differential/world.ts'
import type { CompiledOperation } from './compile.ts'
import { executeCompiled, executeToBuffer } from './execute.ts'
import type { ExecutionResponse, FetchSubgraph } from './run.ts'

const OPERATIONS = Number(process.env.KARCIS_DIFF_OPERATIONS ?? 1_500)
const SEED = Number(process.env.KARCIS_DIFF_SEED ?? 1)
const HOURS = 36_000_000 // for as many as one likes
const RUNS = 5 // of each operation, with other variables and other responses: planning is what takes the time

const MOODS: Omit<Mood, 'seed'>[] = [
  { nulls: 0, errors: 0, outages: 0, lies: 0 },
  { nulls: 0.1, errors: 0, outages: 0, lies: 0 },
  { nulls: 0.05, errors: 0.04, outages: 0, lies: 0 },
  { nulls: 0.05, errors: 0.02, outages: 0.15, lies: 0 },
  { nulls: 0.02, errors: 0, outages: 0, lies: 0.02 },
  { nulls: 0.02, errors: 0.02, outages: 0.05, lies: 0.1 },
]

it(`answers ${OPERATIONS} random requests as the reference does, while subgraphs keep to their schemas`, {
  timeout: HOURS,
}, async () => {
  const counts = { compared: 0, withErrors: 0, invalidData: 0, noData: 0, rejected: 0 }
  for (const { seed, random, request, name } of operations(SEED)) {
    for (let i = 0; i < RUNS; i++) {
      const mood: Mood = { ...random.pick(MOODS), seed: seed * RUNS + i }
      const asked = await request(mood)
      const { expected } = asked
      await compare(asked, mood, `${name}\n${JSON.stringify({ mood, variables: asked.variables })}`)
      counts.compared += 1
      if (expected instanceof Error) counts.rejected += 1
      else if (expected.errors) counts.withErrors += 1
      else if (expected.extensions) counts.invalidData += 1
      if (!(expected instanceof Error) && !expected.data) counts.noData += 1
    }
    if (counts.compared >= OPERATIONS) break
  }
  console.info(JSON.stringify(counts))
  expect(counts.compared).toBeGreaterThanOrEqual(OPERATIONS)
})

it('answers requests that come at the same time as it answers each alone', { timeout: HOURS }, async () => {
  let compared = 0
  let calls = 0
  let callsAlone = 0
  for (const { seed, random, request, name } of operations(SEED)) {
    const mood: Mood = { ...random.pick(MOODS), seed }
    const alone = []
    for (let i = 0; i < RUNS; i++) alone.push(await request(mood))
    for (const { calls } of alone) callsAlone += 2 * calls
    const fetchSubgraph = inBytes(counted(createResponses(mood), () => void (calls += 1)))
    const together = [...alone, ...alone].map(async ({ compiled, variables }) => {
      for (let turns = random.below(3); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve))
      return settled(executeToBuffer(compiled, { variables, scopeKey: 'viewer', scope: null, fetchSubgraph }))
    })
    for (const [index, answered] of (await Promise.all(together)).entries()) {
      const { compiled, variables } = alone[index % RUNS] as (typeof alone)[number]
      const request = { variables, scopeKey: null, scope: null, fetchSubgraph: createResponses(mood) }
      const expected = await settled(executeCompiled(compiled, request))
      const hint = `${name}\n${JSON.stringify({ mood, variables })}`
      if (expected instanceof Error || answered instanceof Error)
        expect([answered, expected], hint).toEqual([expect.any(Error), expect.any(Error)])
      // The order of errors of different subgraphs depends on time, and so on what is shared.
      else
        expect(sorted(JSON.parse(Buffer.from(answered).toString())), hint).toEqual(
          sorted(JSON.parse(JSON.stringify(expected))),
        )
    }
    compared += together.length
    if (compared >= OPERATIONS) break
  }
  console.info(JSON.stringify({ compared, calls, callsAlone }))
  if (compared > 1_000) expect(calls).toBeLessThan(callsAlone * 0.7)
})

/** Random operations, planned and compiled. `request` makes up variables for one and asks the reference. */
function* operations(from: number) {
  const world = createWorld()
  for (let seed = from; ; seed++) {
    const random = createRandom(seed)
    const text = randomOperation(world.clientSchema, random)
    const given = parse(text)
    if (validate(world.clientSchema, given).length > 0) continue
    const [definition] = given.definitions
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation stands first')
    const definitions = definition.variableDefinitions ?? []
    const conditions = conditionVariables(given).map((name) => [name, random.chance(0.5)] as const)
    // As before every planning: in fragments that cannot but apply, the reference loses fields.
    const document = narrowFragments(
      resolveConditions(given, Object.fromEntries(conditions)),
      world.clientSchema,
    )
    const plan = planned(world, document)
    if (!plan) continue
    const compiled = compileIn(world, plan, document)

    const request = async (mood: Mood) => {
      const given = randomVariables(definitions, random)
      for (const [name, value] of conditions) given[name] = value
      const { coerced: variables } = getVariableValues(world.clientSchema, definitions, given)
      if (!variables) throw new Error(`bad variables ${JSON.stringify(given)} for ${text}`)
      let inOrder = true
      let calls = 0
      const ask = (responses: FetchSubgraph<unknown>) =>
        settled(executeByReference(world, { plan, document }, variables, responses))
      const expected = await ask(
        counted(createResponses(mood), (request) => {
          calls += 1
          inOrder &&= !namesTwice(request.variables)
        }),
      )
      /** Paths of values that the schema does not allow: the reference tells them where it has nothing else to tell. */
      const brokenPaths = async (): Promise<string[]> => {
        const { extensions } = (await ask(withoutErrors(createResponses(mood)))) as ReferenceResponse
        const broken = (extensions?.valueCompletion ?? []) as GraphQLError[]
        return broken.map(({ path }) => JSON.stringify(path))
      }
      return { compiled, variables, expected, brokenPaths, inOrder, calls }
    }
    yield { seed, random, request, name: `KARCIS_DIFF_OPERATIONS=1 KARCIS_DIFF_SEED=${seed}\n${text}` }
  }
}

function counted(
  fetchSubgraph: FetchSubgraph<unknown>,
  count: (request: SubgraphRequest) => void,
): FetchSubgraph<unknown> {
  return (service, request, scope) => {
    count(request)
    return fetchSubgraph(service, request, scope)
  }
}

interface Asked {
  compiled: CompiledOperation
  variables: Record<string, unknown>
  expected: ReferenceResponse | Error
  brokenPaths(): Promise<string[]>
  /** Whether the order of errors is known. */
  inOrder: boolean
}

async function compare(
  { compiled, variables, expected, brokenPaths, inOrder }: Asked,
  mood: Mood,
  hint: string,
): Promise<void> {
  const request = () => ({ variables, scopeKey: 'viewer', scope: null, fetchSubgraph: createResponses(mood) })
  const actual = await settled(executeCompiled(compiled, request()))
  const answered = await settled(
    executeToBuffer(compiled, { ...request(), fetchSubgraph: inBytes(createResponses(mood)) }),
  )
  if (actual instanceof Error || answered instanceof Error) {
    expect([actual, answered, expected], hint).toEqual(Array(3).fill(expect.any(Error)))
    return
  }
  const response = JSON.parse(JSON.stringify(actual)) as ExecutionResponse
  expect(sorted(JSON.parse(Buffer.from(answered).toString())), hint).toEqual(sorted(response))
  // The reference gives up over one wrong value; what is answered then is compared with graphql-js, by which it is made.
  if (mood.lies > 0 || expected instanceof Error) return
  if (inOrder) expect(JSON.stringify(response.data), hint).toBe(JSON.stringify(expected.data))
  else expect(response.data, hint).toEqual(JSON.parse(JSON.stringify(expected.data)))
  // It reports one error for all entities of a fetch that failed, at a path of the plan.
  if (mood.outages > 0 || expected.extensions) return
  const told = messagesOf(expected)
  const more = ((response.errors ?? []) as GraphQLFormattedError[]).filter(({ message }) => {
    const index = told.indexOf(message)
    if (index >= 0) told.splice(index, 1)
    return index < 0
  })
  expect(told, hint).toEqual([])
  // Beside the errors of subgraphs, the reference tells of no value that is broken.
  const broken = more.length > 0 ? await brokenPaths() : []
  for (const { path } of more) expect(broken, hint).toContain(JSON.stringify(path))
}

const messagesOf = ({ errors = [] }: ExecutionResponse): string[] =>
  errors.map((error) => (error as Error).message)

const withoutErrors =
  (responses: FetchSubgraph<unknown>): FetchSubgraph<unknown> =>
  async (...asked) => ({ ...((await responses(...asked)) as object), errors: undefined })

/** Responses as they come over the wire; not all servers write JSON alike. */
function inBytes(responses: FetchSubgraph<unknown>): FetchSubgraph<unknown> {
  return async (service, request, scope) => {
    const body = await responses(service, request, scope)
    const style = hash(JSON.stringify(body)) % 8
    return Buffer.from(JSON.stringify(body, null, style === 0 ? 1 : 0) + (style > 4 ? '\n' : ''))
  }
}

/** Null where the planner itself gives up. */
function planned(world: World, document: DocumentNode): QueryPlan | null {
  try {
    return planOf(world, document)
  } catch {
    return null
  }
}

const settled = async <T>(promise: Promise<T>): Promise<T | Error> => promise.catch((error: Error) => error)

const sorted = <T extends { errors?: readonly unknown[] | undefined }>(response: T): T => ({
  ...response,
  ...(response.errors && { errors: response.errors.map((error) => JSON.stringify(error)).sort() }),
})
