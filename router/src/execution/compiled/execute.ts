import { AnswerTooLarge } from '../../errors.ts'
import { parseJson } from '../../exact-json.ts'
import type { Refusal } from '../../subgraphs/request.ts'
import type { CompiledOperation } from './compile.ts'
import { complete } from './complete.ts'
import { BROKEN } from './json-text.ts'
import { type CompiledRequest, type ExecutionResponse, type Run, startRun } from './run.ts'

/** Writes a response that is not plain data as text: this is where errors are shaped for clients. */
export type Encode = (response: ExecutionResponse) => string

/** Runs an operation: what `executeQueryPlan` of `@apollo/gateway` gives, in the same order of keys, where subgraphs keep to their schemas. */
export async function executeCompiled<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
): Promise<ExecutionResponse> {
  const { step, variant } = compiled
  const run = await startRun(step, request as CompiledRequest<unknown>, variant, {
    isForBytes: false,
    isShared: false,
  })
  return responseOf(run, dataText(run), compiled)
}

/**
 * Runs an operation and gives the response as JSON in UTF-8, without building the response first. Requests that came at the same
 * time may be given the same bytes: they are to be sent, not to be changed.
 * @param encode is called, for each of them, when there is more than data in the response, but only once for all whom a subgraph refused
 *   before anything was done. It must not change what it is given.
 */
export async function executeToBuffer<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
  encode: Encode = JSON.stringify,
): Promise<Uint8Array> {
  const { step, sharedExecutions } = compiled
  const given = request as CompiledRequest<unknown>
  const run = await (sharedExecutions
    ? sharedExecutions(given)
    : startRun(step, given, compiled.variant, { isForBytes: true, isShared: false }))
  if (run.bytes) return run.bytes
  const { refusal, variant } = run
  const refused = refusal && variant && isNothingElse(run, refusal) ? { refusal, variant } : null
  const known = refused?.refusal.answers.get(refused.variant)
  if (known) return known
  if (run.response === null) {
    const text = dataText(run)
    if (text !== null && text.length > MAX_TEXT) throw new AnswerTooLarge({ mostBytes: MAX_TEXT })
    if (text !== null && run.errors.length === 0) {
      run.bytes = Buffer.from(`{"data":${text}}`)
      return run.bytes
    }
    run.response = responseOf(run, text, compiled)
  }
  const bytes = Buffer.from(encode(await run.response))
  refused?.refusal.answers.set(refused.variant, bytes)
  return bytes
}

const isNothingElse = ({ errors, tree }: Run, refusal: Refusal): boolean =>
  errors.length === refusal.errors.length && Object.keys(tree).length === 0

/** Characters of a response: what subgraphs sent once may stand in it many times. */
const MAX_TEXT = 128_000_000

/** The data as JSON; null where the tree is not as the schema promises. */
function dataText({ variant, tree }: Run): string | null {
  if (!variant) return null
  try {
    return variant.projection(tree)
  } catch (error) {
    if (error === BROKEN) return null
    throw error
  }
}

async function responseOf(
  run: Run,
  text: string | null,
  { context }: CompiledOperation,
): Promise<ExecutionResponse> {
  const { errors, tree, request } = run
  if (text === null) return complete(context, tree, request.variables, errors)
  const data = parseJson(text) as Record<string, unknown>
  return errors.length === 0 ? { data } : { errors, data }
}
