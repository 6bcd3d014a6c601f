import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import { lockAccount, markAuthChanged, updateAccount } from './account-store.ts'
import { announce } from './auth-news.ts'
import { reviewProposalSchema } from './inputs.ts'
import type { Proposal } from './proposal.ts'
import { decideProposal, findProposal } from './proposal-store.ts'

/**
 * Decides a proposal; approval makes its applicant an organizer in the same transaction. Admins only.
 * @throws Conflict when it is decided already; NotFound, BadUserInput, Forbidden, Unauthenticated
 */
export async function reviewProposal(ctx: Context, id: string, input: unknown): Promise<Proposal> {
  const { id: reviewedBy } = requireRole(ctx, 'ADMIN')
  parseInput(idSchema, id, 'id')
  const { decision, message = null } = parseInput(reviewProposalSchema, input)
  const { db } = ctx.deps
  const userId = (await findProposal(db, id))?.userId
  if (!userId) throw new NotFound('organizer proposal', id)

  const { proposal, promoted } = await db.$transaction(async (tx) => {
    const applicant = await lockAccount(tx, userId)
    const proposal = await decideProposal(tx, id, { status: decision, message, reviewedBy })
    if (!proposal) throw new Conflict('This proposal is decided already.')
    // Who became admin in the meantime stays one.
    if (decision === 'REJECTED' || applicant?.role !== 'CUSTOMER') return { proposal }
    const account = await updateAccount(tx, userId, { role: 'ORGANIZER' })
    return { proposal, promoted: { account, at: await markAuthChanged(tx, userId) } }
  })
  announce(ctx.deps, [], promoted)
  return proposal
}
