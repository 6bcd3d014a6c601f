import { type ReadById, readById } from '@karcis/kit/batch-loader'
import type { Contact } from '@karcis/kit/contracts/attendees'
import { mapConstraintError } from '@karcis/kit/database'
import { type Connection, idPage, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { EmailTaken } from '../errors.ts'

const FIELDS = {
  id: true,
  email: true,
  guestEmail: true,
  guestBoughtAt: true,
  name: true,
  phoneNumber: true,
  address: true,
  avatarUrl: true,
  role: true,
  emailVerifiedAt: true,
  suspendedAt: true,
  suspensionReason: true,
  deletedAt: true,
  createdAt: true,
  language: true,
  timezone: true,
} satisfies Prisma.UserSelect

/** A person's account, without its password. */
export type Account = Prisma.UserGetPayload<{ select: typeof FIELDS }>

export type Role = Account['role']

export type Language = Account['language']

/** Several accounts at once; ids that are no account's are left out. */
const findAccounts = (db: Reads, ids: string[]): PromiseLike<Account[]> =>
  db.$queryRaw`SELECT id, email, guest_email AS "guestEmail", guest_bought_at AS "guestBoughtAt", name, phone_number AS "phoneNumber", address,
      avatar_url AS "avatarUrl", role, email_verified_at AS "emailVerifiedAt", suspended_at AS "suspendedAt",
      suspension_reason AS "suspensionReason", deleted_at AS "deletedAt", created_at AS "createdAt",
      language, timezone
    FROM users WHERE id = ANY(${ids}::uuid[])`

/** An account by id, in one query with all that this process is asked for at the same time; null when there is none. */
export type AccountById = ReadById<Account>

/** @param deps asked at each query. */
export const createAccountById = (deps: () => { reads: Reads }): AccountById =>
  readById((ids) => findAccounts(deps().reads, ids))

/** The account with this (normalized) address. */
export const findAccountByEmail = (db: Db | Tx, email: string): Promise<Account | null> =>
  db.user.findUnique({ where: { email }, select: FIELDS })

/** The accounts with these (normalized) addresses, by address. */
export async function findAccountsByEmail(
  db: Db | Tx,
  emails: readonly string[],
): Promise<ReadonlyMap<string, Account>> {
  const accounts = await db.user.findMany({ where: { email: { in: [...new Set(emails)] } }, select: FIELDS })
  return new Map(accounts.flatMap((account) => (account.email === null ? [] : [[account.email, account]])))
}

const UNCLAIMED = Prisma.sql`(guest_bought_at IS NOT NULL AND (guest_claimed_at IS NULL OR guest_claimed_at < guest_bought_at))`

/** Guests with this (normalized) address who have bought something that nobody has claimed, or may still pay for what they booked, the latest first. */
export const findUnclaimedGuests = (
  tx: Tx,
  email: string,
  most: number,
): Promise<{ id: string; name: string }[]> =>
  tx.$queryRaw`SELECT id, name FROM users WHERE guest_email = ${email} AND (${UNCLAIMED} OR guest_pays_until > now())
    ORDER BY greatest(guest_bought_at, guest_pays_until) DESC LIMIT ${most}::int`

/** Whether a guest has something that was paid for and that nobody has claimed. */
export async function hasUnclaimed(tx: Tx, id: string): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT true FROM users WHERE id = ${id}::uuid AND ${UNCLAIMED}`
  return found.length > 0
}

/** Guests whose tickets were moved into an account. */
export const findGuestsOf = (tx: Tx, userId: string): Promise<{ id: string }[]> =>
  tx.$queryRaw`SELECT id FROM users WHERE guest_claimed_by = ${userId}::uuid ORDER BY id FOR UPDATE`

/** Notes that a guest has something that was paid for. @returns who, if nothing else of theirs is there to be claimed; null for anybody else. */
export async function updateGuestBought(tx: Tx, id: string): Promise<{ email: string; name: string } | null> {
  const [guest] = await tx.$queryRaw<
    { email: string; name: string }[]
  >`UPDATE users SET guest_bought_at = now()
    WHERE id = ${id}::uuid AND role = 'GUEST' AND (guest_bought_at IS NULL OR guest_bought_at <= guest_claimed_at) RETURNING guest_email AS email, name`
  return guest ?? null
}

/** Notes until when something that a guest has booked may still be paid for. @returns who; null for anybody else. */
export async function updateGuestPaysUntil(
  tx: Tx,
  id: string,
  until: Date,
): Promise<{ email: string; name: string } | null> {
  const [guest] = await tx.$queryRaw<{ email: string; name: string }[]>`UPDATE users
    SET guest_pays_until = greatest(guest_pays_until, ${until}::timestamptz)
    WHERE id = ${id}::uuid AND role = 'GUEST' RETURNING guest_email AS email, name`
  return guest ?? null
}

/** Whether something that a guest has booked may still be paid for, by the database's clock. */
export async function mayGuestPay(tx: Tx, id: string): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT true FROM users
    WHERE id = ${id}::uuid AND guest_pays_until > now()`
  return found.length > 0
}

/** Whether somebody has been a guest for longer than so many hours, and has nothing that may still be paid for, by the database's clock. */
export async function isGuestTooLong(tx: Tx, id: string, hours: number): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT true FROM users
    WHERE id = ${id}::uuid AND role = 'GUEST' AND created_at <= now() - make_interval(hours => ${hours}::int)
      AND (guest_pays_until IS NULL OR guest_pays_until <= now())`
  return found.length > 0
}

/** Guests who came so many days ago, have bought nothing and may not still pay for anything, the oldest first. */
export const listGuestsToForget = (db: Db, days: number, most: number): Promise<{ id: string }[]> =>
  db.$queryRaw`SELECT id FROM users WHERE role = 'GUEST' AND guest_bought_at IS NULL
    AND created_at < now() - make_interval(days => ${days}::int) AND (guest_pays_until IS NULL OR guest_pays_until <= now())
    ORDER BY created_at LIMIT ${most}::int`

/** Names and addresses of accounts that are not erased; with a search, of those whose name or address contains it. */
export function findContacts(db: Db, ids: readonly string[], search: string | null): Promise<Contact[]> {
  const looked = search === null ? null : `%${literally(search)}%`
  return db.$queryRaw`SELECT id, name, coalesce(email, guest_email) AS email FROM users WHERE id = ANY(${ids}::uuid[]) AND deleted_at IS NULL
    AND ${looked ? Prisma.sql`(name ILIKE ${looked} OR email ILIKE ${looked} OR guest_email ILIKE ${looked})` : Prisma.sql`TRUE`}`
}

/** What a password is checked against. */
export interface Credentials {
  id: string
  email: string
  passwordHash: string
}

/** By id or by (normalized) address; null for erased accounts, and for those that have no password. */
export async function findCredentials(
  db: Db | Tx,
  where: { id: string } | { email: string },
): Promise<Credentials | null> {
  const found = await db.user.findUnique({ where, select: { id: true, email: true, passwordHash: true } })
  return found?.email && found.passwordHash
    ? { id: found.id, email: found.email, passwordHash: found.passwordHash }
    : null
}

/** Whether an account with exactly this address (normalized), name, number and address was made so many minutes ago at most. */
export async function isJustSignedUp(
  db: Db,
  {
    email,
    name,
    phoneNumber,
    address,
  }: { email: string } & Pick<Account, 'name' | 'phoneNumber' | 'address'>,
  minutes: number,
): Promise<boolean> {
  const found = await db.$queryRaw<unknown[]>`SELECT true FROM users
    WHERE email = ${email} AND created_at > now() - make_interval(mins => ${minutes}::int) AND name = ${name}
      AND phone_number IS NOT DISTINCT FROM ${phoneNumber} AND address IS NOT DISTINCT FROM ${address}`
  return found.length > 0
}

/** An account that stays as it is until the transaction ends. */
export type LockedAccount = Account & { passwordHash: string | null }

/**
 * Locks an account against suspension, erasure, and changes of role or password; others may lock it likewise.
 * Whoever also locks sessions or proposals of a person locks the person first, so that no two wait for each other.
 * @returns null when there is none, or it is erased.
 */
export async function lockAccountShared(tx: Tx, id: string): Promise<LockedAccount | null> {
  await tx.$queryRaw`SELECT id FROM users WHERE id = ${id}::uuid FOR SHARE`
  return readLocked(tx, id)
}

/** As `lockAccountShared`, for a transaction that is going to change the account: nobody else locks it meanwhile. */
export async function lockAccount(tx: Tx, id: string): Promise<LockedAccount | null> {
  await tx.$queryRaw`SELECT id FROM users WHERE id = ${id}::uuid FOR UPDATE`
  return readLocked(tx, id)
}

const readLocked = (tx: Tx, id: string): Promise<LockedAccount | null> =>
  tx.user.findUnique({ where: { id, deletedAt: null }, select: { ...FIELDS, passwordHash: true } })

/**
 * Locks an account together with every admin who can act, in id order, so that two admins who take each other's rights
 * at once do it one after the other.
 * @returns the account, null when there is none or it is erased; and whether an admin other than it can act.
 */
export async function lockAmongAdmins(
  tx: Tx,
  id: string,
): Promise<{ account: Account | null; anotherAdmin: boolean }> {
  const admins = await tx.$queryRaw<{ id: string; active_admin: boolean }[]>`
    SELECT id, role = 'ADMIN' AND suspended_at IS NULL AND deleted_at IS NULL AS active_admin FROM users
    WHERE id = ${id}::uuid OR (role = 'ADMIN' AND suspended_at IS NULL AND deleted_at IS NULL)
    ORDER BY id FOR UPDATE`
  const account = await tx.user.findUnique({ where: { id, deletedAt: null }, select: FIELDS })
  return { account, anotherAdmin: admins.some((admin) => admin.active_admin && admin.id !== id) }
}

/** Any number: processes that make the first admin at once meet on this advisory lock. */
const FIRST_ADMIN_LOCK = 4_271_002

/** Lets one process at a time decide about the first admin, until its transaction ends. */
export async function lockFirstAdmin(tx: Tx): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${FIRST_ADMIN_LOCK})::text`
}

/** Whether there is an admin, suspended ones among them. */
export const hasAdmin = async (db: Db | Tx): Promise<boolean> =>
  (await db.user.findFirst({ where: { role: 'ADMIN' }, select: { id: true } })) !== null

const CONSTRAINT_ERRORS = { users_email_key: () => new EmailTaken() }

/** @throws EmailTaken by the unique index, which alone decides. */
export const insertAccount = (tx: Tx, data: Prisma.UserCreateInput): Promise<Account> =>
  tx.user.create({ data, select: FIELDS }).catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))

/** @throws EmailTaken by the unique index. */
export const updateAccount = (tx: Tx, id: string, data: Prisma.UserUpdateInput): Promise<Account> =>
  tx.user
    .update({ where: { id }, data, select: FIELDS })
    .catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))

/** Notes that role, suspension or existence of an account changed. @returns when: the database's clock at this moment. */
export async function updateAuthChangedAt(tx: Tx, id: string): Promise<Date> {
  const [row] = await tx.$queryRaw<[{ auth_changed_at: Date }]>`
    UPDATE users SET auth_changed_at = clock_timestamp() WHERE id = ${id}::uuid RETURNING auth_changed_at`
  return row.auth_changed_at
}

/** Which accounts to list; what is left out does not restrict. */
export interface AccountFilter {
  role?: Role | null | undefined
  /** A part of the name or address, in any case. */
  search?: string | null | undefined
}

const ACCOUNTS = newestFirst<Account>('users')

/** A page of the accounts that are not erased, newest first. @throws BadUserInput for wrong paging. */
export function listAccounts(
  db: Db,
  { role, search }: AccountFilter,
  args: PageArgs,
): Promise<Connection<Account>> {
  const contains = search ? { contains: literally(search), mode: 'insensitive' as const } : undefined
  const where: Prisma.UserWhereInput = {
    deletedAt: null,
    ...(role && { role }),
    ...(contains && { OR: [{ name: contains }, { email: contains }, { guestEmail: contains }] }),
  }
  return ACCOUNTS.read(args, {
    rows(page) {
      const { where: onPage, ...order } = idPage(page)
      return db.user.findMany({ where: { AND: [where, onPage] }, ...order, select: FIELDS })
    },
    async count() {
      const looked = search ? `%${literally(search)}%` : null
      const [row] = await db.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM users
        WHERE deleted_at IS NULL AND ${role ? Prisma.sql`role = ${role}::role` : Prisma.sql`TRUE`}
          AND ${looked ? Prisma.sql`(name ILIKE ${looked} OR email ILIKE ${looked} OR guest_email ILIKE ${looked})` : Prisma.sql`TRUE`}`
      return row?.count ?? 0
    },
  })
}

/** `%` and `_` are what somebody looks for, not patterns. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
