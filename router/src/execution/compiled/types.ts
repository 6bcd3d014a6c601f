import type { SubgraphRequest } from '../../subgraphs/request.ts'

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
