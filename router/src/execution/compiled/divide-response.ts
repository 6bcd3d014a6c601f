import { cloneJson, isFlat } from './merge.ts'
import type { RawError, SubgraphResponse } from './response.ts'

/** Where one requester's entities stand in a fetch. */
export interface EntitySlots {
  /** Index in the fetch for each path of theirs; the same index twice for two paths to one entity. */
  slots: readonly number[]
}

/** In place of a share that cannot be told from those of other requesters. */
export const AMBIGUOUS = Symbol('a share that cannot be told from the others')

/**
 * Divides the response to a fetch among those who share it: what the subgraph would have given to each alone, with nothing in
 * common that could be merged into. Whoever is alone always gets a response, of whatever form.
 * @param size representations in the fetch; null for a fetch without any.
 * @param isFinal when nothing will be merged into what comes, so that all may have the same.
 */
export function divideResponse(
  response: SubgraphResponse,
  requesters: readonly EntitySlots[],
  size: number | null,
  isFinal: boolean,
): (SubgraphResponse | typeof AMBIGUOUS)[] {
  if (size === null)
    return requesters.map((_, index) => (index === 0 || isFinal ? response : copyOf(response)))
  const [first] = requesters
  const alone = requesters.length === 1
  if (alone && first?.slots.length === size) return [response]
  if (Object(response) !== response) return requesters.map(() => (alone ? response : AMBIGUOUS))

  const errors = Array.isArray(response.errors) ? response.errors : []
  if (!alone && errors.some((error) => indexOf(error, size) === null)) return requesters.map(() => AMBIGUOUS)
  const { data } = response
  const entities = data?._entities
  const isWhole = Array.isArray(entities) && entities.length === size
  const given: boolean[] = Array(size).fill(false)
  return requesters.map(({ slots }) => {
    const own = errorsOf(slots, errors, size)
    const share = own.length > 0 ? { errors: own } : {}
    if (isWhole) return { ...share, data: { _entities: slots.map(take) } }
    if (data === null || data === undefined) return alone || own.length > 0 ? share : AMBIGUOUS
    // Of a wrong length for this requester too, and reported as such.
    return alone ? { ...share, data: { _entities: Array.isArray(entities) ? [] : entities } } : AMBIGUOUS
  })

  function take(slot: number): unknown {
    const entity = (entities as unknown[])[slot]
    if (given[slot]) return isFlat(entity) ? entity : cloneJson(entity)
    given[slot] = true
    return entity
  }
}

/** The errors of one requester, each at every path to its entity. */
function errorsOf(slots: readonly number[], errors: readonly RawError[], size: number): RawError[] {
  return errors.flatMap((error) => {
    const index = indexOf(error, size)
    if (index === null) return [error]
    const rest = error.path?.slice(2) ?? []
    return slots.flatMap((slot, position) =>
      slot === index ? [{ ...error, path: ['_entities', position, ...rest] }] : [],
    )
  })
}

/** Index of the representation that an error is about. */
function indexOf(error: RawError | null, size: number): number | null {
  const path = error?.path
  if (!Array.isArray(path) || path[0] !== '_entities') return null
  const [, index] = path
  return typeof index === 'number' && index < size ? index : null
}

const copyOf = (response: SubgraphResponse): SubgraphResponse =>
  Object(response) === response ? { ...response, data: cloneJson(response.data) } : response
