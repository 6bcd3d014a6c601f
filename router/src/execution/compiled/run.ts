import type { Refusal, SubgraphRequest } from '../../subgraphs/request.ts'
import type { Tree } from './merge.ts'
import type { Passthrough } from './passthrough.ts'
import type { Variant } from './variant.ts'

/**
 * Asks a subgraph and gives the body of its response: parsed JSON that belongs to nobody else (it is built upon), or its text
 * or bytes (fastest; they may go on to the client as they are, so the memory must not be used again).
 * A rejection becomes an error of the client's response, as it is.
 * @param scope of the request that caused the fetch; a joint one when several share it.
 */
export type FetchSubgraph<Scope> = (
  service: string,
  request: SubgraphRequest,
  scope: Scope,
) => Promise<unknown>

/** One request for a compiled operation. */
export interface CompiledRequest<Scope> {
  /** Coerced, with defaults. */
  variables: Record<string, unknown>
  /**
   * Requests with equal keys may share fetches, so it must name everything that can change a response: the viewer, and every
   * header that is passed on. Null shares nothing.
   */
  scopeKey: string | null
  scope: Scope
  /** One scope for several requests of the same key, for which one fetch is made; without it, that of the first. */
  joinScopes?(scopes: readonly Scope[]): Scope
  fetchSubgraph: FetchSubgraph<Scope>
  /** Stands in for text or bytes that turn out not to be JSON; without it, that is an error without a path. */
  unavailable?(service: string, request: SubgraphRequest, error: unknown): unknown
}

/** A response before its errors are shaped for clients. */
export interface ExecutionResponse {
  data?: Record<string, unknown> | null | undefined
  /** GraphQL errors, except for what a failed fetch was rejected with. */
  errors?: readonly unknown[]
}

/** One execution of a plan. */
export interface Run {
  // The scope is the caller's: nothing here looks into it.
  request: CompiledRequest<unknown>
  /** Null where the response is not written by generated code. */
  variant: Variant | null
  /** All that was fetched, merged; the response is written from it. */
  tree: Tree
  /** In the order in which they came. Mostly GraphQL errors; a failed fetch's rejection as it is. */
  errors: unknown[]
  /** Why nothing was fetched first; null where something was. */
  refusal: Refusal | null
  /** How many objects were to be completed by fetches so far. */
  objects: number
  /** Whether others who ask for the same are given this very run, so that its fetches need not be shared as well. */
  isShared: boolean
  /** Set where bytes are wanted, and may be the subgraph's own. */
  passthrough: Passthrough | null
  /** The response in bytes, as soon as there is one that needs no encoding by the caller. */
  bytes: Uint8Array | null
  /** Otherwise the response; made once for all who share the run. */
  response: Promise<ExecutionResponse> | null
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
  const passthrough = isForBytes ? (variant?.passthrough ?? null) : null
  const run: Run = {
    request,
    variant,
    tree: {},
    errors: [],
    refusal: null,
    objects: 0,
    isShared,
    passthrough,
    bytes: null,
    response: null,
  }
  if (step) await step(run)
  return run
}
