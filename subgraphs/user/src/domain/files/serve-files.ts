import { downloadPath, downloadToken } from '@karcis/kit/contracts/downloads'
import { flatImageFileOf, IMAGE_FORMATS, imageWidths } from '@karcis/kit/contracts/files'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import type { FileAnswer, StreamRequest } from '@karcis/kit/subgraph/server'
import type { Deps } from '../deps.ts'
import { requireStorage } from './create-upload.ts'
import { CutShort } from './storage/disk-storage.ts'
import { documentKey, masterKey, sizeKey, TooLong } from './storage/storage.ts'
import { findPicture, findUpload, isAwaited } from './upload-store.ts'

/** Whoever knows the name of a picture may have it; what it names never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'
/** Stands in for a size that is being made. */
const FOR_NOW = 'public, max-age=5'

const MOST_BYTES = 50_000_000

/**
 * A picture in one size and form; while that is being made, the picture from which it is made.
 * @throws NotFound for what there is no picture of; ServiceUnavailable
 */
export async function openPicture(deps: Deps, name: string): Promise<FileAnswer> {
  const storage = requireStorage(deps)
  const asked = flatImageFileOf(name)
  if (!asked) throw new NotFound('picture', name)
  const made = await storage.get(sizeKey(asked.key, asked.width, asked.format), MOST_BYTES)
  if (made)
    return { headers: { 'content-type': IMAGE_FORMATS[asked.format], 'cache-control': FOR_EVER }, body: made }
  const picture = await findPicture(deps.db, asked.key)
  const isSize = picture !== null && imageWidths(picture.width).includes(asked.width)
  const master = isSize ? await storage.get(masterKey(asked.key), MOST_BYTES) : null
  if (!master) throw new NotFound('picture', name)
  return { headers: { 'content-type': IMAGE_FORMATS.webp, 'cache-control': FOR_NOW }, body: master }
}

/** How long a link to a document is good. */
const LINK_MS = 15 * 60_000

/** A link to a document, for somebody who may see it now. */
export const documentUrlOf = ({ documentUrls }: Pick<Deps, 'documentUrls'>, uploadId: string): string =>
  downloadPath('document', documentUrls.sign({ uploadId }, new Date(Date.now() + LINK_MS)))

/** The document that a link opens. @throws NotFound for what is no link of ours, past its time, or of a document that is gone. */
export async function openDocument(deps: Deps, name: string): Promise<FileAnswer> {
  const token = downloadToken('document', name)
  const claim = token === null ? null : deps.documentUrls.read(token)
  const upload = claim && (await findUpload(deps.db, claim.uploadId))
  const bytes =
    upload?.state === 'READY' && upload.key !== null
      ? await requireStorage(deps).get(documentKey(upload.key), MOST_BYTES)
      : null
  if (!bytes) throw new NotFound('document', 'of this link')
  return {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="karcis-${claim?.uploadId}.pdf"`,
    },
    body: bytes,
  }
}

/**
 * Takes a file that somebody sends by a link of ours to our own disk.
 * @throws NotFound for what is no link of ours, past its time, or not awaited any more; BadUserInput for another size or type than was announced.
 */
export async function takeUpload(
  { db, intake }: Deps,
  token: string,
  { headers, body }: StreamRequest,
): Promise<object> {
  const announced = intake?.announced(token) ?? null
  const uploadId = announced?.key.split('/').at(-1)
  if (!intake || !announced || uploadId === undefined || !(await isAwaited(db, uploadId)))
    throw new NotFound('upload', 'of this link')
  const { contentType, size } = announced
  if (headers['content-type'] !== contentType)
    throw new BadUserInput([{ path: 'content-type', message: `must be ${contentType}, as was announced` }])
  const length = headers['content-length']
  if (length !== undefined && Number(length) !== size) throw wrongSize(size)
  try {
    await intake.receive(announced, body)
  } catch (error) {
    throw error instanceof TooLong || error instanceof CutShort ? wrongSize(size) : error
  }
  return { size }
}

const wrongSize = (size: number): BadUserInput =>
  new BadUserInput([{ path: 'content-length', message: `must be ${size} bytes, as was announced` }])
