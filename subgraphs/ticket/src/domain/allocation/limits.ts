import { AGAIN } from '@karcis/kit/group-commit'
import type { Db, Tx } from '../database.ts'
import { LimitExceeded, type LimitFacts } from '../errors.ts'
import { MAX_PLACES_PER_HOLD } from './hold.ts'
import { type ExpiryDeps, expireHolds } from './hold-ender.ts'

/** What it takes to hold somebody to their limits. */
export interface LimitDeps extends ExpiryDeps {
  settings: { MAX_OPEN_PLACES: number }
}

/** A limit of what one user may have: of a ticket type (its maxPerUser), or of an event's places that are held but not paid for. */
export interface UserLimit {
  userId: string
  /** Null for the open places of the event. */
  ticketTypeId: string | null
}

/** A request that would go over a limit; whoever made it is told how far (`answerOverLimits`). */
export class OverLimit extends Error implements UserLimit {
  readonly userId: string
  readonly ticketTypeId: string | null
  constructor({ userId, ticketTypeId }: UserLimit) {
    super('over a limit')
    this.userId = userId
    this.ticketTypeId = ticketTypeId
  }
}

const exceeded = (ticketTypeId: string | null, facts: LimitFacts): LimitExceeded => {
  const held = `One person can have at most ${facts.limit} places of an event held or waiting for payment.`
  const had = `One person can have at most ${facts.limit} of this ticket type, held ones included.`
  return new LimitExceeded(ticketTypeId === null ? held : had, facts)
}

/**
 * What becomes of requests of one event that went over a limit. What a hold past its time still covers counts for nobody: where
 * there was some, those requests are served AGAIN.
 */
export async function answerOverLimits(
  deps: LimitDeps,
  eventId: string,
  over: readonly OverLimit[],
): Promise<(LimitExceeded | typeof AGAIN)[]> {
  if (over.length === 0) return []
  const userIds = [...new Set(over.map(({ userId }) => userId))]
  if ((await expireHolds(deps, { eventId, userIds })) > 0) return over.map(() => AGAIN)
  const facts = await findLimitFacts(deps, eventId, over)
  return over.map(({ ticketTypeId }, at) => exceeded(ticketTypeId, facts[at] as LimitFacts))
}

/** Whether a user may hold so many of types of one event, as far as their limits go. @throws LimitExceeded. */
export async function requireWithinLimits(
  deps: LimitDeps,
  { eventId, userId }: { eventId: string; userId: string },
  wanted: readonly { ticketTypeId: string; quantity: number }[],
): Promise<void> {
  const total = wanted.reduce((sum, { quantity }) => sum + quantity, 0)
  const limits = [{ ticketTypeId: null, quantity: total }, ...wanted].map((each) => ({ ...each, userId }))
  const facts = await findLimitFacts(deps, eventId, limits)
  const over = limits.filter(({ quantity }, at) => quantity > (facts[at]?.remaining ?? 0))
  const [first] = await answerOverLimits(
    deps,
    eventId,
    over.map((limit) => new OverLimit(limit)),
  )
  if (first === AGAIN) await requireWithinLimits(deps, { eventId, userId }, wanted)
  else if (first) throw first
}

/** @throws LimitExceeded over what one hold may keep. */
export async function requirePlacesOfOneHold(
  deps: LimitDeps,
  { eventId, userId }: { eventId: string; userId: string },
  quantity: number,
): Promise<void> {
  if (quantity <= MAX_PLACES_PER_HOLD) return
  const [facts] = await findLimitFacts(deps, eventId, [{ userId, ticketTypeId: null }])
  const { limit, remaining, holdIds } = facts ?? { limit: MAX_PLACES_PER_HOLD, remaining: 0, holdIds: [] }
  throw new LimitExceeded(`One hold keeps at most ${MAX_PLACES_PER_HOLD} places.`, {
    limit: Math.min(limit, MAX_PLACES_PER_HOLD),
    remaining: Math.min(remaining, MAX_PLACES_PER_HOLD),
    holdIds,
  })
}

/**
 * Whether so many places are no more than one person may have of an event, or of a ticket type, whatever they have now.
 * @throws LimitExceeded.
 */
export async function requireMostOfOnePerson(
  deps: LimitDeps,
  { eventId, userId }: { eventId: string; userId: string },
  { ticketTypeId, quantity }: { ticketTypeId: string; quantity: number },
): Promise<void> {
  const limits = [
    { userId, ticketTypeId: null },
    { userId, ticketTypeId },
  ]
  const facts = await findLimitFacts(deps, eventId, limits)
  for (const [at, fact] of facts.entries())
    if (quantity > fact.limit) throw exceeded(limits[at]?.ticketTypeId ?? null, fact)
}

/** How far limits of one event are used up, in the order given. A type without a limit has everything left. */
async function findLimitFacts(
  { db, settings }: { db: Db | Tx; settings: { MAX_OPEN_PLACES: number } },
  eventId: string,
  limits: readonly UserLimit[],
): Promise<LimitFacts[]> {
  const rows = await db.$queryRaw<{ most: number | null; taken: number; hold_ids: string[] }[]>`
    SELECT CASE WHEN w.type_id IS NULL THEN coalesce(e.max_open_places, ${settings.MAX_OPEN_PLACES}::int) ELSE t.max_per_user END AS most,
      coalesce(CASE WHEN w.type_id IS NULL THEN o.taken ELSE a.taken END, 0) AS taken,
      ARRAY(SELECT h.id::text FROM holds h WHERE h.user_id = w.user_id AND h.event_id = ${eventId}::uuid AND h.status = 'ACTIVE'
        AND (w.type_id IS NULL OR EXISTS (SELECT FROM hold_items i WHERE i.hold_id = h.id AND i.ticket_type_id = w.type_id))
        ORDER BY h.id) AS hold_ids
    FROM unnest(${limits.map(({ userId }) => userId)}::uuid[], ${limits.map(({ ticketTypeId }) => ticketTypeId)}::uuid[])
      WITH ORDINALITY AS w(user_id, type_id, n)
    LEFT JOIN event_copies e ON e.id = ${eventId}::uuid
    LEFT JOIN open_places o ON o.user_id = w.user_id AND o.event_id = ${eventId}::uuid
    LEFT JOIN ticket_types t ON t.id = w.type_id
    LEFT JOIN allowances a ON a.user_id = w.user_id AND a.ticket_type_id = w.type_id
    ORDER BY w.n`
  return rows.map(({ most, taken, hold_ids: holdIds }) => {
    const limit = most ?? Number.MAX_SAFE_INTEGER
    return { limit, remaining: Math.max(0, limit - taken), holdIds }
  })
}
