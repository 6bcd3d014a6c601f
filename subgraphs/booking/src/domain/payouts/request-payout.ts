import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, keySchema, moneySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { PayoutNotCovered } from '../errors.ts'
import { type Attempt, claimKey } from '../idempotency-store.ts'
import { insertPosting, lockAccount } from '../ledger/ledger-store.ts'
import { findHistories, listEventBalances, lockOwnEvents } from './balance-store.ts'
import { availableOf, type BankAccount, type Payout, takeFrom } from './payout.ts'
import { payoutPosting, payoutsDueOf } from './payout-postings.ts'
import { findLastAccount, findPayout, insertPayout, statementLine } from './payout-store.ts'

/** As banks write them, with spaces or dashes between groups: of an account at home, or an IBAN. */
const accountNumberSchema = z
  .string()
  .transform((text) => text.replaceAll(/[\s-]/g, '').toUpperCase())
  .refine((number) => /^[0-9A-Z]{5,34}$/.test(number), 'must have 5 to 34 digits or letters')

const requestPayoutInput = z.object({
  currency: currencySchema,
  amount: moneySchema.min(1, 'must be at least 1').nullish(),
  bankAccount: z
    .object({ bankName: nameSchema(), accountHolder: nameSchema(), accountNumber: accountNumberSchema })
    .nullish(),
  idempotencyKey: keySchema.nullish(),
})

/** Statements read all that an event ever sold. */
const TIMEOUT_MS = 30_000

/**
 * An organizer asks for what their events have earned and may be paid out: all of it, or a part. It leaves the events at once, in the
 * transaction that writes the payout, so that it is asked for once, whatever else is asked for at the same moment.
 * @throws Forbidden, StepUpRequired, PayoutNotCovered, IdempotencyKeyReused; BadUserInput, also where there is no account to send it to.
 */
export async function requestPayout(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<Payout> {
  const { idempotencyKey, ...input } = parseInput(requestPayoutInput, rawInput)
  if (viewer.role !== 'ORGANIZER' && viewer.role !== 'ADMIN')
    throw new Forbidden('Only organizers are paid out.')
  requireStepUp(viewer)
  const attempt: Attempt | null =
    idempotencyKey == null
      ? null
      : { userId: viewer.id, operation: 'requestPayout', key: idempotencyKey, input, resultId: newId() }
  const id = await transaction(
    deps.db,
    async (tx) => {
      await tx.$executeRaw`SELECT set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`
      const claim = attempt && (await claimKey(tx, attempt))
      if (claim && !claim.first) return claim.resultId
      const resultId = claim?.resultId ?? newId()
      await writePayout(tx, deps, { ...input, id: resultId, organizerId: viewer.id })
      return resultId
    },
    { timeoutMs: TIMEOUT_MS },
  )
  const payout = await findPayout(deps.db, id)
  if (!payout) throw new Error(`payout ${id} is gone`)
  return payout
}

interface Request {
  id: string
  organizerId: string
  currency: string
  /** All that there is, where it is left out. */
  amount?: number | null | undefined
  /** That of the last payout, where it is left out. */
  bankAccount?: BankAccount | null | undefined
}

async function writePayout(tx: Tx, { settings }: Deps, request: Request): Promise<void> {
  const { id, organizerId, currency } = request
  // Who asks for the same money waits here, and sees afterwards what is left of it.
  await lockAccount(tx, payoutsDueOf(organizerId), currency)
  await lockOwnEvents(tx, organizerId)
  const events = await listEventBalances(tx, organizerId, settings.PAYOUT_HOLD_DAYS, currency)
  const available = availableOf(events)
  const amount = request.amount ?? available
  if (available === 0 || amount > available)
    throw new PayoutNotCovered(available, request.amount ?? 1, currency)

  const account = request.bankAccount ?? (await findLastAccount(tx, organizerId))
  if (!account)
    throw new BadUserInput([
      { path: 'input.bankAccount', message: 'is needed: no account of yours is known' },
    ])
  const parts = takeFrom(events, amount)
  const histories = await findHistories(
    tx,
    organizerId,
    currency,
    parts.map(({ eventId }) => eventId),
  )
  const lines = parts.flatMap((part) => {
    const history = histories.get(part.eventId)
    return history ? [statementLine(part, history)] : []
  })
  const payout = { id, organizerId, amount, currency }
  await insertPayout(tx, { ...payout, ...account }, lines)
  await insertPosting(tx, payoutPosting(payout, parts))
}
