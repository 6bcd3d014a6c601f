import { Conflict, NotFound } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type Tx, transaction } from './database.ts'
import type { Event } from './event.ts'
import { announce } from './event-live.ts'
import { changeEvent, lockEvent, planColumns, takePendingChanges } from './event-store.ts'
import { isId, storableText } from './input.ts'
import { promoteRoom, releaseRoom } from './room-bookings.ts'

const schema = z
  .object({
    decision: z.enum(['APPROVED', 'REJECTED']),
    message: storableText(2000).nullish(),
    version: z.number().int().nullish(),
  })
  .refine((input) => input.decision === 'APPROVED' || input.message, {
    path: ['message'],
    message: 'is needed for a rejection',
  })

type Review = z.infer<typeof schema>

/**
 * Decides on a pending event, or on the pending changes of an approved one. Of several reviewers one decides.
 * @throws NotFound; Conflict when nothing waits for review, or the event has changed since `version`.
 */
export async function reviewEvent(ctx: Context, id: string, input: unknown): Promise<Event> {
  requireRole(ctx, 'ADMIN')
  const review = parseInput(schema, input)
  const event = await transaction(ctx.deps.db, async (tx) => {
    if (!isId(id) || !(await lockEvent(tx, id))) throw new NotFound('event', id)
    const reviewed = (await reviewWhole(tx, id, review)) ?? (await reviewChanges(tx, id, review))
    if (!reviewed)
      throw new Conflict('Nothing waits for review here: it was decided, changed meanwhile, or is over.')
    return reviewed
  })
  return announce(ctx, event)
}

/** A review counts once, for what was looked at, and approves nothing that is over. */
const stillDue = ({ decision, version }: Review, endsAt: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`(${version ?? null}::int IS NULL OR e.version = ${version ?? null}::int)
    AND (${decision} = 'REJECTED' OR ${endsAt} > now())`

async function reviewWhole(tx: Tx, id: string, review: Review): Promise<Event | null> {
  const event = await changeEvent(
    tx,
    id,
    Prisma.sql`status = ${review.decision}::event_status, message = ${review.message ?? null},
      approved_at = CASE WHEN ${review.decision} = 'APPROVED' THEN COALESCE(e.approved_at, now()) ELSE e.approved_at END`,
    Prisma.sql`e.status = 'PENDING' AND ${stillDue(review, Prisma.sql`e.ends_at`)}`,
  )
  if (event?.status === 'REJECTED') await releaseRoom(tx, id, 'CURRENT')
  return event
}

async function reviewChanges(tx: Tx, id: string, review: Review): Promise<Event | null> {
  const changes = await takePendingChanges(tx, id)
  if (!changes) return null
  const approved = review.decision === 'APPROVED'
  const event = await changeEvent(
    tx,
    id,
    Prisma.sql`message = ${review.message ?? null}${approved ? Prisma.sql`, ${planColumns(changes)}` : Prisma.empty}`,
    Prisma.sql`e.status = 'APPROVED' AND ${stillDue(review, Prisma.sql`${changes.endsAt}::timestamptz`)}`,
  )
  if (!event) return null
  if (approved) await promoteRoom(tx, id)
  else await releaseRoom(tx, id, 'PENDING')
  return event
}
