import { Conflict, Unauthenticated } from '@karcis/kit/errors'
import { parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import type { Context } from './deps.ts'
import { holdAccount } from './account-store.ts'
import { submitProposalSchema } from './inputs.ts'
import type { Proposal } from './proposal.ts'
import { insertProposal } from './proposal-store.ts'

/** Asks, for the viewer, to become an organizer. @throws Conflict, BadUserInput, Unauthenticated */
export async function submitProposal(ctx: Context, input: unknown): Promise<Proposal> {
  const { id } = requireViewer(ctx)
  const draft = parseInput(submitProposalSchema, input)
  return ctx.deps.db.$transaction(async (tx) => {
    const account = await holdAccount(tx, id)
    if (!account) throw new Unauthenticated()
    if (account.role !== 'CUSTOMER')
      throw new Conflict('You may hold events already.', { role: account.role })
    return insertProposal(tx, { ...draft, userId: id })
  })
}
