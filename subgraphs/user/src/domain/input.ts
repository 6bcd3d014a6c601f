import { z } from 'zod'

/** RFC 5321: what a mail path can carry. */
export const MAX_EMAIL = 254

/** How an address is stored and compared. */
export const normalizeEmail = (email: string): string => email.normalize('NFC').trim().toLowerCase()

/** Whether Postgres can take a text: it refuses NUL. */
export const isStorable = (text: string): boolean => !text.includes('\0')
export const NOT_STORABLE = 'must not contain NUL'

/** Text of any number of lines, trimmed, not empty. */
export const textSchema = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine(isStorable, NOT_STORABLE)

/** What an update changes when it is given and keeps when it is left out. Null is no way to say either. */
export const keptWhenLeftOut = <T extends z.ZodType>(schema: T) =>
  z
    .unknown()
    .refine((value): boolean => value !== null, {
      message: 'cannot be null; leave it out to keep it',
      abort: true,
    })
    .pipe(schema)
    .optional()
