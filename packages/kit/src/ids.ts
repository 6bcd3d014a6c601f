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
