import { createGroupCommit } from '@karcis/kit/group-commit'
import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import type { SeatStatus } from './seat.ts'
import { PackedStatuses } from './statuses.ts'

/** Seats of all maps that are remembered: some 100 bytes each, for their ids. */
const MAX_SEATS = 500_000

/** Then it is read in full again: a database that was restored may have come to the same revision in another way. */
const REMEMBERED_MS = 15_000

/** The statuses of a map as of one moment. */
export interface StatusRead {
  revision: number
  /** What its seats are in the order of; null for a map from before there were geometries. */
  geometryHash: string | null
  /** As clients are told (statuses.ts). */
  statuses: string
  /** Ids of the seats, in order. */
  ids: readonly string[]
  /** Where a seat is in that order; undefined for one that is not on the map. */
  indexOf(seatId: string): number | undefined
}

/** Reads the statuses of maps, each only as far as it has changed since it was read last. */
export interface StatusBoards {
  /** @returns null for an event without a map. */
  read(eventId: string): Promise<StatusRead | null>
}

/** A map as it was read last, with what was held past its time still held. */
interface Board {
  revision: number
  geometryHash: string | null
  ids: readonly string[]
  indices: ReadonlyMap<string, number>
  statuses: PackedStatuses
}

/** @param deps asked for at each read. */
export function createStatusBoards(deps: () => { db: Db }): StatusBoards {
  const boards = new LRUCache<string, Board>({
    maxSize: MAX_SEATS,
    sizeCalculation: ({ ids }) => ids.length + 1,
    ttl: REMEMBERED_MS,
  })

  async function newest(eventId: string): Promise<Board | null> {
    const known = boards.get(eventId)
    const board = (known && (await catchUp(deps().db, eventId, known))) ?? (await readAll(deps().db, eventId))
    if (board && board !== known) boards.set(eventId, board) // what is caught up stays as old as it is
    return board
  }

  const reads = createGroupCommit<object, StatusRead | null>({
    maxBatch: 1_000,
    async run(eventId, requests) {
      const board = await newest(eventId)
      const read = board && toRead(board, await findLapsedSeats(deps().db, eventId))
      return requests.map(() => read)
    },
  })
  return { read: (eventId) => reads.submit(eventId, {}) }
}

function toRead(
  { revision, geometryHash, ids, indices, statuses }: Board,
  lapsed: readonly string[],
): StatusRead {
  const now = lapsed.length > 0 ? statuses.copy() : statuses
  for (const id of lapsed) {
    const index = indices.get(id)
    if (index !== undefined) now.set(index, 'AVAILABLE')
  }
  return { revision, geometryHash, ids, statuses: now.toBase64(), indexOf: (id) => indices.get(id) }
}

async function readAll(db: Db, eventId: string): Promise<Board | null> {
  const [row] = await db.$queryRaw<
    { revision: number; geometry_hash: string | null; ids: string[] | null; statuses: string | null }[]
  >`SELECT m.revision, m.geometry_hash, a.ids, a.statuses FROM seat_maps m CROSS JOIN LATERAL (
      SELECT array_agg(s.id ORDER BY x.ordinal, s.row_index, s.position) AS ids,
        string_agg(left(s.status, 1), '' ORDER BY x.ordinal, s.row_index, s.position) AS statuses
      FROM seats s JOIN sections x ON x.id = s.section_id WHERE s.event_id = m.event_id
    ) a WHERE m.event_id = ${eventId}::uuid`
  if (!row) return null
  const ids = row.ids ?? []
  const statuses = new PackedStatuses(ids.length)
  for (const [index, letter] of (row.statuses ?? '').split('').entries())
    statuses.set(index, STATUS_OF_LETTER[letter] ?? 'BLOCKED')
  const indices = new Map(ids.map((id, index) => [id, index]))
  return { revision: row.revision, geometryHash: row.geometry_hash, ids, indices, statuses }
}

const STATUS_OF_LETTER: Record<string, SeatStatus> = { A: 'AVAILABLE', H: 'HELD', S: 'SOLD', B: 'BLOCKED' }

/** Brings a board up to date. @returns null when it is of no use any more: the map was drawn anew, or restored from before. */
async function catchUp(db: Db, eventId: string, board: Board): Promise<Board | null> {
  const rows = await db.$queryRaw<
    {
      revision: number
      drawn_revision: number
      geometry_hash: string | null
      id: string | null
      status: SeatStatus
    }[]
  >`SELECT m.revision, m.drawn_revision, m.geometry_hash, s.id, s.status FROM seat_maps m
    LEFT JOIN seats s ON s.event_id = m.event_id AND s.revision > ${board.revision} WHERE m.event_id = ${eventId}::uuid`
  const [first] = rows
  if (!first || first.revision < board.revision || first.drawn_revision > board.revision) return null
  for (const { id, status } of rows) {
    const index = id === null ? undefined : board.indices.get(id)
    if (index !== undefined) board.statuses.set(index, status)
  }
  board.revision = first.revision
  board.geometryHash = first.geometry_hash
  return board
}

/** Seats whose hold is past its time and bound by no booking: free for the next taker, although nobody has ended it yet. */
async function findLapsedSeats(db: Db, eventId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT s.id FROM holds h JOIN seats s ON s.hold_id = h.id
    WHERE h.event_id = ${eventId}::uuid AND h.status = 'ACTIVE' AND h.booking_id IS NULL AND h.expires_at <= now()
      AND s.held_until <= now()`
  return rows.map((row) => row.id)
}
