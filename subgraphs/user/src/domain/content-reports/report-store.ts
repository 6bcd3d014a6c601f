import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Reads } from '@karcis/kit/reads'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

export const CONTENT_KINDS = ['EVENT', 'ORGANIZER', 'REVIEW'] as const
export type ContentKind = (typeof CONTENT_KINDS)[number]
export type ReportStatus = 'OPEN' | 'DISMISSED' | 'ACTED'

/** Something that people report. */
export interface Subject {
  kind: ContentKind
  subjectId: string
}

/** What somebody has reported to the admins, and what came of it. */
export interface ContentReport extends Subject {
  id: string
  /** Null once they have erased their account. */
  reporterId: string | null
  reason: string
  status: ReportStatus
  /** What the reporter was told of the decision. */
  message: string | null
  decidedBy: string | null
  decidedAt: Date | null
  createdAt: Date
}

export type ReportPage = Connection<ContentReport>

const COLUMNS = Prisma.sql`r.id, r.kind, r.subject_id AS "subjectId", r.reporter_id AS "reporterId", r.reason, r.status, r.message,
  r.decided_by AS "decidedBy", r.decided_at AS "decidedAt", r.created_at AS "createdAt"`

const CONSTRAINT_ERRORS = {
  content_reports_once: () => new Conflict('You have reported this already.'),
}

export async function findReport(db: Reads, id: string): Promise<ContentReport | null> {
  const [report] = await db.$queryRaw<
    ContentReport[]
  >`SELECT ${COLUMNS} FROM content_reports r WHERE r.id = ${id}::uuid`
  return report ?? null
}

/** A report that somebody makes. */
type NewReport = Subject & { reporterId: string; reason: string }

/** @throws Conflict when they have reported it: the unique index decides. */
export async function insertReport(tx: Tx, report: NewReport): Promise<ContentReport> {
  const { kind, subjectId, reporterId, reason } = report
  const [inserted] = await tx.$queryRaw<ContentReport[]>`
    INSERT INTO content_reports AS r (id, kind, subject_id, reporter_id, reason)
    VALUES (${newId()}::uuid, ${kind}, ${subjectId}::uuid, ${reporterId}::uuid, ${reason}) RETURNING ${COLUMNS}`.catch(
    (error) => mapConstraintError(error, CONSTRAINT_ERRORS),
  )
  if (!inserted) throw new Error('an insert gives its row')
  return inserted
}

/** The same of what another subgraph tells of; nothing when they have reported it, or are gone. @returns whether it is new. */
export async function insertToldReport(tx: Tx, report: NewReport): Promise<boolean> {
  const { kind, subjectId, reporterId, reason } = report
  const inserted =
    await tx.$executeRaw`INSERT INTO content_reports (id, kind, subject_id, reporter_id, reason)
    SELECT ${newId()}::uuid, ${kind}, ${subjectId}::uuid, u.id, ${reason} FROM users u
    WHERE u.id = ${reporterId}::uuid AND u.deleted_at IS NULL FOR KEY SHARE OF u
    ON CONFLICT ON CONSTRAINT content_reports_once DO NOTHING`
  return inserted === 1
}

/** How much somebody has reported within the last hour. */
export async function countRecentReports(tx: Tx, reporterId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM content_reports
    WHERE reporter_id = ${reporterId}::uuid AND created_at > now() - interval '1 hour'`
  return row?.count ?? 0
}

/** What an admin decides. */
export interface ReportDecision {
  status: Exclude<ReportStatus, 'OPEN'>
  message: string | null
  decidedBy: string
}

/** Decides all open reports of a thing. @returns them; of several who decide at once, one is given each. */
export const decideReportsOf = (
  tx: Tx,
  { kind, subjectId }: Subject,
  { status, message, decidedBy }: ReportDecision,
): PromiseLike<ContentReport[]> =>
  tx.$queryRaw<ContentReport[]>`
    UPDATE content_reports r SET status = ${status}, message = ${message}, decided_by = ${decidedBy}::uuid, decided_at = now()
    WHERE r.kind = ${kind} AND r.subject_id = ${subjectId}::uuid AND r.status = 'OPEN' RETURNING ${COLUMNS}`

/** How many have reported things, by thing: each of the keys is `<kind> <id>`. */
export async function countReports(db: Reads, subjects: readonly string[]): Promise<Map<string, number>> {
  const [kinds, ids] = [subjects.map((key) => key.split(' ')[0]), subjects.map((key) => key.split(' ')[1])]
  const rows = await db.$queryRaw<{ key: string; count: number }[]>`
    SELECT r.kind || ' ' || r.subject_id AS key, count(*)::int AS count FROM content_reports r
    JOIN unnest(${kinds}::text[], ${ids}::uuid[]) AS s (kind, id) ON r.kind = s.kind AND r.subject_id = s.id GROUP BY 1`
  return new Map(rows.map(({ key, count }) => [key, count]))
}

/** Which reports are listed; null does not restrict. */
export interface ReportFilter {
  status: ReportStatus | null
  kind: ContentKind | null
  subjectId: string | null
}

const REPORTS = newestFirst<ContentReport>('contentReports', Prisma.sql`r.id`)

/** A page of reports, the newest first. @throws BadUserInput for the page. */
export function listReports(
  db: Reads,
  { status, kind, subjectId }: ReportFilter,
  args: PageArgs,
): Promise<ReportPage> {
  const where = Prisma.sql`${status ? Prisma.sql`r.status = ${status}` : Prisma.sql`TRUE`}
    AND ${kind ? Prisma.sql`r.kind = ${kind}` : Prisma.sql`TRUE`}
    AND ${subjectId ? Prisma.sql`r.subject_id = ${subjectId}::uuid` : Prisma.sql`TRUE`}`
  return REPORTS.read(args, {
    rows: (page) => db.$queryRaw<ContentReport[]>`SELECT ${COLUMNS} FROM content_reports r
      WHERE ${where} AND ${page.where} ${page.tail}`,
    count: async () => {
      const [row] = await db.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM content_reports r WHERE ${where}`
      return row?.count ?? 0
    },
  })
}

/** Takes somebody out of what they have reported: for the admins the reports stay. */
export async function eraseReporter(tx: Tx, reporterId: string): Promise<void> {
  await tx.$executeRaw`UPDATE content_reports SET reporter_id = NULL WHERE reporter_id = ${reporterId}::uuid`
}
