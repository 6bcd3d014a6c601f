import type { CompiledOperation } from './compile.ts'
import { BROKEN } from './json-text.ts'
import { type ExecutionAnswer, shapeByReference } from './reference.ts'
import type { Run } from './run.ts'
import type { CompiledRequest } from './types.ts'
import type { Variant } from './variants.ts'

/** Turns an answer into its text where it is not plain data: the place to shape errors for clients. */
export type Encode = (answer: ExecutionAnswer) => string

/** Runs an operation: exactly what `executeQueryPlan` of `@apollo/gateway` gives, in the same order of keys. */
export async function executeCompiled<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
): Promise<ExecutionAnswer> {
  const variant = compiled.variants(request.variables)
  const run = await fetchAll(compiled, request, null)
  const text = project(compiled, variant, run)
  return text === null ? shapeByReference(run, compiled.context, compiled.schemas) : answerOf(run, text)
}

/**
 * Runs an operation and gives the answer as JSON in UTF-8, without making the answer first. Several requests may be given the
 * same bytes: they are to be sent, not to be changed.
 * @param encode is called only when there is more to tell than data.
 */
export async function executeToBuffer<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
  encode: Encode = JSON.stringify,
): Promise<Uint8Array> {
  const variant = compiled.variants(request.variables)
  const run = await fetchAll(compiled, request, variant)
  if (run.echoed) return run.echoed
  const text = project(compiled, variant, run)
  if (text === null)
    return Buffer.from(encode(await shapeByReference(run, compiled.context, compiled.schemas)))
  return Buffer.from(run.errors.length === 0 ? `{"data":${text}}` : encode(answerOf(run, text)))
}

async function fetchAll<Scope>(
  { step }: CompiledOperation,
  request: CompiledRequest<Scope>,
  variant: Variant | null,
): Promise<Run> {
  const echo = variant?.echo ?? null
  const run: Run = { request: request as CompiledRequest<unknown>, tree: {}, errors: [], echo, echoed: null }
  await step?.(run)
  return run
}

/** The data as JSON; null where the tree is not as the schema promises. */
function project({ written }: CompiledOperation, variant: Variant | null, run: Run): string | null {
  if (!variant) return null
  const { projection } = variant
  const known = written?.get(run.tree)
  if (known?.projection === projection) return known.text
  try {
    const text = projection(run.tree)
    if (run.request.scopeKey !== null) written?.set(run.tree, { projection, text })
    return text
  } catch (error) {
    if (error === BROKEN) return null
    throw error
  }
}

function answerOf({ errors }: Run, text: string): ExecutionAnswer {
  const data = JSON.parse(text) as Record<string, unknown>
  return errors.length === 0 ? { data } : { errors, data }
}
