import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { currencySchema, idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { databaseNow, type Tx } from './database.ts'
import type { Event, Plan } from './event.ts'
import { announce } from './event-live.ts'
import {
  changeEvent,
  findPendingChanges,
  lockEvent,
  planColumns,
  putPendingChanges,
  takePendingChanges,
} from './event-store.ts'
import { storableText } from './input.ts'
import { keptEvent } from './kept-event.ts'
import { mergePlan, planFields, planProblems, requireUsableVenue, samePlan } from './plan.ts'
import { holdRoom, releaseRoom, scheduleTransaction } from './room-bookings.ts'

const schema = z.object({
  ...planFields,
  id: idSchema,
  version: z.number().int().nullish(),
  title: nameSchema(160).optional(),
  description: storableText(10_000).nullish(),
  categoryId: idSchema.optional(),
  seriesId: idSchema.nullish(),
  currency: currencySchema.optional(),
})

type Changes = z.infer<typeof schema>

/**
 * Changes what is given. The plan (time, place, room) of an approved event changes only after review; until then the new plan waits
 * beside the one in force, and holds its room too.
 * @throws NotFound, Forbidden, RoomNotAvailable; Conflict when the event is in no state for it or changed since `version`.
 */
export async function updateEvent(ctx: Context, input: unknown): Promise<Event> {
  const changes = parseInput(schema, input)
  await keptEvent(ctx, changes.id)
  const event = await scheduleTransaction(ctx.deps.db, async (tx) => {
    const before = await lockEvent(tx, changes.id)
    if (!before) throw new NotFound('event', changes.id)
    requireChangeable(before, changes)
    const planSet = touchesPlan(changes) ? await replan(ctx, tx, before, changes) : Prisma.empty
    const after = await changeEvent(tx, before.id, Prisma.sql`${detailColumns(changes)}${planSet}`)
    if (!after) throw new NotFound('event', changes.id)
    return after
  })
  return announce(ctx, event)
}

function requireChangeable(event: Event, changes: Changes): void {
  if (changes.version != null && changes.version !== event.version) {
    throw new Conflict('The event has changed meanwhile.', { version: event.version })
  }
  if (event.status === 'CANCELLED') throw new Conflict('The event is cancelled.')
  if (event.approvedAt && changes.currency && changes.currency !== event.currency) {
    throw new Conflict('The currency of an event that was approved stays: tickets may be sold in it.')
  }
  if (event.status === 'APPROVED' && event.over && touchesPlan(changes))
    throw new Conflict('The event is over.')
}

/** Moves the event, or asks to. @returns assignments that belong to the event itself, led by a comma. */
async function replan(ctx: Context, tx: Tx, event: Event, changes: Changes): Promise<Prisma.Sql> {
  const approved = event.status === 'APPROVED'
  const [waiting] = approved ? await findPendingChanges(tx, [event.id]) : []
  const base = waiting ?? event
  const plan = mergePlan(base, changes)
  const problems = planProblems(plan, await databaseNow(tx), base)
  if (problems.length > 0) throw new BadUserInput(problems)
  if (plan.venueId !== event.venueId) await requireUsableVenue(ctx, plan.venueId)

  if (!approved) {
    // A rejected event or a draft holds no room until it is submitted.
    if (event.status === 'PENDING') await holdRoom(tx, event.id, plan, 'CURRENT')
    return Prisma.sql`, ${planColumns(plan)}`
  }
  if (samePlan(plan, event)) {
    await takePendingChanges(tx, event.id)
    await releaseRoom(tx, event.id, 'PENDING')
  } else {
    await putPendingChanges(tx, event.id, plan)
    await holdRoom(tx, event.id, plan, 'PENDING')
  }
  return Prisma.empty
}

const PLAN_KEYS = Object.keys(planFields) as (keyof Plan)[]

const touchesPlan = (changes: Changes): boolean => PLAN_KEYS.some((key) => changes[key] !== undefined)

function detailColumns({ title, description, categoryId, seriesId, currency }: Changes): Prisma.Sql {
  return Prisma.sql`title = COALESCE(${title ?? null}, e.title),
    description = ${description === undefined ? Prisma.sql`e.description` : Prisma.sql`${description ?? ''}`},
    category_id = COALESCE(${categoryId ?? null}::uuid, e.category_id),
    series_id = ${seriesId === undefined ? Prisma.sql`e.series_id` : Prisma.sql`${seriesId}::uuid`},
    currency = COALESCE(${currency ?? null}, e.currency)`
}
