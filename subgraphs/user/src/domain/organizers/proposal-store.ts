import type { StoredImage } from '@karcis/kit/contracts/files'
import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { type Connection, idPage, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { OrganizerProposal } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

/** A request to become an organizer, with the people in it by id. */
export type Proposal = OrganizerProposal

export type ProposalConnection = Connection<Proposal>

type Draft = Pick<
  Proposal,
  'id' | 'userId' | 'name' | 'category' | 'description' | 'location' | 'documentUploadId'
> & { banner: StoredImage | null }

const CONSTRAINT_ERRORS = {
  organizer_proposals_one_pending: () => new Conflict('Your last proposal still waits for an answer.'),
}

/** @throws Conflict when another of the same person waits: the unique index decides. */
export const insertProposal = (tx: Tx, { banner, ...draft }: Draft): Promise<Proposal> =>
  tx.organizerProposal
    .create({ data: { ...draft, ...(banner && { banner }) } })
    .catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))

export const findProposal = (db: Db | Tx, id: string): Promise<Proposal | null> =>
  db.organizerProposal.findUnique({ where: { id } })

interface Decision {
  status: 'APPROVED' | 'REJECTED'
  message: string | null
  reviewedBy: string
}

/** Decides a proposal. @returns it; null when it did not wait any more, and nothing was changed. */
export async function decideProposal(
  tx: Tx,
  id: string,
  { status, message, reviewedBy }: Decision,
): Promise<Proposal | null> {
  const decided = await tx.$executeRaw`UPDATE organizer_proposals SET status = ${status}::proposal_status,
      message = ${message}, reviewed_by = ${reviewedBy}::uuid, reviewed_at = now()
    WHERE id = ${id}::uuid AND status = 'PENDING'`
  return decided === 1 ? findProposal(tx, id) : null
}

/** Deletes whatever a person has proposed. */
export async function deleteProposalsOf(tx: Tx, userId: string): Promise<void> {
  await tx.organizerProposal.deleteMany({ where: { userId } })
}

/** Two lists, of which neither takes a cursor of the other. */
const ALL_PROPOSALS = newestFirst<Proposal>('organizer-proposals')
const OWN_PROPOSALS = newestFirst<Proposal>('own-organizer-proposals')

/** A page of proposals, newest first: of one person, in one state, or all. @throws BadUserInput for wrong paging. */
export function listProposals(
  db: Db,
  where: { userId?: string; status?: Proposal['status'] },
  args: PageArgs,
): Promise<ProposalConnection> {
  return (where.userId ? OWN_PROPOSALS : ALL_PROPOSALS).read(args, {
    rows(page) {
      const { where: onPage, ...order } = idPage(page)
      return db.organizerProposal.findMany({ where: { AND: [where, onPage] }, ...order })
    },
    count: () => db.organizerProposal.count({ where }),
  })
}
