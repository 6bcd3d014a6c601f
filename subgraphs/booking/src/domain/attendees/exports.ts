import { roleSchema } from '@karcis/kit/contracts/tokens'
import { idSchema } from '@karcis/kit/ids'
import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { z } from 'zod'
import { TooManyExports } from '../errors.ts'

export const attendeeStatus = z.enum(['VALID', 'USED', 'REFUNDED', 'CANCELLED', 'TRANSFERRED'])

/** Which tickets go into a file. */
export const exportFilter = z.object({
  ticketTypeId: idSchema.nullish().default(null),
  status: attendeeStatus.nullish().default(null),
})

const claims = exportFilter.extend({ eventId: z.uuid(), userId: z.uuid(), role: roleSchema })

export type ExportUrls = SignedUrls<z.infer<typeof claims>>

/** @param secret the same in every process of this subgraph. */
export const createExportUrls = (secret: string): ExportUrls =>
  createSignedUrls(secret, 'booking exports of attendees', claims)

/** So many files are made at a time; for one person fewer, who may have lost the first on its way. */
const AT_ONCE = 4
const AT_ONCE_FOR_ONE = 2

/** Counts the files that are being made. */
export interface ExportsUnderWay {
  /** @returns what ends it. @throws TooManyExports */
  begin(userId: string): () => void
}

export function createExportsUnderWay(): ExportsUnderWay {
  const people: string[] = []
  return {
    begin(userId) {
      const theirs = people.filter((id) => id === userId).length
      if (people.length >= AT_ONCE || theirs >= AT_ONCE_FOR_ONE) throw new TooManyExports()
      people.push(userId)
      return () => void people.splice(people.indexOf(userId), 1)
    },
  }
}
