import { v7 } from 'uuid'
import { z } from 'zod'

/** A new entity id: UUIDv7 (RFC 9562), so ids made later sort later and index pages stay warm. */
export const newId = (): string => v7()

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
