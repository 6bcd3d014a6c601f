import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, getVariableValues, Kind, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { type CompiledOperation, compileOperation } from './compile.ts'
import { createAnswers, type Mood, namesTwice } from './differential/answers.ts'
import { randomOperation, randomVariables } from './differential/operations.ts'
import { createRandom, hash } from './differential/random.ts'
import { executeByReference } from './differential/reference.ts'
import { createWorld, type World } from './differential/world.ts'
import { executeCompiled, executeToBuffer } from './execute.ts'
import type { ExecutionAnswer } from './reference.ts'
import type { FetchSubgraph } from './types.ts'

const OPERATIONS = Number(process.env.KARCIS_DIFF_OPERATIONS ?? 1_500)
const SEED = Number(process.env.KARCIS_DIFF_SEED ?? 1)
const RUNS = 5 // of each operation, with other variables and other answers: planning is what takes the time

const MOODS: Omit<Mood, 'seed'>[] = [
  { nulls: 0, errors: 0, outages: 0, lies: 0 },
  { nulls: 0.1, errors: 0, outages: 0, lies: 0 },
  { nulls: 0.05, errors: 0.04, outages: 0, lies: 0 },
  { nulls: 0.05, errors: 0.02, outages: 0.15, lies: 0 },
  { nulls: 0.02, errors: 0, outages: 0, lies: 0.02 },
  { nulls: 0.02, errors: 0.02, outages: 0.05, lies: 0.1 },
]

it(`answers ${OPERATIONS} random operations exactly as the reference does`, {
  timeout: 36_000_000,
}, async () => {
  const world = createWorld()
  const counts = {
    documents: 0,
    unplannable: 0,
    left: 0,
    compared: 0,
    withErrors: 0,
    invalidData: 0,
    noData: 0,
    rejected: 0,
  }
  for (let seed = SEED; counts.compared < OPERATIONS; seed++) {
    const random = createRandom(seed)
    const text = randomOperation(world.clientSchema, random)
    const document = parse(text)
    if (validate(world.clientSchema, document).length > 0) continue
    counts.documents += 1
    const plan = planOf(world, document)
    if (!plan) {
      counts.unplannable += 1
      continue
    }
    const compiled = compileOperation({ ...world, plan, document })
    if (!compiled) {
      counts.left += 1
      continue
    }
    const [definition] = document.definitions
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation stands first')
    for (let i = 0; i < RUNS; i++) {
      const definitions = definition.variableDefinitions ?? []
      const { coerced } = getVariableValues(
        world.clientSchema,
        definitions,
        randomVariables(definitions, random),
      )
      const mood: Mood = { ...random.pick(MOODS), seed: seed * RUNS + i }
      const hint = `KARCIS_DIFF_OPERATIONS=1 KARCIS_DIFF_SEED=${seed}\n${JSON.stringify({ mood, coerced })}\n${text}`
      if (!coerced) throw new Error(`bad variables: ${hint}`)
      let inOrder = true
      const answers = createAnswers(mood)
      const watched: typeof answers = (service, request, scope) => {
        inOrder &&= !namesTwice(request.variables)
        return answers(service, request, scope)
      }
      const expected = await settled(executeByReference(world, { plan, document }, coerced, watched))
      await compare(expected, compiled, coerced, mood, inOrder, hint)
      counts.compared += 1
      if (expected instanceof Error) counts.rejected += 1
      else if (expected.errors) counts.withErrors += 1
      else if (expected.extensions) counts.invalidData += 1
      if (!(expected instanceof Error) && !expected.data) counts.noData += 1
    }
  }
  console.info(JSON.stringify(counts))
  expect(counts.left).toBeLessThan(counts.documents * 0.3)
})

async function compare(
  expected: ExecutionAnswer | Error,
  compiled: CompiledOperation,
  variables: Record<string, unknown>,
  mood: Mood,
  inOrder: boolean,
  hint: string,
): Promise<void> {
  const request = () => ({ variables, scopeKey: 'viewer', scope: null, fetchSubgraph: createAnswers(mood) })
  const actual = await settled(executeCompiled(compiled, request()))
  const answered = await settled(
    executeToBuffer(compiled, { ...request(), fetchSubgraph: inBytes(createAnswers(mood)) }),
  )
  const bytes = answered instanceof Error ? answered : Buffer.from(answered).toString()
  if (expected instanceof Error) {
    expect(actual, hint).toBeInstanceOf(Error)
    expect(bytes, hint).toBeInstanceOf(Error)
    return
  }
  expect(facts(actual, inOrder), hint).toEqual(facts(expected, inOrder))
  if (inOrder) expect(bytes as string, hint).toBe(JSON.stringify(expected))
  else expect(sorted(JSON.parse(bytes as string))).toEqual(sorted(JSON.parse(JSON.stringify(expected))))
}

/** Answers as they come over the wire; not all servers write JSON alike. */
function inBytes(answers: FetchSubgraph<unknown>): FetchSubgraph<unknown> {
  return async (service, request, scope) => {
    const body = await answers(service, request, scope)
    const style = hash(JSON.stringify(body)) % 8
    return Buffer.from(JSON.stringify(body, null, style === 0 ? 1 : 0) + (style > 4 ? '\n' : ''))
  }
}

/** Null where the planner itself gives up. */
function planOf(world: World, document: DocumentNode): QueryPlan | null {
  try {
    return world.planner.buildQueryPlan(operationFromDocument(world.apiSchema, document))
  } catch {
    return null
  }
}

const settled = async <T>(promise: Promise<T>): Promise<T | Error> => promise.catch((error: Error) => error)

/** The answer with everything of its errors that can be seen. */
function facts(answer: ExecutionAnswer | Error, inOrder: boolean): unknown {
  if (answer instanceof Error) return answer
  const errors = answer.errors?.map((error) => ({
    ...(error as Record<string, unknown>),
    name: (error as Error).name,
    message: (error as Error).message,
    json: JSON.stringify(error),
  }))
  const seen = {
    ...answer,
    ...(errors && { errors }),
    data: JSON.stringify(answer.data),
    extensions: JSON.stringify(answer.extensions),
  }
  return inOrder ? seen : sorted(seen)
}

const sorted = <T extends { errors?: readonly unknown[] | undefined }>(answer: T): T => ({
  ...answer,
  ...(answer.errors && { errors: answer.errors.map((error) => JSON.stringify(error)).sort() }),
})
