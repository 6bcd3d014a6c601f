import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput, textSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { lockAccount, lockAccountShared, updateAccount } from '../accounts/account-store.ts'
import { recordRightsChange } from '../accounts/rights-changed.ts'
import { isSelfOrAdmin } from '../accounts/user-view.ts'
import type { Deps } from '../deps.ts'
import { finishUpload, type Wanted } from '../files/finish-upload.ts'
import type { UploadPurpose } from '../files/purposes.ts'
import { imageOf } from '../files/upload-store.ts'
import { useUpload } from '../files/use-upload.ts'
import { notify } from '../notifications/notify.ts'
import { publishAuthChanges } from '../sessions/auth-changes.ts'
import { openPage } from './pages.ts'
import {
  decideProposal,
  findProposal,
  insertProposal,
  listProposals,
  type Proposal,
  type ProposalConnection,
} from './proposal-store.ts'

const submitSchema = z.object({
  name: nameSchema(),
  category: nameSchema(),
  description: textSchema(5_000),
  location: nameSchema(200),
  bannerUploadId: idSchema.nullish(),
  documentUploadId: idSchema.nullish(),
})

const reviewSchema = z
  .object({ decision: z.enum(['APPROVED', 'REJECTED']), message: textSchema(2_000).nullish() })
  .refine(({ decision, message }) => decision === 'APPROVED' || message, {
    path: ['message'],
    message: 'must say why the proposal is rejected',
  })

/** Asks, for the viewer, to become an organizer. @throws Conflict, BadUserInput, Unauthenticated; of its files as `finishUpload` */
export async function submitProposal(deps: Deps, { id }: Viewer, input: unknown): Promise<Proposal> {
  const { bannerUploadId, documentUploadId, ...draft } = parseInput(submitSchema, input)
  const banner = wantedOf(id, bannerUploadId, 'PROPOSAL_BANNER', 'input.bannerUploadId')
  const document = wantedOf(id, documentUploadId, 'PROPOSAL_DOCUMENT', 'input.documentUploadId')
  for (const file of [banner, document]) if (file) await finishUpload(deps, file)
  return transaction(deps.db, async (tx) => {
    const account = await lockAccountShared(tx, id)
    if (!account) throw new Unauthenticated()
    if (account.role !== 'CUSTOMER')
      throw new Conflict('You may hold events already.', { role: account.role })
    const proposalId = newId()
    const usedBy = `proposal:${proposalId}` as const
    return insertProposal(tx, {
      ...draft,
      id: proposalId,
      userId: id,
      banner: banner && imageOf(await useUpload(tx, banner, usedBy)),
      documentUploadId: document && (await useUpload(tx, document, usedBy)).id,
    })
  })
}

const wantedOf = (
  ownerId: string,
  uploadId: string | null | undefined,
  purpose: UploadPurpose,
  path: string,
): Required<Wanted> | null => (uploadId ? { uploadId, ownerId, purpose, path } : null)

/**
 * Decides a proposal; approval makes its applicant an organizer in the same transaction. Admins only.
 * @throws Conflict when it is decided already; NotFound, BadUserInput, Forbidden
 */
export async function reviewProposal(
  deps: Deps,
  viewer: Viewer,
  proposalId: string,
  input: unknown,
): Promise<Proposal> {
  requireRole({ viewer }, 'ADMIN')
  const id = parseInput(idSchema, proposalId, 'id')
  const { decision, message = null } = parseInput(reviewSchema, input)
  const userId = (await findProposal(deps.db, id))?.userId
  if (!userId) throw new NotFound('organizer proposal', id)

  const { proposal, promoted } = await transaction(deps.db, async (tx) => {
    const applicant = await lockAccount(tx, userId)
    const proposal = await decideProposal(tx, id, { status: decision, message, reviewedBy: viewer.id })
    if (!proposal) throw new Conflict('This proposal is decided already.')
    await notify(tx, [
      {
        userId,
        kind: 'PROPOSAL_REVIEWED',
        cause: id,
        data: { proposalId: id, name: proposal.name, decision, message: message ?? null },
      },
    ])
    // Who became admin in the meantime stays one.
    if (decision === 'REJECTED' || applicant?.role !== 'CUSTOMER') return { proposal }
    const account = await updateAccount(tx, userId, { role: 'ORGANIZER' })
    await openPage(tx, userId, { name: proposal.name, about: proposal.description, verifiedAt: null })
    return { proposal, promoted: { account, at: await recordRightsChange(tx, account) } }
  })
  publishAuthChanges(deps, [], promoted)
  return proposal
}

/** One proposal, for its applicant and for admins; null when there is none. @throws Forbidden, BadUserInput */
export async function readProposal({ db }: Deps, viewer: Viewer, id: string): Promise<Proposal | null> {
  const proposal = await findProposal(db, parseInput(idSchema, id, 'id'))
  if (proposal && !isSelfOrAdmin(viewer, proposal.userId)) throw new Forbidden('This is not your proposal.')
  return proposal
}

/** The viewer's proposals, newest first. @throws BadUserInput */
export const listOwnProposals = ({ db }: Deps, viewer: Viewer, args: PageArgs): Promise<ProposalConnection> =>
  listProposals(db, { userId: viewer.id }, args)

/** All proposals, or those in one state or of one applicant, newest first. Admins only. @throws BadUserInput, Forbidden */
export async function listAllProposals(
  { db }: Deps,
  viewer: Viewer,
  filter: { status?: Proposal['status'] | null; applicantId?: string | null } | null | undefined,
  args: PageArgs,
): Promise<ProposalConnection> {
  requireRole({ viewer }, 'ADMIN')
  const { status, applicantId } = filter ?? {}
  const userId = applicantId == null ? null : parseInput(idSchema, applicantId, 'filter.applicantId')
  return listProposals(db, { ...(status && { status }), ...(userId !== null && { userId }) }, args)
}
