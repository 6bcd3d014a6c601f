import type { ConstraintErrors } from '@karcis/kit/database'
import { BadUserInput, Conflict, KarcisError } from '@karcis/kit/errors'
import type { Tx } from './database.ts'

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

/** The key belongs to another event than the one that is asked for. */
export class IdempotencyKeyReused extends KarcisError {
  constructor(idempotencyKey: string) {
    super('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used with another input.', { idempotencyKey })
  }
}

/** Somebody has had as many invitations mailed as they may for now. */
export class TooManyInvitations extends KarcisError {
  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'You have invited many people just now. Try again later.', { retryAfterSeconds })
  }
}

/** A list that is always given whole is as long as it may be. @param what is in it, as in "categories". */
class ListFull extends KarcisError {
  constructor(what: string, limit: number) {
    super('LIMIT_EXCEEDED', `There are ${limit} ${what} already, which is the most there may be.`, {
      limit,
      remaining: 0,
    })
  }
}

/**
 * Keeps a list short enough to be given whole: who adds to it at the same time waits for this transaction, and counts after it.
 * @param list its name, and whose it is where there are several. @throws ListFull
 */
export async function requireSpace(
  tx: Tx,
  { what, list = what, limit }: { what: string; list?: string; limit: number },
  count: () => Promise<number>,
): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${list}, 0))::text`
  if ((await count()) >= limit) throw new ListFull(what, limit)
}

/** One wrong field, which only the database can know to be wrong. */
export const wrongField = (path: string, message: string) => () => new BadUserInput([{ path, message }])

/** What foreign keys say when they stand in the way of a deletion. @param what is deleted, as in "category". */
export const inUseErrors = (what: string, ...foreignKeys: string[]): ConstraintErrors =>
  Object.fromEntries(
    foreignKeys.map((name) => [name, () => new Conflict(`The ${what} is in use, so it cannot be deleted.`)]),
  )
