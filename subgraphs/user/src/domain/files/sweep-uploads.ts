import { IMAGE_FORMATS, imageWidths } from '@karcis/kit/contracts/files'
import { transaction } from '@karcis/kit/database'
import { defineJob, enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { documentKey, masterKey, sizeKey, stagedKey } from './storage/storage.ts'
import {
  deleteForgottenUses,
  deleteUpload,
  deleteUsesBut,
  type Leftover,
  listLeftovers,
  moveUnusedToGone,
  moveUploadsOfToGone,
  updateUploadUnstaged,
} from './upload-store.ts'

const BATCH = 200

const FORMATS = Object.keys(IMAGE_FORMATS)

/** A use that another subgraph has announced, and of which it has said nothing for so long, has not come to be. */
const FORGOTTEN_DAYS = 7

/**
 * Removes files that nothing uses, some time after they came or were used last, and what is left of others. First the row says that a file goes, then the
 * file goes, then, when nobody can send or make anything of it any more, the row: broken off anywhere, the next run goes on. What is used meanwhile stays (`insertUse`).
 */
export const sweepUploads = defineJob({
  name: 'sweep-uploads',
  schema: z.object({}),
  async run(deps: Deps, _payload, closing) {
    const { db, storage, unusedUploadHours, log } = deps
    if (!storage) return
    await transaction(db, (tx) => deleteForgottenUses(tx, FORGOTTEN_DAYS))
    while ((await transaction(db, (tx) => moveUnusedToGone(tx, unusedUploadHours, BATCH))) === BATCH)
      if (closing?.aborted) return
    const leftovers = await listLeftovers(db, BATCH)
    for (const leftover of leftovers) {
      if (closing?.aborted) return
      for (const key of keysOf(leftover)) await storage.remove(key)
      if (!leftover.gone) await transaction(db, (tx) => updateUploadUnstaged(tx, leftover.id))
      else if (leftover.over) await transaction(db, (tx) => deleteUpload(tx, leftover.id))
    }
    if (leftovers.length > 0) log.info({ files: leftovers.length }, 'what is left of files is removed')
  },
})

/** Has whatever somebody has sent removed, but for the pictures of events, which are the events'. What else used it is deleted before. */
export async function deleteFilesOf(tx: Tx, userId: string): Promise<void> {
  for (const usedBy of [`user:${userId}`, `organizer:${userId}`] as const)
    await deleteUsesBut(tx, usedBy, null)
  await moveUploadsOfToGone(tx, userId)
  await enqueue(tx, sweepUploads, {})
}

/** Whatever may be kept of it. Of what stays, only what was sent. */
function keysOf({ id, gone, key, width }: Leftover): string[] {
  const staged = stagedKey(id)
  if (!gone || key === null) return [staged]
  if (width === null) return [staged, documentKey(key)]
  const sizes = imageWidths(width).flatMap((each) => FORMATS.map((format) => sizeKey(key, each, format)))
  return [staged, masterKey(key), ...sizes]
}
