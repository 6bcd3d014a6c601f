import { BadUserInput, Conflict, type FieldProblem, NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from '../deps.ts'
import { publishStock } from '../live.ts'
import { requireOrganizer } from './require-organizer.ts'
import { priceFitsKind, type TicketType } from '../inventory/ticket-type.ts'
import { isSaleWindow, PRICE_RULE, ticketTypeFields, WINDOW_RULE } from './ticket-type-input.ts'
import { ticketTypesById } from '../inventory/ticket-type-store.ts'
import { type Tx, transact } from '../database.ts'

const { name, price, quota, ...nullable } = ticketTypeFields
const inputSchema = z.object({
  ...nullable,
  id: idSchema,
  name: name.nullish(),
  price: price.nullish(),
  quota: quota.nullish(),
})

type Changes = Omit<z.infer<typeof inputSchema>, 'id'>

/**
 * Changes a ticket type of an event of the viewer; what is left out stays.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (quota below what is sold and held, or of a type with seats).
 */
export async function updateTicketType(
  { deps, ...scope }: Context,
  input: unknown,
): Promise<TicketType | null> {
  requireRole(scope, 'ORGANIZER')
  const { id, ...changes } = parseInput(inputSchema, input)
  const [type] = await ticketTypesById(deps.db, [id])
  if (!type) throw new NotFound('ticket type', id)
  await requireOrganizer(deps, scope, type.eventId)
  await transact(deps.db, (tx) => update(tx, id, changes))
  publishStock(deps.news, type.eventId)
  const [updated] = await ticketTypesById(deps.db, [id])
  return updated ?? null
}

async function update(tx: Tx, id: string, changes: Changes): Promise<void> {
  // Locked, so that what is checked together is also written together.
  const locked = await tx.$queryRaw<
    unknown[]
  >`SELECT id FROM ticket_types WHERE id = ${id}::uuid FOR NO KEY UPDATE`
  const known = await tx.ticketType.findUnique({ where: { id } })
  if (!known || locked.length === 0) throw new NotFound('ticket type', id)
  const next = {
    name: changes.name ?? known.name,
    price: changes.price ?? Number(known.price),
    quota: changes.quota ?? known.quota,
    section: keep(changes.section, known.section),
    maxPerUser: keep(changes.maxPerUser, known.maxPerUser),
    saleStartsAt: keep(changes.saleStartsAt, known.saleStartsAt),
    saleEndsAt: keep(changes.saleEndsAt, known.saleEndsAt),
  }
  const problems: FieldProblem[] = []
  if (!priceFitsKind(known.kind as TicketType['kind'], next.price))
    problems.push({ path: 'input.price', message: PRICE_RULE })
  if (!isSaleWindow(next.saleStartsAt, next.saleEndsAt))
    problems.push({ path: 'input.saleEndsAt', message: WINDOW_RULE })
  if (problems.length > 0) throw new BadUserInput(problems)
  if (known.seated && next.quota !== known.quota)
    throw new Conflict('The quota of a type with seats is the number of its seats.')

  const { count } = await tx.ticketType.updateMany({
    where: { id, available: { gte: known.quota - next.quota } },
    data: { ...next, available: { increment: next.quota - known.quota }, version: { increment: 1 } },
  })
  if (count === 0) {
    const least = known.sold + known.held
    throw new Conflict(`The quota cannot go below the ${least} that are sold and held.`, { least })
  }
}

/** What was given, null included; what was not given stays. */
const keep = <T>(given: T | null | undefined, known: T | null): T | null =>
  given === undefined ? known : given
