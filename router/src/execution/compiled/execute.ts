import type { CompiledOperation } from './compile.ts'
import { BROKEN } from './json-text.ts'
import { type ExecutionAnswer, shapeByReference } from './reference.ts'
import type { Run } from './run.ts'
import type { CompiledRequest } from './types.ts'

/** Turns an answer into its text where it is not plain data: the place to shape errors for clients. */
export type Encode = (answer: ExecutionAnswer) => string

/** Runs an operation: exactly what `executeQueryPlan` of `@apollo/gateway` gives, in the same order of keys. */
export async function executeCompiled<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
): Promise<ExecutionAnswer> {
  const run = await fetchAll(compiled, request)
  const text = project(compiled, run)
  return text === null ? shapeByReference(run, compiled.context, compiled.schemas) : answerOf(run, text)
}

/**
 * Runs an operation and gives the answer as JSON, without making the answer first.
 * @param encode is called only when there is more to tell than data.
 */
export async function executeToText<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
  encode: Encode = JSON.stringify,
): Promise<string> {
  const run = await fetchAll(compiled, request)
  const text = project(compiled, run)
  if (text === null) return encode(await shapeByReference(run, compiled.context, compiled.schemas))
  return run.errors.length === 0 ? `{"data":${text}}` : encode(answerOf(run, text))
}

/** The same in UTF-8. */
export async function executeToBuffer<Scope>(
  compiled: CompiledOperation,
  request: CompiledRequest<Scope>,
  encode?: Encode,
): Promise<Buffer> {
  return Buffer.from(await executeToText(compiled, request, encode))
}

async function fetchAll<Scope>({ step }: CompiledOperation, request: CompiledRequest<Scope>): Promise<Run> {
  const run: Run = { request: request as CompiledRequest<unknown>, tree: {}, errors: [] }
  await step?.(run)
  return run
}

/** The data as JSON; null where the tree is not as the schema promises. */
function project({ variants, written }: CompiledOperation, run: Run): string | null {
  const projection = variants(run.request.variables)
  if (!projection) return null
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
