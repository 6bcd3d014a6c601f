import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { insertPosting } from '../ledger/ledger-store.ts'
import type { Payout, PayoutStatus } from './payout.ts'
import { payoutReturnedPosting, payoutSentPosting } from './payout-postings.ts'
import {
  findPayout,
  findStatements,
  forgetAccounts,
  moveToFailed,
  moveToPaid,
  moveToReviewed,
} from './payout-store.ts'

const reviewPayoutInput = z
  .object({ decision: z.enum(['APPROVED', 'REJECTED']), message: reasonSchema().nullish() })
  .refine(({ decision, message }) => decision === 'APPROVED' || message != null, {
    path: ['message'],
    message: 'is needed for a rejection',
  })

/** An admin decides on a payout that is asked for; what is rejected goes back to its events. @throws Forbidden, StepUpRequired, NotFound, Conflict, BadUserInput. */
export async function reviewPayout(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawInput: unknown,
): Promise<Payout> {
  const { decision, message } = parseInput(reviewPayoutInput, rawInput)
  return decide(deps, viewer, rawId, decision, async (tx, id) => {
    const payout = await moveToReviewed(tx, id, { decision, message: message ?? null, by: viewer.id })
    if (payout?.status === 'REJECTED') await giveBack(tx, payout, 'PAYOUTS_DUE')
    return payout
  })
}

/** An admin has transferred an approved payout. @throws Forbidden, StepUpRequired, NotFound, Conflict, BadUserInput. */
export const markPayoutPaid = (deps: Deps, viewer: Viewer, rawId: string): Promise<Payout> =>
  decide(deps, viewer, rawId, 'PAID', async (tx, id) => {
    const payout = await moveToPaid(tx, id)
    if (payout) await insertPosting(tx, payoutSentPosting(payout))
    return payout
  })

/** A payout could not be transferred, or came back: it goes back to its events. @throws Forbidden, StepUpRequired, NotFound, Conflict, BadUserInput. */
export async function markPayoutFailed(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  rawReason: string,
): Promise<Payout> {
  const reason = parseInput(reasonSchema(), rawReason, 'reason')
  return decide(deps, viewer, rawId, 'FAILED', async (tx, id) => {
    const payout = await moveToFailed(tx, id, reason)
    if (payout) await giveBack(tx, payout, payout.paidAt === null ? 'PAYOUTS_DUE' : 'BANK')
    return payout
  })
}

/** Moves a payout on; one that is there already stays as it is. */
async function decide(
  { db }: Deps,
  viewer: Viewer,
  rawId: string,
  to: PayoutStatus,
  move: (tx: Tx, id: string) => Promise<Payout | null>,
): Promise<Payout> {
  if (viewer.role !== 'ADMIN') throw new Forbidden('Only an admin decides on payouts.')
  requireStepUp(viewer)
  const id = parseInput(idSchema, rawId, 'id')
  const moved = await transaction(db, (tx) => move(tx, id))
  if (moved) return moved
  const payout = await findPayout(db, id)
  if (!payout) throw new NotFound('payout', id)
  if (payout.status === to) return payout
  throw new Conflict(`A payout that is ${payout.status} cannot become ${to}.`, { status: payout.status })
}

async function giveBack(tx: Tx, payout: Payout, from: 'PAYOUTS_DUE' | 'BANK'): Promise<void> {
  const parts = (await findStatements(tx, [payout.id])).get(payout.id) ?? []
  await insertPosting(tx, payoutReturnedPosting(payout, parts, from))
}

/** How many payouts one run of the job takes. */
const FORGET_LIMIT = 1_000

/** Forgets the accounts of payouts that have come to their end a while ago; the bank's name and the number's last four stay. */
export async function forgetPayoutAccounts({ db, settings, log }: Deps): Promise<void> {
  const payouts = await transaction(db, (tx) =>
    forgetAccounts(tx, settings.PAYOUT_ACCOUNT_RETENTION_DAYS, FORGET_LIMIT),
  )
  if (payouts > 0) log.info({ payouts }, 'accounts of old payouts forgotten')
}
