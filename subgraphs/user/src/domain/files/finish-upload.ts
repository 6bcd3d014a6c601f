import { createHash } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { enqueue } from '@karcis/kit/jobs'
import { parseInput } from '@karcis/kit/validate'
import type { Db, Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { requireStorage } from './create-upload.ts'
import { inspectFile } from './inspection/inspect-file.ts'
import { makePictureSizes } from './pictures/make-picture-sizes.ts'
import { termsOf, type UploadPurpose } from './purposes.ts'
import { documentKey, masterKey, stagedKey, TooLong } from './storage/storage.ts'
import {
  findUpload,
  moveUploadToGone,
  moveUploadToReady,
  type Pixels,
  type Upload,
  updateUploadKey,
} from './upload-store.ts'

/** Whose upload is wanted, and what for. */
export interface Wanted {
  uploadId: string
  ownerId: string
  /** Any, where it is left out. */
  purpose?: UploadPurpose
  /** The argument that it came by, which errors name. */
  path: string
}

/**
 * Looks at what was sent, and keeps what is good of it: a picture without whatever its camera noted, turned as it is to be seen; a document as it is.
 * What is not good is removed. Done again, or by several at once, it comes to the same.
 * @throws NotFound for what is not theirs; Conflict when nothing has come; BadUserInput for what it may not be; ServiceUnavailable
 */
export async function finishUpload(deps: Deps, wanted: Wanted): Promise<Upload> {
  const upload = await requireOwn(deps, wanted)
  if (upload.state === 'READY') return upload
  const storage = requireStorage(deps)
  const sent = await storage.get(stagedKey(upload.id), upload.size).catch((error: unknown) => {
    if (error instanceof TooLong) return 'too long' as const
    throw error
  })
  if (sent === null) return onceMore(deps, wanted)
  if (sent === 'too long')
    return refuse(deps, upload, wanted.path, `is longer than the ${upload.size} bytes that were announced`)
  const kept = await look(deps, upload, sent)
  if ('problem' in kept) return refuse(deps, upload, wanted.path, kept.problem)

  const key = createHash('sha256').update(upload.id).update(kept.bytes).digest('base64url')
  if (!(await transaction(deps.db, (tx) => updateUploadKey(tx, upload.id, key, kept.picture))))
    return onceMore(deps, wanted)
  if (kept.picture.width === null) await storage.put(documentKey(key), kept.bytes, 'application/pdf')
  else await storage.put(masterKey(key), kept.bytes, 'image/webp')
  await transaction(deps.db, async (tx) => {
    const isFirst = await moveUploadToReady(tx, upload.id, key)
    if (isFirst && kept.picture.width !== null) await enqueue(tx, makePictureSizes, { uploadId: upload.id })
  })
  // It is removed once more when nobody can send it again: see sweep-uploads.ts.
  await storage.remove(stagedKey(upload.id)).catch(() => undefined)
  return onceMore(deps, wanted)
}

/** What another has made of it meanwhile. @throws Conflict when that is nothing. */
async function onceMore(deps: Deps, wanted: Wanted): Promise<Upload> {
  const upload = await requireOwn(deps, wanted)
  if (upload.state === 'READY') return upload
  if (upload.key === null) throw new Conflict('Nothing has come yet: send the file first.', { id: upload.id })
  throw new ServiceUnavailable('This file is being looked at. Try again.')
}

/** @throws NotFound also for somebody else's, which nobody is to tell from none. */
export async function requireOwn(
  { db }: { db: Db | Tx },
  { uploadId, ownerId, purpose, path }: Wanted,
): Promise<Upload> {
  const id = parseInput(idSchema, uploadId, path)
  const upload = await findUpload(db, id)
  if (!upload || upload.ownerId !== ownerId || upload.state === 'GONE') throw new NotFound('upload', id)
  if (purpose !== undefined && upload.purpose !== purpose)
    throw new BadUserInput([
      { path, message: `was sent as ${upload.purpose}, so it cannot be used as ${purpose}` },
    ])
  return upload
}

/** What is left of it. */
async function refuse(deps: Deps, upload: Upload, path: string, problem: string): Promise<never> {
  const isGone = await transaction(deps.db, (tx) => moveUploadToGone(tx, upload.id))
  if (isGone)
    await requireStorage(deps)
      .remove(stagedKey(upload.id))
      .catch(() => undefined)
  throw new BadUserInput([{ path, message: problem }])
}

type Kept = { bytes: Uint8Array; picture: Pixels } | { problem: string }

/** What is to be kept of what came; or what is wrong with it, as it is told. */
async function look({ pictures }: Deps, upload: Upload, bytes: Buffer): Promise<Kept> {
  const { size, contentType, purpose, ownerId } = upload
  if (bytes.length !== size) return { problem: `is cut short: ${bytes.length} of ${size} bytes` }
  const found = inspectFile(bytes)
  if ('problem' in found) return found
  if (found.type !== contentType) return { problem: `is ${found.type}, not ${contentType} as was announced` }
  const { mostSide } = termsOf(purpose)
  if (mostSide === undefined) return { bytes, picture: { width: null, height: null, placeholder: null } }
  const made = await pictures.makeMaster(bytes, mostSide, ownerId)
  if ('problem' in made) return made
  const { master, ...picture } = made
  return { bytes: master, picture }
}
