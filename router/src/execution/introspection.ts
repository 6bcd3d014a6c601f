import { type FormattedExecutionResult, OperationTypeNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { PreparedOperation } from '../planning/prepare.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { ReadyOperation } from './operation.ts'

/** An answer that is the same for as long as the supergraph is. */
interface KnownAnswer {
  result: FormattedExecutionResult
  json: Uint8Array
}

/** What the answers may take that are kept for one supergraph: a whole introspection is some 300 KB. */
const MAX_BYTES = 8_000_000

const answers = new WeakMap<Supergraph, LRUCache<string, KnownAnswer>>()
const numbers = new WeakMap<PreparedOperation, number>()
let last = 0

/** Whether no subgraph is asked for any of it. */
export const isIntrospection = ({ prepared }: ReadyOperation): boolean =>
  prepared.plan.node === undefined && prepared.context.operation.operation === OperationTypeNode.QUERY

/**
 * Answers from what was answered before: introspection takes milliseconds, and explorers ask for the same again and again.
 * @param execute answers it now.
 */
export async function introspect(
  ready: ReadyOperation,
  execute: () => Promise<FormattedExecutionResult>,
): Promise<KnownAnswer> {
  const { request, prepared, variables } = ready
  const known = answers.get(request.supergraph) ?? createAnswers()
  answers.set(request.supergraph, known)
  const number = numbers.get(prepared) ?? ++last
  numbers.set(prepared, number)
  const key = `${number} ${JSON.stringify(variables)}`
  const before = known.get(key)
  if (before) return before
  const result = await execute()
  const answer = { result, json: Buffer.from(JSON.stringify(result)) }
  if (!result.errors) known.set(key, answer)
  return answer
}

const createAnswers = () =>
  new LRUCache<string, KnownAnswer>({
    maxSize: MAX_BYTES,
    // As text, and as the objects that it was made of.
    sizeCalculation: ({ json }, key) => key.length + 5 * json.length,
  })
