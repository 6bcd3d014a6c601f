import { refusalOf } from '@karcis/kit/database'
import { BadUserInput, Conflict, KarcisError } from '@karcis/kit/errors'

/** A span of time in which something else has the room. */
export interface BusyTime {
  startsAt: Date
  endsAt: Date
}

/** The room is taken in (part of) the wanted time. @param conflicts when, as far as there still are any. */
export class RoomNotAvailable extends KarcisError {
  constructor(roomId: string, conflicts: BusyTime[]) {
    super('ROOM_NOT_AVAILABLE', 'The room is taken in that time.', { roomId, conflicts })
  }
}

/**
 * Gives a constraint's refusal its public meaning.
 * @param meanings by name of the constraint.
 * @throws the meaning, or the original error when the refusal has none here.
 */
export async function explainRefusal<T>(
  work: PromiseLike<T>,
  meanings: Record<string, () => Error>,
): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { constraint } = refusalOf(error)
    throw (constraint && meanings[constraint]?.()) || error
  }
}

/** SQLSTATEs of a row that others refer to: restrict_violation (since Postgres 18) and foreign_key_violation. */
const IN_USE = new Set(['23001', '23503'])

/** Deletes; a foreign key that stands in the way means CONFLICT. @param what as in "category". */
export async function deleteUnlessUsed<T>(what: string, work: PromiseLike<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (IN_USE.has(refusalOf(error).sqlState ?? ''))
      throw new Conflict(`The ${what} is in use, so it cannot be deleted.`)
    throw error
  }
}

/** One wrong field, for refusals that only the database can give. */
export const wrongField = (path: string, message: string) => () => new BadUserInput([{ path, message }])
