import { cloneJson, isFlat } from './merge.ts'
import type { Answer, RawError } from './response.ts'

/** How one requester's representations stand in a call. */
export interface Seat {
  /** Index in the call for each of its places; the same index twice for two places of one entity. */
  slots: readonly number[]
}

/** In place of the part of a requester that cannot be told from the others'. */
export const UNCLEAR = Symbol('a part that cannot be told from the others')

/**
 * Divides the answer to a call among those who share it: what the subgraph would have answered to each alone, with nothing in
 * common that could be merged into. Who is alone always gets an answer, of whatever form.
 * @param size representations in the call; null for a call without any.
 * @param isFinal when nothing will be merged into what comes, so that all may have the same.
 */
export function divide(
  answer: Answer,
  seats: readonly Seat[],
  size: number | null,
  isFinal: boolean,
): (Answer | typeof UNCLEAR)[] {
  if (size === null) return seats.map((_, index) => (index === 0 || isFinal ? answer : copyOf(answer)))
  const [first] = seats
  const alone = seats.length === 1
  if (alone && first?.slots.length === size) return [answer]
  if (Object(answer) !== answer) return seats.map(() => (alone ? answer : UNCLEAR))

  const errors = Array.isArray(answer.errors) ? answer.errors : []
  if (!alone && errors.some((error) => indexOf(error, size) === null)) return seats.map(() => UNCLEAR)
  const entities = answer.data?._entities
  const isWhole = Array.isArray(entities) && entities.length === size
  const given: boolean[] = Array(size).fill(false)
  return seats.map(({ slots }) => {
    const own = errorsOf(slots, errors, size)
    const share = own.length > 0 ? { errors: own } : {}
    if (isWhole) return { ...share, data: { _entities: slots.map(take) } }
    if (answer.data === null || answer.data === undefined) return alone || own.length > 0 ? share : UNCLEAR
    // Of a wrong length for this requester too, and reported as such.
    return alone ? { ...share, data: { _entities: Array.isArray(entities) ? [] : entities } } : UNCLEAR
  })

  function take(slot: number): unknown {
    const entity = (entities as unknown[])[slot]
    if (given[slot]) return isFlat(entity) ? entity : cloneJson(entity)
    given[slot] = true
    return entity
  }
}

/** The errors of one requester, each at every place that its entity has there. */
function errorsOf(slots: readonly number[], errors: readonly RawError[], size: number): RawError[] {
  return errors.flatMap((error) => {
    const index = indexOf(error, size)
    if (index === null) return [error]
    const rest = error.path?.slice(2) ?? []
    return slots.flatMap((slot, place) =>
      slot === index ? [{ ...error, path: ['_entities', place, ...rest] }] : [],
    )
  })
}

/** The representation that an error is about. */
function indexOf(error: RawError | null, size: number): number | null {
  const path = error?.path
  if (!Array.isArray(path) || path[0] !== '_entities') return null
  const [, index] = path
  return typeof index === 'number' && index < size ? index : null
}

const copyOf = (answer: Answer): Answer =>
  Object(answer) === answer ? { ...answer, data: cloneJson(answer.data) } : answer
