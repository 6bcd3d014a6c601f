import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, type FieldProblem, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { moneySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { expireHolds } from '../allocation/hold-ender.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { requireOwnEvent } from '../events/event-copy.ts'
import { currencyOfTicketTypes, requireChargeable } from './currency.ts'
import { priceFitsKind, type TicketKind, type TicketType } from '../inventory/ticket-type.ts'
import {
  deleteUnusedTicketType,
  findTicketType,
  insertTicketType,
  lockTicketType,
  type TicketTypeTerms,
  updateTicketTypeTerms,
} from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'

const MAX_QUOTA = 10_000_000
const count = z.number().int().min(1, 'must be at least 1').max(MAX_QUOTA, `must be at most ${MAX_QUOTA}`)
const optionalFields = {
  saleStartsAt: z.date().nullish(),
  saleEndsAt: z.date().nullish(),
  maxPerUser: count.nullish(),
  section: nameSchema().nullish(),
}

const createSchema = z
  .object({
    name: nameSchema(),
    quota: count,
    ...optionalFields,
    eventId: idSchema,
    kind: z.enum(['FREE', 'PAID', 'DONATION']),
    price: moneySchema.nullish().transform((price) => price ?? 0),
  })
  .superRefine(({ kind, price, saleStartsAt = null, saleEndsAt = null }, context) => {
    for (const { path, message } of termsProblems(kind, { price, saleStartsAt, saleEndsAt }))
      context.addIssue({ code: 'custom', path: [path], message })
  })

/**
 * Adds a ticket type to an event of the viewer's, priced in the event's currency.
 * @throws Forbidden, NotFound, BadUserInput (also: nothing can charge the event's currency), EventNotBookable (cancelled or over),
 *   ServiceUnavailable.
 */
export async function createTicketType(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<TicketType | null> {
  requireRole({ viewer }, 'ORGANIZER')
  const { eventId, saleStartsAt, saleEndsAt, maxPerUser, section, ...given } = parseInput(createSchema, input)
  const { status, over } = await requireOwnEvent(deps, viewer, eventId)
  if (status === 'CANCELLED' || over) throw new EventNotBookable(eventId)
  const currency = await currencyOfTicketTypes(deps, eventId)
  if (given.kind !== 'FREE') await requireChargeable(deps, currency)
  const id = newId()
  await transaction(deps.db, (tx) =>
    insertTicketType(tx, {
      ...given,
      id,
      eventId,
      currency,
      saleStartsAt: saleStartsAt ?? null,
      saleEndsAt: saleEndsAt ?? null,
      maxPerUser: maxPerUser ?? null,
      section: section ?? null,
    }),
  )
  publishStock(deps.live, eventId)
  return findTicketType(deps.db, id)
}

const updateSchema = z.object({
  ...optionalFields,
  id: idSchema,
  name: nameSchema().nullish(),
  price: moneySchema.nullish(),
  quota: count.nullish(),
})

type Changes = Omit<z.infer<typeof updateSchema>, 'id'>

/**
 * Changes a ticket type of an event of the viewer's; what is left out stays.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (quota below what is sold and held, or of a type with seats).
 */
export async function updateTicketType(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<TicketType | null> {
  requireRole({ viewer }, 'ORGANIZER')
  const { id, ...changes } = parseInput(updateSchema, input)
  const { eventId } = await requireOwnType(deps, viewer, id)
  await transaction(deps.db, (tx) => update(tx, id, changes))
  publishStock(deps.live, eventId)
  return findTicketType(deps.db, id)
}

async function update(tx: Tx, id: string, changes: Changes): Promise<void> {
  const locked = await lockTicketType(tx, id)
  if (!locked) throw new NotFound('ticket type', id)
  const terms: TicketTypeTerms = {
    name: changes.name ?? locked.name,
    price: changes.price ?? locked.price,
    quota: changes.quota ?? locked.quota,
    section: changed(changes.section, locked.section),
    maxPerUser: changed(changes.maxPerUser, locked.maxPerUser),
    saleStartsAt: changed(changes.saleStartsAt, locked.saleStartsAt),
    saleEndsAt: changed(changes.saleEndsAt, locked.saleEndsAt),
  }
  const problems = termsProblems(locked.kind, terms)
  if (problems.length > 0)
    throw new BadUserInput(problems.map(({ path, message }) => ({ path: `input.${path}`, message })))
  if (locked.seated && terms.quota !== locked.quota)
    throw new Conflict('The quota of a type with seats is the number of its seats.')
  if (!(await updateTicketTypeTerms(tx, id, locked, terms))) {
    const least = locked.sold + locked.held
    throw new Conflict(`The quota cannot go below the ${least} that are sold and held.`, { least })
  }
}

/** What was given, null included; what was not given stays. */
const changed = <T>(given: T | null | undefined, known: T | null): T | null =>
  given === undefined ? known : given

/**
 * Removes a ticket type of an event of the viewer's, and gives what it was.
 * @throws Forbidden, NotFound, Conflict (something is or was sold, is held, or it has seats).
 */
export async function deleteTicketType(deps: Deps, viewer: Viewer, id: string): Promise<TicketType> {
  requireRole({ viewer }, 'ORGANIZER')
  const type = await requireOwnType(deps, viewer, parseInput(idSchema, id, 'id'))
  const { eventId, sold, held } = type
  await expireHolds(deps, { eventId, ticketTypeIds: [type.id] })
  const deleted = await transaction(deps.db, (tx) => deleteUnusedTicketType(tx, type))
  if (!deleted) throw new Conflict('Some of this type are sold or held.', { sold, held })
  publishStock(deps.live, eventId)
  return type
}

/** A ticket type of an event that the viewer organizes. @throws Forbidden, NotFound. */
async function requireOwnType(deps: Deps, viewer: Viewer, id: string): Promise<TicketType> {
  const type = await findTicketType(deps.db, id)
  if (!type) throw new NotFound('ticket type', id)
  await requireOwnEvent(deps, viewer, type.eventId)
  return type
}

/** What is wrong with terms that are well-formed one by one. A negative price has been reported before. */
function termsProblems(
  kind: TicketKind,
  { price, saleStartsAt, saleEndsAt }: Pick<TicketTypeTerms, 'price' | 'saleStartsAt' | 'saleEndsAt'>,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (price >= 0 && !priceFitsKind(kind, price))
    problems.push({ path: 'price', message: 'must be 0 for FREE and above 0 for PAID' })
  if (saleStartsAt && saleEndsAt && saleEndsAt <= saleStartsAt)
    problems.push({ path: 'saleEndsAt', message: 'must be after saleStartsAt' })
  return problems
}
