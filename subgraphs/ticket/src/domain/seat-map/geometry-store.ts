import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { SeatLayoutCoding } from '@karcis/kit/contracts/seat-layouts'
import type { Db, Tx } from '../database.ts'
import type { Geometry } from './geometry.ts'

/** A geometry as it is kept and sent: by the hash of what is in it. */
export interface PackedGeometry {
  /** SHA-256 of its JSON, base64url. */
  hash: string
  gzip: Uint8Array
  brotli: Uint8Array
}

/** Of a megabyte some 0.1 s in another thread; the last percents of brotli would take seconds. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 } }

/** Packs a geometry. Takes its time, and none of the event loop's: not for inside of a transaction. */
export async function packGeometry(geometry: Geometry): Promise<PackedGeometry> {
  const json = Buffer.from(JSON.stringify(geometry))
  const [gzipped, brotli] = await Promise.all([
    promisify(gzip)(json, { level: 9 }),
    promisify<Buffer, object, Buffer>(brotliCompress)(json, BROTLI),
  ])
  return { hash: createHash('sha256').update(json).digest('base64url'), gzip: gzipped, brotli }
}

/** Keeps a geometry, unless there is one that looks the same. */
export async function insertGeometry(tx: Tx, { hash, gzip: gzipped, brotli }: PackedGeometry): Promise<void> {
  await tx.$executeRaw`INSERT INTO seat_geometries (hash, gzip, brotli) VALUES (${hash}, ${gzipped}, ${brotli}) ON CONFLICT (hash) DO NOTHING`
}

/** Gives a map from before there were geometries its own. Whoever draws it anew at the same time does that as well. */
export async function updateMissingGeometry(tx: Tx, eventId: string, hash: string): Promise<void> {
  await tx.$executeRaw`UPDATE seat_maps SET geometry_hash = ${hash} WHERE event_id = ${eventId}::uuid AND geometry_hash IS NULL`
}

/** A geometry as it is sent; null when there is none of this hash. */
export async function findGeometry(
  db: Db,
  hash: string,
  coding: SeatLayoutCoding,
): Promise<Uint8Array | null> {
  const [row] =
    coding === 'br'
      ? await db.$queryRaw<
          { body: Uint8Array }[]
        >`SELECT brotli AS body FROM seat_geometries WHERE hash = ${hash}`
      : await db.$queryRaw<
          { body: Uint8Array }[]
        >`SELECT gzip AS body FROM seat_geometries WHERE hash = ${hash}`
  return row?.body ?? null
}
