import type { StoredImage } from '@karcis/kit/contracts/files'
import { raw } from '@prisma/client/runtime/client'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import type { UploadPurpose } from './purposes.ts'

export type { Upload }

/** What is noted of a file once it was looked at: of a picture its size and a few pixels of it. */
export type Pixels =
  | { width: number; height: number; placeholder: string }
  | { width: null; height: null; placeholder: null }

interface NewUpload {
  id: string
  ownerId: string
  purpose: UploadPurpose
  contentType: string
  size: number
}

/** Adds one that can be sent for so many seconds. @returns until when. */
export async function insertUpload(tx: Tx, upload: NewUpload, seconds: number): Promise<Date> {
  const [row] = await tx.$queryRaw<[{ until: Date }]>`
    INSERT INTO uploads (id, owner_id, purpose, content_type, size, url_expires_at)
    VALUES (${upload.id}::uuid, ${upload.ownerId}::uuid, ${upload.purpose}::upload_purpose, ${upload.contentType}, ${upload.size}::int,
      now() + make_interval(secs => ${seconds}::float8))
    RETURNING url_expires_at AS until`
  return row.until
}

/** How many files of somebody are kept, or may come, that nothing uses. The caller has locked the account. */
export async function countUnusedUploads(tx: Tx, ownerId: string): Promise<number> {
  const [row] = await tx.$queryRaw<[{ count: number }]>`SELECT count(*)::int AS count FROM uploads u
    WHERE u.owner_id = ${ownerId}::uuid AND u.state <> 'GONE' AND NOT EXISTS (SELECT FROM upload_uses WHERE upload_id = u.id)`
  return row.count
}

export const findUpload = (db: Db | Tx, id: string): Promise<Upload | null> =>
  db.upload.findUnique({ where: { id } })

/** Whether a file may be sent to where this upload is looked for. */
export async function isAwaited(db: Db, id: string): Promise<boolean> {
  const found = await db.$queryRaw<unknown[]>`SELECT true FROM uploads
    WHERE id = ${id}::uuid AND state = 'PENDING' AND key IS NULL AND url_expires_at > now()`
  return found.length > 0
}

/**
 * Says under what name a file is about to be kept. @returns false when it is not awaited any more, or is to be kept under another name already.
 */
export async function updateUploadKey(
  tx: Tx,
  id: string,
  key: string,
  { width, height, placeholder }: Pixels,
): Promise<boolean> {
  const changed =
    await tx.$executeRaw`UPDATE uploads SET key = ${key}, width = ${width}::int, height = ${height}::int,
      placeholder = ${placeholder}, touched_at = now()
    WHERE id = ${id}::uuid AND state = 'PENDING' AND (key IS NULL OR key = ${key})`
  return changed === 1
}

/** Says that a file is kept under its name. @returns whether this was the first to say so. */
export async function moveUploadToReady(tx: Tx, id: string, key: string): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE uploads SET state = 'READY', touched_at = now()
    WHERE id = ${id}::uuid AND state = 'PENDING' AND key = ${key}`
  return moved === 1
}

/** What was sent is refused, or not wanted: it is going to be removed. @returns false when it was kept meanwhile. */
export async function moveUploadToGone(tx: Tx, id: string): Promise<boolean> {
  const moved =
    await tx.$executeRaw`UPDATE uploads SET state = 'GONE', touched_at = now() WHERE id = ${id}::uuid AND state = 'PENDING'`
  return moved === 1
}

/** Says that all sizes of a picture are there. */
export async function updateUploadSized(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE uploads SET sized_at = now() WHERE id = ${id}::uuid AND sized_at IS NULL`
}

/** Pictures whose sizes are missing although their job should be done. */
export async function listUnsizedUploads(db: Db, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id::text AS id FROM uploads
    WHERE state = 'READY' AND width IS NOT NULL AND sized_at IS NULL AND touched_at < now() - interval '2 minutes'
    ORDER BY touched_at LIMIT ${limit}::int`
  return rows.map(({ id }) => id)
}

/** A picture by its name; null when there is none. */
export async function findPicture(db: Db, key: string): Promise<{ width: number; sized: boolean } | null> {
  const [row] = await db.$queryRaw<
    { width: number; sized: boolean }[]
  >`SELECT width, sized_at IS NOT NULL AS sized
    FROM uploads WHERE key = ${key} AND state = 'READY' AND width IS NOT NULL`
  return row ?? null
}

/** What a thing that uses files is called here. */
export type User = `${'user' | 'proposal' | 'event' | 'organizer'}:${string}`

/**
 * Notes a use of what is ready, and puts off whatever would sweep it. @returns false when it is not ready (any more).
 * @param confirmed whether the thing is in this transaction too; if not, another subgraph is to say that it uses it.
 */
export async function insertUse(tx: Tx, id: string, usedBy: User, confirmed: boolean): Promise<boolean> {
  const touched =
    await tx.$executeRaw`UPDATE uploads SET touched_at = now() WHERE id = ${id}::uuid AND state = 'READY'`
  if (touched === 0) return false
  await tx.$executeRaw`INSERT INTO upload_uses (upload_id, used_by, confirmed_at)
    VALUES (${id}::uuid, ${usedBy}, CASE WHEN ${confirmed} THEN now() END)
    ON CONFLICT (upload_id, used_by) DO UPDATE SET created_at = now(), confirmed_at = coalesce(upload_uses.confirmed_at, excluded.confirmed_at)`
  return true
}

/** A thing uses nothing any more, but for what is named, and what it has not said yet that it uses. What it used has its time of grace from now. */
export async function deleteUsesBut(tx: Tx, usedBy: User, kept: string | null): Promise<void> {
  await tx.$executeRaw`WITH ended AS (
      DELETE FROM upload_uses WHERE used_by = ${usedBy} AND confirmed_at IS NOT NULL AND upload_id IS DISTINCT FROM ${kept}::uuid
      RETURNING upload_id)
    UPDATE uploads SET touched_at = now() FROM ended WHERE id = ended.upload_id`
}

/** Uses that were announced so many days ago and never came to be. */
export const deleteForgottenUses = (tx: Tx, days: number): Promise<number> =>
  tx.$executeRaw`DELETE FROM upload_uses WHERE confirmed_at IS NULL AND created_at < now() - make_interval(days => ${days}::int)`

/** Whatever somebody has sent and nothing of others uses is going to be removed. Their own things have been taken away before. */
export async function moveUploadsOfToGone(tx: Tx, ownerId: string): Promise<void> {
  await tx.$executeRaw`UPDATE uploads u SET state = 'GONE', touched_at = now() WHERE u.owner_id = ${ownerId}::uuid AND u.state <> 'GONE'
    AND NOT EXISTS (SELECT FROM upload_uses WHERE upload_id = u.id)`
}

/** Leaves out what is used, or about to be. For tests to take out. */
const UNUSED = 'NOT EXISTS (SELECT FROM upload_uses WHERE upload_id = u.id)'

/** Has what nothing has used for so many hours removed. Whatever somebody is about to use just now stays. */
export const moveUnusedToGone = (tx: Tx, hours: number, limit: number): Promise<number> =>
  tx.$executeRaw`UPDATE uploads SET state = 'GONE', touched_at = now() WHERE id IN (
    SELECT u.id FROM uploads u WHERE u.touched_at < now() - make_interval(secs => ${hours * 3600}::float8) AND u.state <> 'GONE' AND ${raw(UNUSED)}
    ORDER BY u.touched_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED)`

/** A file, or a part of it, that is to go. */
export interface Leftover {
  id: string
  gone: boolean
  key: string | null
  width: number | null
  /** Whether nobody can send it any more, and nobody is still making anything of it: it can be forgotten. */
  over: boolean
}

/** What is to be removed from the storage: what is gone, and what was sent of what is kept, once nobody can send it again. */
export const listLeftovers = (db: Db, limit: number): Promise<Leftover[]> =>
  db.$queryRaw`SELECT id::text AS id, state = 'GONE' AS gone, key, width,
      url_expires_at < now() - interval '5 minutes' AND touched_at < now() - interval '10 minutes' AS over
    FROM uploads
    WHERE state = 'GONE' OR (staged AND url_expires_at < now() - interval '5 minutes') ORDER BY url_expires_at LIMIT ${limit}::int`

/** Nothing of it is left. */
export async function deleteUpload(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM uploads WHERE id = ${id}::uuid AND state = 'GONE'`
}

/** What was sent is removed; what was made of it is not. */
export async function updateUploadUnstaged(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE uploads SET staged = false WHERE id = ${id}::uuid`
}

/** As whoever shows the picture keeps it. @throws Error for what is no picture, or none yet. */
export function imageOf({ id, key, width, height, placeholder }: Upload): StoredImage {
  if (key === null || width === null || height === null || placeholder === null)
    throw new Error(`no picture: ${id}`)
  return { uploadId: id, key, width, height, placeholder }
}
