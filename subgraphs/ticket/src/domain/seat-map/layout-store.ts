import { newId } from '@karcis/kit/ids'
import { type Connection, type KeysetPage, newestFirst } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { LayoutDocument } from './layout-document.ts'

export type LayoutStatus = 'DRAFT' | 'PUBLISHED'

/** One version of a drawing of a room's seats. */
export interface SeatLayout {
  id: string
  roomId: string
  name: string
  version: number
  status: LayoutStatus
  /** Null in a list: each is up to a megabyte. */
  layout: LayoutDocument | null
  seatCount: number
  standingCapacity: number
  createdAt: Date
  publishedAt: Date | null
}

export type SeatLayoutPage = Connection<SeatLayout>

/** One with its document. */
export type WholeLayout = SeatLayout & { layout: LayoutDocument }

/** A drawing to be written. */
export type NewLayout = Pick<WholeLayout, 'roomId' | 'name' | 'layout' | 'seatCount' | 'standingCapacity'>

const LISTED_COLUMNS = Prisma.sql`l.id, l.room_id AS "roomId", l.name, l.version, l.status,
  l.seat_count AS "seatCount", l.standing_capacity AS "standingCapacity", l.created_at AS "createdAt", l.published_at AS "publishedAt"`

const LAYOUT_COLUMNS = Prisma.sql`${LISTED_COLUMNS}, l.document AS layout`

/** One version; null when there is none of this id. */
export async function findSeatLayout(db: Db | Tx, id: string): Promise<WholeLayout | null> {
  const [layout] = await db.$queryRaw<
    WholeLayout[]
  >`SELECT ${LAYOUT_COLUMNS} FROM seat_layouts l WHERE l.id = ${id}::uuid`
  return layout ?? null
}

/** The drawings of a room, newest first. */
export const LAYOUTS_OF_ROOM = newestFirst<SeatLayout>('seat layouts of a room', Prisma.sql`l.id`)

const ofRoom = (roomId: string, withDrafts: boolean): Prisma.Sql =>
  Prisma.sql`l.room_id = ${roomId}::uuid AND (${withDrafts} OR l.status = 'PUBLISHED')`

/** A page of a room's drawings. @param withDrafts whether those are among them that can still be changed. */
export const listSeatLayouts = (
  db: Db | Tx,
  roomId: string,
  withDrafts: boolean,
  { where, tail }: KeysetPage,
): PromiseLike<SeatLayout[]> =>
  db.$queryRaw<
    SeatLayout[]
  >`SELECT ${LISTED_COLUMNS}, NULL AS layout FROM seat_layouts l WHERE ${ofRoom(roomId, withDrafts)} AND ${where} ${tail}`

/** How many drawings a room has. */
export async function countSeatLayouts(db: Db | Tx, roomId: string, withDrafts: boolean): Promise<number> {
  const [row] = await db.$queryRaw<
    { count: number }[]
  >`SELECT count(*)::int AS count FROM seat_layouts l WHERE ${ofRoom(roomId, withDrafts)}`
  return row?.count ?? 0
}

/** Until the transaction ends nobody else draws for this room: two who save at once write one draft, or one version after the other. */
export async function lockLayoutsOfRoom(tx: Tx, roomId: string): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`seat-layouts:${roomId}`}, 0))::text`
}

/** Writes the draft of a name, should there be one. @returns it; null when there is none. */
export async function updateDraft(tx: Tx, layout: NewLayout): Promise<SeatLayout | null> {
  const [draft] = await tx.$queryRaw<SeatLayout[]>`UPDATE seat_layouts l
    SET document = ${JSON.stringify(layout.layout)}::jsonb, seat_count = ${layout.seatCount}, standing_capacity = ${layout.standingCapacity}
    WHERE l.room_id = ${layout.roomId}::uuid AND l.name = ${layout.name} AND l.status = 'DRAFT' RETURNING ${LAYOUT_COLUMNS}`
  return draft ?? null
}

/** Begins the next version of a name. */
export async function insertDraft(tx: Tx, layout: NewLayout): Promise<SeatLayout> {
  const [draft] = await tx.$queryRaw<SeatLayout[]>`INSERT INTO seat_layouts AS l
      (id, room_id, name, version, document, seat_count, standing_capacity)
    SELECT ${newId()}::uuid, ${layout.roomId}::uuid, ${layout.name}, coalesce(max(v.version), 0) + 1,
      ${JSON.stringify(layout.layout)}::jsonb, ${layout.seatCount}::int, ${layout.standingCapacity}::int
    FROM seat_layouts v WHERE v.room_id = ${layout.roomId}::uuid AND v.name = ${layout.name}
    RETURNING ${LAYOUT_COLUMNS}`
  if (!draft) throw new Error('an insert gave no row')
  return draft
}

/** Publishes a draft; of what is published already nothing changes. */
export async function moveLayoutToPublished(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE seat_layouts SET status = 'PUBLISHED', published_at = now() WHERE id = ${id}::uuid AND status = 'DRAFT'`
}
