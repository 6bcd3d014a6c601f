import { VISIBLE_REVIEWS, visibleReviews } from '@karcis/kit/contracts/reviews'
import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, KarcisError, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, reasonSchema, textSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { lockAccount } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { isEventVisible, subgraph } from '../other-subgraphs.ts'
import { findOpenPages } from '../organizers/profile-store.ts'
import * as store from './report-store.ts'
import { tellAdmins, tellReporters } from './tell.ts'

const kind = z.enum(store.CONTENT_KINDS)
const reportSchema = z.object({ kind, id: idSchema, reason: reasonSchema(1_000) })

/** Reports of one person within an hour, of which the next is refused. */
const MOST_REPORTS = 20

/**
 * Reports something that is published to the admins. Each person each thing once.
 * @throws NotFound for what the viewer does not see; Forbidden for their own; Conflict when they have; BadUserInput; RATE_LIMITED; ServiceUnavailable.
 */
export async function reportContent(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<store.ContentReport> {
  const { kind, id: subjectId, reason } = parseInput(reportSchema, input)
  await requireReportable(deps, viewer, { kind, subjectId })
  return transaction(deps.db, async (tx) => {
    // Whoever reports from several devices at once is counted one after the other.
    if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
    if ((await store.countRecentReports(tx, viewer.id)) >= MOST_REPORTS)
      throw new KarcisError('RATE_LIMITED', 'You have reported a lot just now. Wait a while.', {
        retryAfterSeconds: 3_600,
      })
    const report = await store.insertReport(tx, { kind, subjectId, reporterId: viewer.id, reason })
    await tellAdmins(tx, kind)
    return report
  })
}

async function requireReportable(
  deps: Deps,
  viewer: Viewer,
  { kind, subjectId }: store.Subject,
): Promise<void> {
  const isThere = await { EVENT: isEvent, ORGANIZER: isOrganizer, REVIEW: isReview }[kind](
    deps,
    viewer,
    subjectId,
  )
  if (!isThere) throw new NotFound(kind.toLowerCase(), subjectId)
}

const isEvent = (deps: Deps, viewer: Viewer, id: string): Promise<boolean> => isEventVisible(deps, viewer, id)

async function isOrganizer({ reads }: Deps, viewer: Viewer, id: string): Promise<boolean> {
  if (id === viewer.id) throw new Forbidden('Nobody reports themselves.')
  return (await findOpenPages(reads, [id])).has(id)
}

async function isReview(deps: Deps, viewer: Viewer, id: string): Promise<boolean> {
  const representations = [{ __typename: 'Review', id }]
  const answer = await subgraph(deps, 'event').query(VISIBLE_REVIEWS, { representations }, viewer)
  const [review] = visibleReviews.parse(answer)._entities
  if (review?.author?.id === viewer.id) throw new Forbidden('Nobody reports their own review: remove it.')
  return review != null
}

const filterSchema = z.object({
  status: z.enum(['OPEN', 'DISMISSED', 'ACTED']).nullish(),
  kind: kind.nullish(),
  subjectId: idSchema.nullish(),
})

/** What people have reported, the newest first. Admins only. @throws Forbidden, BadUserInput */
export async function listContentReports(
  { reads }: Deps,
  viewer: Viewer,
  filter: unknown,
  args: PageArgs,
): Promise<store.ReportPage> {
  requireRole({ viewer }, 'ADMIN')
  const { status = null, kind = null, subjectId = null } = parseInput(filterSchema, filter ?? {}, 'filter')
  return store.listReports(reads, { status, kind, subjectId }, args)
}

const decisionSchema = z.object({
  decision: z.enum(['DISMISSED', 'ACTED']),
  message: textSchema(2_000).nullish(),
})

/**
 * Decides a report, and with it all open ones of the same thing; who made them is told. Admins only; of several who decide, one does.
 * @throws NotFound, Forbidden, BadUserInput; Conflict when it is decided.
 */
export async function decideReport(
  deps: Deps,
  viewer: Viewer,
  rawId: string,
  input: unknown,
): Promise<store.ContentReport> {
  requireRole({ viewer }, 'ADMIN')
  const id = parseInput(idSchema, rawId, 'id')
  const { decision: status, message = null } = parseInput(decisionSchema, input)
  return transaction(deps.db, async (tx) => {
    const known = await store.findReport(tx, id)
    if (!known) throw new NotFound('report', id)
    const decided = await store.decideReportsOf(tx, known, { status, message, decidedBy: viewer.id })
    const report = decided.find((one) => one.id === id)
    if (!report) throw new Conflict('This report is decided already.')
    await tellReporters(tx, decided)
    return report
  })
}
