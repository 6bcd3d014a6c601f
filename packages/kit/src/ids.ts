import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import { z } from 'zod'

/** Random bytes of ids to come: drawn for many at once, for each drawing costs more than all else. */
const random = Buffer.alloc(16 * 256)
let used = random.length
/** Where the last id stands: of one millisecond each has a number above the one before. */
let last = { msecs: 0, seq: 0 }

/** A new entity id: UUIDv7 (RFC 9562), so ids made later sort later and index pages stay warm. */
export function newId(): string {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  const bytes = random.subarray(used, (used += 16))
  const now = Date.now()
  if (now > last.msecs) last = { msecs: now, seq: bytes.readUInt32BE(6) >>> 1 }
  else last.seq += 1 // it begins in the lower half of its 32 bits: no process makes as many ids as the upper one has
  return v7({ random: bytes, ...last })
}

const UUID = z.regexes.uuid()

/** Whether a text is an id, in whatever case. Postgres would refuse a whole query over one that is not. */
export const isId = (text: string): boolean => UUID.test(text)

/** An id as an input gives it: in any case in, in lower case out, as everything that is compared with it. */
export const idSchema = z
  .uuid({ error: ({ code }) => (code === 'invalid_format' ? 'must be an id (UUID)' : undefined) })
  .toLowerCase()

/** The id that a reference names, in lower case; null for what is no id and so names nothing. */
export const parseId = (text: string): string | null => (isId(text) ? text.toLowerCase() : null)

/** The 16 bytes that an id stands for. */
export const idBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')

/** The id of 16 bytes, in lower case. */
export const idOfBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
