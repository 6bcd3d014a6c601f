import { Forbidden } from '@karcis/kit/errors'
import type { PageArgs } from '@karcis/kit/pagination'
import { idSchema, parseInput } from '@karcis/kit/validate'
import { requireRole, requireViewer } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import type { Proposal, ProposalConnection } from './proposal.ts'
import { findProposal, listProposals } from './proposal-store.ts'
import { isPrivyTo } from './user-view.ts'

/** One proposal, for its applicant and for admins; null when there is none. @throws Forbidden, BadUserInput, Unauthenticated */
export async function readProposal(ctx: Context, id: string): Promise<Proposal | null> {
  const viewer = requireViewer(ctx)
  const proposal = await findProposal(ctx.deps.db, parseInput(idSchema, id, 'id'))
  if (proposal && !isPrivyTo(viewer, proposal.userId)) throw new Forbidden('This is not your proposal.')
  return proposal
}

/** The viewer's proposals, newest first. @throws BadUserInput, Unauthenticated */
export async function listOwnProposals(ctx: Context, args: PageArgs): Promise<ProposalConnection> {
  return listProposals(ctx.deps.db, { userId: requireViewer(ctx).id }, args)
}

/** All proposals, or those in one state, newest first. Admins only. @throws BadUserInput, Forbidden, Unauthenticated */
export async function listAllProposals(
  ctx: Context,
  status: Proposal['status'] | null | undefined,
  args: PageArgs,
): Promise<ProposalConnection> {
  requireRole(ctx, 'ADMIN')
  return listProposals(ctx.deps.db, status ? { status } : {}, args)
}
