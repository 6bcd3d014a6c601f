import type { Echo } from './echo.ts'
import type { Tree } from './merge.ts'
import type { CompiledRequest } from './types.ts'

/** One execution of a plan under way. */
export interface Run {
  // The scope is the caller's: nothing here looks into it.
  request: CompiledRequest<unknown>
  /** All that was fetched, merged; from it the answer is written. */
  tree: Tree
  /** In the order of their coming. Mostly GraphQL errors; a failed call's rejection as it is. */
  errors: unknown[]
  /** Set where bytes are wanted, and may be the subgraph's own. */
  echo: Echo | null
  /** The answer in bytes, when that was so. */
  echoed: Uint8Array | null
}

/** One node of a plan. It never rejects for what a subgraph does, but adds to the errors of the run. */
export type Step = (run: Run) => Promise<void>
