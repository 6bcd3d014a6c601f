import { GraphQLError, type GraphQLSchema, getNamedType } from 'graphql'
import { type Audited, actorRoleSchema, MOST_AUDITED_IDS } from './contracts/audit.ts'
import { STAFF_DEEDS } from './contracts/event-staff.ts'
import { DOOR_ROLE } from './contracts/tokens.ts'
import { type RawSql, type TransactionSource, transaction, type Tx } from './database.ts'
import { type Deed, doAs } from './deeds.ts'
import { KarcisError } from './errors.ts'
import { isId, newId } from './ids.ts'
import type { RequestScope } from './viewer.ts'

/** Writes one entry, in the transaction of the deed. */
// oxlint-disable-next-line typescript/no-explicit-any -- each subgraph's own transaction
export type AuditRecorder = (tx: Tx<any>, entry: Audited) => Promise<void>

/** Whose changes are written down, all of them. Customers' are not: what they buy stands in bookings and ledger. */
const OFFICES = new Set<string>(['ORGANIZER', 'ADMIN', DOOR_ROLE])

/** What is asked for all the time, and is nobody's decision. */
const NO_DEEDS = new Set(['refreshToken', 'recordEventView', 'preloadEvent'])

/** What comes of a sign-in has this type. Of sign-ins everybody's are written down, those that were refused too. */
const SIGN_IN = 'AuthPayload'

/** Refusals after somebody's credentials were looked at. Who was not let so far has learned nothing, and would fill the log. */
const REFUSALS = new Set([
  'INVALID_CREDENTIALS',
  'ACCOUNT_SUSPENDED',
  'SECOND_FACTOR_REQUIRED',
  'TOKEN_REUSED',
])

/** What resolvers are asked with, as far as this needs it. */
type Context = RequestScope & { deps: { db: TransactionSource<RawSql> } }
type Resolver = (source: unknown, args: unknown, context: Context, info: unknown) => unknown

/**
 * Has each mutation that a client asks for written down, when it is one of an admin, an organizer or a scanner, or a sign-in: in the first transaction
 * that it commits, so that nothing is done without being written down, and no use case can forget it. What it leaves to a transaction which serves
 * many at once, as buyers' requests do, is written down right after that.
 * @param schema of the subgraph. @returns the same resolvers, with other mutations.
 */
export function auditMutations<Resolvers extends { Mutation?: object }>(
  schema: GraphQLSchema,
  resolvers: Resolvers,
  record: AuditRecorder,
): Resolvers {
  const audited = Object.entries((resolvers.Mutation ?? {}) as Record<string, Resolver>).map(
    ([field, resolve]) => {
      const type = schema.getMutationType()?.getFields()[field]?.type
      const isSignIn = type !== undefined && getNamedType(type).name === SIGN_IN
      return [field, auditedResolver(field, isSignIn, resolve, record)]
    },
  )
  return { ...resolvers, Mutation: Object.fromEntries(audited) }
}

function auditedResolver(
  field: string,
  isSignIn: boolean,
  resolve: Resolver,
  record: AuditRecorder,
): Resolver {
  return async (source, args, context, info) => {
    // Of what a subgraph asks on somebody's behalf, the deed is the one that they asked that subgraph for.
    if (context.service !== 'router' || !(isSignIn || isOfOffice(context, field)))
      return resolve(source, args, context, info)
    const deed = new AskedDeed(field, isSignIn, args, context, record)
    let result: unknown
    try {
      result = await doAs(deed, () => resolve(source, args, context, info))
    } catch (error) {
      const code = codeOf(error)
      if (isSignIn && code !== null && REFUSALS.has(code)) await deed.recordApart(context, undefined, code)
      throw error
    }
    await deed.recordApart(context, result, null)
    return result
  }
}

const roleOf = ({ viewer, device }: RequestScope) => (device ? DOOR_ROLE : (viewer?.role ?? null))

/** What takes an office nobody else can do: whoever does it has one, if only at one event. */
const isOfOffice = (context: Context, field: string): boolean =>
  OFFICES.has(roleOf(context) ?? '') || (STAFF_DEEDS.has(field) && context.viewer !== null)

/** Of what is told to the client; null for a bug. */
const codeOf = (error: unknown): string | null => {
  const given = error instanceof GraphQLError ? error.originalError : error
  return given instanceof KarcisError ? given.code : null
}

class AskedDeed implements Deed {
  readonly #record: AuditRecorder
  readonly #isDeed: boolean
  readonly #isSignIn: boolean
  readonly #entry: Omit<Audited, 'ids' | 'code'>
  readonly #ids = new Set<string>()
  #isRecorded = false

  constructor(field: string, isSignIn: boolean, args: unknown, context: Context, record: AuditRecorder) {
    const { viewer, device, requestId, clientAddress } = context
    this.#record = record
    this.#isSignIn = isSignIn
    this.#isDeed = !NO_DEEDS.has(field)
    this.#entry = {
      deedId: newId(),
      // Who signs in is known once they have; whoever was signed in before need not be the same.
      actorId: isSignIn ? null : (device?.id ?? viewer?.id ?? null),
      role: isSignIn ? null : actorRoleSchema.nullable().parse(roleOf(context)),
      action: field,
      address: clientAddress ?? null,
      requestId: requestId.slice(0, 200),
    }
    if (this.#isDeed || isSignIn) gatherIds(args, this.#ids)
  }

  actedBy(userId: string): void {
    if (this.#isSignIn) this.#entry.actorId = userId
  }

  concerns(id: string): void {
    this.#ids.add(id)
  }

  async recordIn(tx: object, result: unknown): Promise<boolean> {
    if (!this.#isDeed || this.#isRecorded) return false
    if (this.#isSignIn && this.#entry.actorId === null) return false // nobody is signed in yet
    await this.#write(tx as Tx, result, null)
    return true
  }

  recorded(): void {
    this.#isRecorded = true
  }

  /** Writes down in a transaction of its own what none has written down, or that it was refused. A failure of that is logged, with the entry. */
  async recordApart(
    { deps: { db }, log }: Pick<Context, 'deps' | 'log'>,
    result: unknown,
    code: string | null,
  ): Promise<void> {
    if (this.#isRecorded || (code === null && !this.#isDeed)) return
    try {
      await transaction(db, (tx) => this.#write(tx, result, code))
    } catch (error) {
      log.error({ err: error, deed: { ...this.#entry, code } }, 'a deed is not in the audit log')
    }
  }

  #write(tx: Tx, result: unknown, code: string | null): Promise<void> {
    const ids = new Set(this.#ids)
    gatherIds(result, ids)
    return this.#record(tx, { ...this.#entry, ids: [...ids].slice(0, MOST_AUDITED_IDS), code })
  }
}

/** How deep ids are looked for: an input in an argument, and lists in it. */
const DEPTH = 4
/** Fields that name something by its id. */
const NAMES_ID = /^id$|[a-z]Ids?$|^ids$/

/** Adds the ids that a value names by fields that are called so, or that it is itself. */
function gatherIds(value: unknown, ids: Set<string>, isNamed = true, depth = DEPTH): void {
  if (ids.size >= MOST_AUDITED_IDS) return
  if (typeof value === 'string') {
    if (isNamed && isId(value)) ids.add(value.toLowerCase())
    return
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth === 0) return
  if (Array.isArray(value)) {
    for (const one of value) gatherIds(one, ids, isNamed, depth - 1)
    return
  }
  for (const [name, field] of Object.entries(value)) gatherIds(field, ids, NAMES_ID.test(name), depth - 1)
}
