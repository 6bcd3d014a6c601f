import { IMAGE_FORMATS, type ImageFormat, imageWidths } from '@karcis/kit/contracts/files'
import { transaction } from '@karcis/kit/database'
import { defineJob, enqueue } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { masterKey, sizeKey } from '../storage/storage.ts'
import { findUpload, listUnsizedUploads, updateUploadSized } from '../upload-store.ts'

/** The master is a picture of ours, however much of it there is. */
const MOST_MASTER_BYTES = 50_000_000

const FORMATS = Object.keys(IMAGE_FORMATS) as ImageFormat[]

/** Makes a picture in all sizes and forms. Broken off anywhere, or done twice at once, it comes to the same. */
export const makePictureSizes = defineJob({
  name: 'make-picture-sizes',
  schema: z.object({ uploadId: z.uuid() }),
  async run({ db, storage, pictures }: Deps, { uploadId }) {
    const upload = await findUpload(db, uploadId)
    if (
      !storage ||
      upload?.state !== 'READY' ||
      upload.key === null ||
      upload.width === null ||
      upload.sizedAt
    )
      return
    const { key, width } = upload
    const master = await storage.get(masterKey(key), MOST_MASTER_BYTES)
    if (!master) return
    for (const each of imageWidths(width)) {
      for (const format of FORMATS) {
        const bytes = await pictures.makeSize(master, each, format, `sizes ${uploadId}`)
        await storage.put(sizeKey(key, each, format), bytes, IMAGE_FORMATS[format])
      }
    }
    await transaction(db, (tx) => updateUploadSized(tx, uploadId))
  },
})

const AT_ONCE = 20

/** Goes on with pictures whose job was lost. */
export const resumePictureSizes = defineJob({
  name: 'resume-picture-sizes',
  schema: z.object({}),
  async run(deps: Deps) {
    for (const uploadId of await listUnsizedUploads(deps.db, AT_ONCE))
      await transaction(deps.db, (tx) => enqueue(tx, makePictureSizes, { uploadId }, { key: uploadId }))
  },
})
