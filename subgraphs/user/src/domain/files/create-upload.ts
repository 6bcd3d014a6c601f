import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, KarcisError, Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { UploadPurpose } from '../../generated/prisma/client.ts'
import { lockAccount } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { termsOf } from './purposes.ts'
import { type Storage, stagedKey, type SignedUpload } from './storage/storage.ts'
import { countUnusedUploads, insertUpload } from './upload-store.ts'

/** How long a file can be sent: a slow line takes some minutes for the largest. */
const SECONDS = 15 * 60

/** Files of one person that are kept for nothing, or may come. */
const MOST_UNUSED = 20

const schema = z.object({
  purpose: z.enum(UploadPurpose),
  contentType: z.string().transform((type) => type.trim().toLowerCase()),
  size: z.int().min(1),
})

/** How a file is sent, and until when. */
export interface StartedUpload extends SignedUpload {
  id: string
  expiresAt: Date
  maxBytes: number
}

/** Where files are kept. @throws Conflict where no operator has set that up. */
export function requireStorage({ storage }: Pick<Deps, 'storage'>): Storage {
  if (!storage) throw new Conflict('No files are taken here: nothing is set up to keep them.')
  return storage
}

/**
 * Has a file of the viewer's awaited, and says how to send it.
 * @throws BadUserInput, LimitExceeded, Unauthenticated; Conflict where files are not kept.
 */
export async function createUpload(
  deps: Deps,
  { id: ownerId }: Viewer,
  input: unknown,
): Promise<StartedUpload> {
  const storage = requireStorage(deps)
  const { purpose, contentType, size } = parseInput(schema, input)
  const { types, mostBytes } = termsOf(purpose)
  if (!types.includes(contentType))
    throw new BadUserInput([{ path: 'input.contentType', message: `must be one of ${types.join(', ')}` }])
  if (size > mostBytes)
    throw new BadUserInput([{ path: 'input.size', message: `must be at most ${mostBytes} bytes` }])
  const id = newId()
  const expiresAt = await transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, ownerId)
    if (!account) throw new Unauthenticated()
    if ((await countUnusedUploads(tx, ownerId)) >= MOST_UNUSED) throw new TooManyUnused(MOST_UNUSED)
    return insertUpload(tx, { id, ownerId, purpose, contentType, size }, SECONDS)
  })
  const signed = await storage.signUpload({ key: stagedKey(id), contentType, size, expiresAt })
  return { ...signed, id, expiresAt, maxBytes: size }
}

class TooManyUnused extends KarcisError {
  constructor(limit: number) {
    super(
      'LIMIT_EXCEEDED',
      `You have ${limit} files here that nothing uses: use some, or wait until they are forgotten, in a day.`,
      { limit },
    )
  }
}
