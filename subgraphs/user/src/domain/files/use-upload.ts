import type { StoredImage } from '@karcis/kit/contracts/files'
import { transaction } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { lockAccount, updateAccount } from '../accounts/account-store.ts'
import { type UserView, viewFor } from '../accounts/user-view.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { imageUrl } from '@karcis/kit/contracts/files'
import { finishUpload, requireOwn, type Wanted } from './finish-upload.ts'
import { deleteUsesBut, imageOf, insertUse, type Upload, type User } from './upload-store.ts'

/**
 * Has a thing use a file that is ready (`finishUpload`, before the transaction), which stays from then on as long as that is so (`endUses`).
 * @param confirmed false where the thing is another subgraph's, which has yet to say that it uses it.
 * @returns what to keep of it. @throws NotFound for what is not theirs or not ready; BadUserInput for what was sent for something else.
 */
export async function useUpload(
  tx: Tx,
  wanted: Required<Wanted>,
  usedBy: User,
  confirmed = true,
): Promise<Upload> {
  const upload = await requireOwn({ db: tx }, wanted)
  if (!(await insertUse(tx, upload.id, usedBy, confirmed))) throw new NotFound('upload', upload.id)
  return upload
}

/** A thing uses none of its files any more, or all but one. */
export const endUses = (tx: Tx, usedBy: User, but: string | null = null): Promise<void> =>
  deleteUsesBut(tx, usedBy, but)

/** The width in pixels for which profile pictures are asked, in lists and on pages alike. */
const AVATAR_WIDTH = 384

/** Gives the viewer a profile picture, or takes it away. @throws as `finishUpload` and `useUpload` */
export async function setAvatar(deps: Deps, viewer: Viewer, uploadId: string | null): Promise<UserView> {
  const wanted =
    uploadId === null ? null : { uploadId, ownerId: viewer.id, purpose: 'AVATAR' as const, path: 'uploadId' }
  if (wanted) await finishUpload(deps, wanted)
  const account = await transaction(deps.db, async (tx) => {
    if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
    const usedBy: User = `user:${viewer.id}`
    const upload = wanted && (await useUpload(tx, wanted, usedBy))
    await endUses(tx, usedBy, upload?.id)
    return updateAccount(tx, viewer.id, { avatarUrl: upload && imageUrl(imageOf(upload), AVATAR_WIDTH) })
  })
  return viewFor(viewer, account)
}

/** For the event subgraph, which says by its events whether it came to be. @throws as `finishUpload` and `useUpload` */
export async function useEventImage(
  deps: Deps,
  viewer: Viewer,
  uploadId: string,
  eventId: string,
): Promise<StoredImage> {
  const id = parseInput(idSchema, eventId, 'eventId')
  const wanted = {
    uploadId,
    ownerId: viewer.id,
    purpose: 'EVENT_IMAGE' as const,
    path: 'input.imageUploadId',
  }
  await finishUpload(deps, wanted)
  return transaction(deps.db, async (tx) => imageOf(await useUpload(tx, wanted, `event:${id}`, false)))
}

/** What the event subgraph says that an event shows; null for nothing. */
export async function confirmEventImage(tx: Tx, eventId: string, uploadId: string | null): Promise<void> {
  const usedBy: User = `event:${eventId}`
  if (uploadId !== null) await insertUse(tx, uploadId, usedBy, true)
  await deleteUsesBut(tx, usedBy, uploadId)
}
