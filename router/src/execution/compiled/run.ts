import type { SubgraphRequest } from '../../subgraphs/request.ts'
import type { Tree } from './merge.ts'
import type { Echo } from './passthrough.ts'
import type { Variant } from './variants.ts'

/**
 * Asks a subgraph and gives the body of its answer: parsed JSON that is nobody else's (it is built upon), or its text or bytes
 * (fastest; they may go on to the client as they are, so the memory must not be used again).
 * A rejection becomes an error of the answer, as it is.
 * @param scope of the request that caused the call; of the first of them when several share it.
 */
export type FetchSubgraph<Scope> = (
  service: string,
  request: SubgraphRequest,
  scope: Scope,
) => Promise<unknown>

/** One run of a compiled operation. */
export interface CompiledRequest<Scope> {
  /** Coerced, with defaults. */
  variables: Record<string, unknown>
  /**
   * Requests of equal keys may share calls to subgraphs, so it must name everything that can change an answer: the viewer, and
   * every header that is passed on. Null shares nothing.
   */
  scopeKey: string | null
  scope: Scope
  fetchSubgraph: FetchSubgraph<Scope>
  /** Gives the answer in place of text or bytes that turn out to be no JSON; without it, that is an error of no place. */
  away?(service: string, request: SubgraphRequest, scope: Scope, error: unknown): unknown
}

/** What the reference executor gives. */
export interface ExecutionAnswer {
  data?: Record<string, unknown> | null | undefined
  /** GraphQL errors, but for what a failed call was rejected with. */
  errors?: readonly unknown[]
  /** Nulls where none may be stand in `valueCompletion`, unless there are errors. */
  extensions?: Record<string, unknown>
}

/** One execution of a plan. */
export interface Run {
  // The scope is the caller's: nothing here looks into it.
  request: CompiledRequest<unknown>
  /** Null where the reference has to shape the answer. */
  variant: Variant | null
  /** All that was fetched, merged; from it the answer is written. */
  tree: Tree
  /** In the order of their coming. Mostly GraphQL errors; a failed call's rejection as it is. */
  errors: unknown[]
  /** Whether others who ask for the same are given this very run, so that its calls need not be shared as well. */
  isShared: boolean
  /** Set where bytes are wanted, and may be the subgraph's own. */
  echo: Echo | null
  /** The answer in bytes, as soon as there is one that needs no encoding by the caller. */
  bytes: Uint8Array | null
  /** Otherwise the answer; made once for all who share the run. */
  answer: Promise<ExecutionAnswer> | null
}

/** One node of a plan. It never rejects for what a subgraph does, but adds to the errors of the run. */
export type Step = (run: Run) => Promise<void>

/** What a run is for. */
export interface RunPurpose {
  isForBytes: boolean
  isShared: boolean
}

/** Fetches everything. */
export async function startRun(
  step: Step | null,
  request: CompiledRequest<unknown>,
  variant: Variant | null,
  { isForBytes, isShared }: RunPurpose,
): Promise<Run> {
  const echo = isForBytes ? (variant?.echo ?? null) : null
  const run: Run = { request, variant, tree: {}, errors: [], isShared, echo, bytes: null, answer: null }
  if (step) await step(run)
  return run
}
