import { mapConstraintError } from '@karcis/kit/database'
import { BadUserInput, Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { PromoInvalid } from '../errors.ts'
import { PLATFORM } from '../ledger/postings.ts'
import type { AppliedPromo, OfferedPromo, PromoCampaign, PromoCode, PromoScope, PromoTerms } from './promo.ts'

/** Whose names a code is among. */
const scopeIdOf = ({ eventId, organizerId }: PromoScope): string => eventId ?? organizerId ?? PLATFORM

type Amounts = 'amount' | 'maximumDiscount' | 'minimumSpend'
/** As the driver gives it: amounts are bigints. */
type Row<Of extends PromoTerms> = Omit<Of, Amounts> & Record<Amounts, bigint | null>

/** The tables' CHECKs keep amounts within what a number carries exactly. */
const toPromo = <Of extends PromoTerms>(row: Row<Of>): Of =>
  ({
    ...row,
    amount: numberOrNull(row.amount),
    maximumDiscount: numberOrNull(row.maximumDiscount),
    minimumSpend: Number(row.minimumSpend),
  }) as unknown as Of

const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value))

const TERMS = Prisma.sql`promo.kind, promo.percent, promo.amount, promo.free_quantity AS "freeQuantity", promo.currency,
  promo.maximum_discount AS "maximumDiscount", promo.minimum_spend AS "minimumSpend",
  promo.minimum_quantity AS "minimumQuantity", promo.ticket_type_ids AS "ticketTypeIds", promo.combinable,
  promo.starts_at AS "startsAt", promo.ends_at AS "endsAt", promo.max_uses_per_user AS "maxUsesPerUser"`

const CODE = Prisma.sql`code.id, code.promo_id AS "promoId", code.code, code.active AND promo.active AS active, code.used,
  CASE WHEN promo.name IS NOT NULL THEN promo.id END AS "campaignId", promo.event_id AS "eventId",
  promo.organizer_id AS "organizerId", coalesce(code.max_uses, promo.max_uses) AS "maxUses",
  code.created_at AS "createdAt", ${TERMS}`

const CAMPAIGN = Prisma.sql`promo.id, promo.name, promo.active, promo.used, promo.event_id AS "eventId",
  promo.organizer_id AS "organizerId", promo.max_uses AS "maxUses", promo.created_at AS "createdAt", ${TERMS},
  (SELECT count(*)::int FROM promo_codes WHERE promo_id = promo.id AND deleted_at IS NULL) AS count`

/**
 * What codes stand for at an event, for a user, at this moment: the event's own before the organizer's, and these before the platform's.
 * Those that there are none of are left out.
 */
export async function findOffered(
  db: Db | Tx,
  userId: string,
  { eventId, organizerId }: { eventId: string; organizerId: string },
  codes: readonly string[],
): Promise<OfferedPromo[]> {
  const scopes = [eventId, organizerId, PLATFORM]
  const rows = await db.$queryRaw<Row<OfferedPromo>[]>`
    SELECT DISTINCT ON (code.code) code.id AS "codeId", code.promo_id AS "promoId", code.code, ${TERMS}, promo.max_uses AS "maxUses",
      CASE WHEN NOT code.active OR NOT promo.active THEN 'INACTIVE'
        WHEN promo.starts_at > clock_timestamp() THEN 'NOT_STARTED'
        WHEN promo.ends_at <= clock_timestamp() THEN 'EXPIRED' ELSE 'OPEN' END AS phase,
      coalesce(code.used >= code.max_uses, false) OR coalesce(promo.used >= promo.max_uses, false) AS "usedUp",
      coalesce(buyer.used >= promo.max_uses_per_user, false) AS "usedUpByUser",
      least(code.max_uses - code.used, promo.max_uses - promo.used) AS "usesLeft",
      promo.max_uses_per_user - coalesce(buyer.used, 0) AS "usesLeftOfUser"
    FROM promo_codes code JOIN promos promo ON promo.id = code.promo_id
    LEFT JOIN promo_users buyer ON buyer.promo_id = promo.id AND buyer.user_id = ${userId}::uuid
    WHERE code.code = ANY(${codes}::text[]) AND code.scope_id = ANY(${scopes}::uuid[]) AND code.deleted_at IS NULL
    ORDER BY code.code, array_position(${scopes}::uuid[], code.scope_id)`
  const found = new Map(rows.map((row) => [row.code, toPromo(row)]))
  return codes.flatMap((code) => found.get(code) ?? [])
}

/**
 * Takes a use of each promotion for a booking, in the transaction that writes it. The counts' CHECKs decide who is given the last one.
 * @throws PromoInvalid when somebody else was, or this user has had theirs.
 */
export async function insertUses(
  tx: Tx,
  { id, userId }: { id: string; userId: string },
  applied: readonly AppliedPromo[],
): Promise<void> {
  // In the order in which a booking gives them back.
  for (const promo of applied.toSorted((a, b) => (a.promoId < b.promoId ? -1 : 1))) {
    const usedUp = () => new PromoInvalid(promo.code, 'USED_UP')
    await tx.$executeRaw`INSERT INTO promo_uses (booking_id, code_id, promo_id, user_id, discount)
      VALUES (${id}::uuid, ${promo.codeId}::uuid, ${promo.promoId}::uuid, ${userId}::uuid, ${promo.discount}::bigint)`.catch(
      (error: unknown) =>
        mapConstraintError(error, {
          promos_used_check: usedUp,
          promo_codes_used_check: usedUp,
          promo_users_used_check: () => new PromoInvalid(promo.code, 'USER_LIMIT'),
        }),
    )
  }
}

/** A code that made a booking cheaper, and by how much. */
export interface UsedPromo {
  code: string
  discount: number
}

/** What made bookings cheaper, by booking id. */
export async function findUsedPromos(
  db: Db | Tx,
  bookingIds: readonly string[],
): Promise<Map<string, UsedPromo[]>> {
  const rows = await db.$queryRaw<{ bookingId: string; code: string; discount: bigint }[]>`
    SELECT booking_id AS "bookingId", code, discount FROM promo_uses JOIN promo_codes ON promo_codes.id = code_id
    WHERE booking_id = ANY(${bookingIds}::uuid[]) ORDER BY code`
  const groups = Map.groupBy(rows, (row) => row.bookingId)
  return new Map(
    [...groups].map(([id, uses]) => [
      id,
      uses.map(({ code, discount }) => ({ code, discount: Number(discount) })),
    ]),
  )
}

/** A code that is not deleted; null when there is none. */
export async function findPromoCode(db: Db | Tx, id: string): Promise<PromoCode | null> {
  const [row] = await db.$queryRaw<Row<PromoCode>[]>`SELECT ${CODE}
    FROM promo_codes code JOIN promos promo ON promo.id = code.promo_id
    WHERE code.id = ${id}::uuid AND code.deleted_at IS NULL`
  return row ? toPromo(row) : null
}

export async function findCampaign(db: Db | Tx, id: string): Promise<PromoCampaign | null> {
  const [row] = await db.$queryRaw<Row<PromoCampaign>[]>`
    SELECT ${CAMPAIGN} FROM promos promo WHERE promo.id = ${id}::uuid AND promo.name IS NOT NULL`
  return row ? toPromo(row) : null
}

const CODES = newestFirst<PromoCode>('promo-codes', Prisma.sql`code.id`)
const CAMPAIGNS = newestFirst<PromoCampaign>('promo-campaigns', Prisma.sql`promo.id`)

/** The single codes of a scope, or all of a campaign, newest first. @throws BadUserInput for a wrong page. */
export function listPromoCodes(
  db: Db,
  of: PromoScope | { campaignId: string },
  args: PageArgs,
): Promise<Connection<PromoCode>> {
  const wanted =
    'campaignId' in of
      ? Prisma.sql`code.promo_id = ${of.campaignId}::uuid AND code.deleted_at IS NULL`
      : Prisma.sql`code.scope_id = ${scopeIdOf(of)}::uuid AND code.deleted_at IS NULL AND promo.name IS NULL`
  const from = Prisma.sql`FROM promo_codes code JOIN promos promo ON promo.id = code.promo_id WHERE ${wanted}`
  return CODES.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<Row<PromoCode>[]>`SELECT ${CODE} ${from} AND ${where} ${tail}`
      return rows.map((row) => toPromo(row))
    },
    count: () => countRows(db, from),
  })
}

/** The campaigns of a scope, newest first. @throws BadUserInput for a wrong page. */
export function listCampaigns(
  db: Db,
  { eventId, organizerId }: PromoScope,
  args: PageArgs,
): Promise<Connection<PromoCampaign>> {
  const from = Prisma.sql`FROM promos promo WHERE promo.name IS NOT NULL
    AND promo.event_id IS NOT DISTINCT FROM ${eventId}::uuid AND promo.organizer_id IS NOT DISTINCT FROM ${organizerId}::uuid`
  return CAMPAIGNS.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<Row<PromoCampaign>[]>`SELECT ${CAMPAIGN} ${from} AND ${where} ${tail}`
      return rows.map((row) => toPromo(row))
    },
    count: () => countRows(db, from),
  })
}

async function countRows(db: Db, from: Prisma.Sql): Promise<number> {
  const [row] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n ${from}`
  return row?.n ?? 0
}

/** What codes have brought, in one currency. */
export interface PromoResult {
  currency: string
  /** Bookings that wait for payment. */
  pending: number
  /** Bookings that were paid, refunded ones among them. */
  paid: number
  /** What was taken off those, and what they brought less refunds, in the smallest unit of `currency`. */
  discount: number
  sales: number
}

/** What has come of codes, or of promotions, by their id. */
export async function findResults(
  db: Db,
  by: 'code_id' | 'promo_id',
  ids: readonly string[],
): Promise<Map<string, PromoResult[]>> {
  const rows = await db.$queryRaw<
    { id: string; currency: string; pending: number; paid: number; discount: bigint; sales: bigint }[]
  >`SELECT use.${Prisma.raw(by)} AS id, booking.currency,
      count(*) FILTER (WHERE booking.status = 'PENDING')::int AS pending,
      count(*) FILTER (WHERE booking.status <> 'PENDING')::int AS paid,
      coalesce(sum(use.discount) FILTER (WHERE booking.status <> 'PENDING'), 0)::bigint AS discount,
      coalesce(sum(booking.total_price - booking.refunded_amount) FILTER (WHERE booking.status <> 'PENDING'), 0)::bigint AS sales
    FROM promo_uses use JOIN bookings booking ON booking.id = use.booking_id
    WHERE use.${Prisma.raw(by)} = ANY(${ids}::uuid[]) AND use.given_back_at IS NULL
    GROUP BY use.${Prisma.raw(by)}, booking.currency ORDER BY booking.currency`
  const groups = Map.groupBy(rows, (row) => row.id)
  return new Map(
    [...groups].map(([id, results]) => [
      id,
      results.map(({ id: _, discount, sales, ...result }) => ({
        ...result,
        discount: Number(discount),
        sales: Number(sales),
      })),
    ]),
  )
}

const CODE_TAKEN = { promo_codes_one_per_scope: () => new Conflict('This promo code is taken here already.') }

const FEWER_THAN_USED = {
  promos_used_check: () =>
    new BadUserInput([{ path: 'input.maxUses', message: 'must not be less than it has been used' }]),
}

/** A promotion that is to be written. */
export interface NewPromo extends PromoTerms, PromoScope {
  id: string
  /** Of a campaign. */
  name: string | null
  createdBy: string
}

/**
 * Writes a promotion with its codes.
 * @param codes normalized; each good for one booking where the promotion is a campaign's. @throws Conflict when one is taken.
 */
export async function insertPromo(tx: Tx, promo: NewPromo, codes: readonly string[]): Promise<string[]> {
  await tx.promo.create({ data: { ...promo, ticketTypeIds: [...promo.ticketTypeIds] } })
  const ids = codes.map(() => newId())
  await tx.$executeRaw`INSERT INTO promo_codes (id, promo_id, scope_id, code, max_uses)
    SELECT id, ${promo.id}::uuid, ${scopeIdOf(promo)}::uuid, code, ${promo.name === null ? null : 1}::int
    FROM unnest(${ids}::uuid[], ${[...codes]}::text[]) AS made (id, code)`.catch((error: unknown) =>
    mapConstraintError(error, CODE_TAKEN),
  )
  return ids
}

/** Locks a promotion until the transaction ends. */
export async function lockPromo(tx: Tx, promoId: string): Promise<void> {
  await tx.$queryRaw`SELECT true FROM promos WHERE id = ${promoId}::uuid FOR UPDATE`
}

/** Writes changed terms. @throws BadUserInput when it has been used more often than it now may. */
export async function updatePromo(
  tx: Tx,
  promoId: string,
  change: PromoTerms & { name?: string; active?: boolean },
): Promise<void> {
  const data = { ...change, ticketTypeIds: [...change.ticketTypeIds], updatedAt: new Date() }
  await tx.promo
    .update({ where: { id: promoId }, data })
    .catch((error: unknown) => mapConstraintError(error, FEWER_THAN_USED))
}

/** Switches a code on or off. */
export async function updateCode(tx: Tx, id: string, active: boolean): Promise<void> {
  await tx.promoCode.update({ where: { id }, data: { active } })
}

/** Takes a code away; bookings that hold it keep what it gave them. @returns whether it was there until now. */
export async function deleteCode(tx: Tx, id: string): Promise<boolean> {
  const gone =
    await tx.$executeRaw`UPDATE promo_codes SET deleted_at = now() WHERE id = ${id}::uuid AND deleted_at IS NULL`
  return gone === 1
}
