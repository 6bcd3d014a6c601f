import type { Tree } from './merge.ts'
import type { Echo } from './passthrough.ts'
import type { ExecutionAnswer } from './reference.ts'
import type { CompiledRequest } from './types.ts'
import type { Variant } from './variants.ts'

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
