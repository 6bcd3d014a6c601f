import { refusalOf } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, type PageArgs, toConnection } from '@karcis/kit/pagination'
import type { OrganizerProposal } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { idKey, parseIdPage } from '../page-by-id.ts'

/** A request to become an organizer, with the people in it by id. */
export type Proposal = OrganizerProposal

export type ProposalConnection = Connection<Proposal>

type Draft = Pick<Proposal, 'userId' | 'name' | 'category' | 'description' | 'location'>

/** @throws Conflict when another of the same person waits: the unique index decides. */
export const insertProposal = (tx: Tx, draft: Draft): Promise<Proposal> =>
  tx.organizerProposal.create({ data: { id: newId(), ...draft } }).catch((error: unknown) => {
    if (refusalOf(error).constraint !== 'organizer_proposals_one_pending') throw error
    throw new Conflict('Your last proposal still waits for an answer.')
  })

export const findProposal = (db: Db | Tx, id: string): Promise<Proposal | null> =>
  db.organizerProposal.findUnique({ where: { id } })

/** Decides a proposal. @returns it; null when it did not wait any more, and nothing was changed. */
export async function decideProposal(
  tx: Tx,
  id: string,
  decision: { status: 'APPROVED' | 'REJECTED'; message: string | null; reviewedBy: string },
): Promise<Proposal | null> {
  const [decided] = await tx.organizerProposal.updateManyAndReturn({
    where: { id, status: 'PENDING' },
    data: { ...decision, reviewedAt: new Date() },
  })
  return decided ?? null
}

/** Deletes whatever a person has proposed. */
export async function deleteProposalsOf(tx: Tx, userId: string): Promise<void> {
  await tx.organizerProposal.deleteMany({ where: { userId } })
}

/** A page of proposals, newest first: of one person, in one state, or all. @throws BadUserInput for wrong paging. */
export async function listProposals(
  db: Db,
  where: { userId?: string; status?: Proposal['status'] },
  args: PageArgs,
): Promise<ProposalConnection> {
  const page = parseIdPage(args)
  const rows = await db.organizerProposal.findMany({
    where: { AND: [where, { id: page.between }] },
    orderBy: { id: page.order },
    take: page.limit + 1,
  })
  return toConnection(rows, page, idKey, () => db.organizerProposal.count({ where }))
}
