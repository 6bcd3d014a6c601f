import type { EventHandlers } from '@karcis/kit/events'
import type { Tx } from '../database.ts'
import { tell } from '../notifications/announcements/take-events.ts'
import { notify } from '../notifications/notify.ts'
import { type ContentKind, type ContentReport, decideReportsOf, insertToldReport } from './report-store.ts'

/** Tells admins that something waits for them: once a day, however much is reported. */
export async function tellAdmins(tx: Tx, kind: ContentKind): Promise<void> {
  const [today] = await tx.$queryRaw<
    [{ day: string }]
  >`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`
  const { day } = today
  await tell(tx, {
    kind: 'SYSTEM_CONTENT_REPORTED',
    cause: day,
    audience: 'ADMINS',
    eventId: null,
    data: { kind, day },
  })
}

/** Tells those who have reported something what came of it. */
export const tellReporters = (tx: Tx, reports: readonly ContentReport[]): Promise<void> =>
  notify(
    tx,
    reports.flatMap(({ id, reporterId, kind, status, message }) =>
      reporterId === null
        ? []
        : [
            {
              userId: reporterId,
              kind: 'REPORT_DECIDED' as const,
              cause: id,
              data: { reportId: id, subject: kind, acted: status === 'ACTED', message },
            },
          ],
    ),
  )

/** What the event subgraph tells of reviews that are reported, and that are hidden. */
export const reportsOfReviews = {
  async 'event.review-reported'(tx, { payload: { reviewId, reporterId, reason } }) {
    const report = { kind: 'REVIEW', subjectId: reviewId, reporterId, reason } as const
    if (await insertToldReport(tx, report)) await tellAdmins(tx, 'REVIEW')
  },

  async 'event.review-moderated'(tx, { payload: { reviewId, decision, moderatorId } }) {
    if (decision === 'APPROVED') return
    const subject = { kind: 'REVIEW', subjectId: reviewId } as const
    const decided = await decideReportsOf(tx, subject, {
      status: 'ACTED',
      message: null,
      decidedBy: moderatorId,
    })
    await tellReporters(tx, decided)
  },
} satisfies EventHandlers<Tx>
