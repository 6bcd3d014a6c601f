import { z } from 'zod'

/** Files that people sent, through the router's port. */
export const FILES_FOLDER = '/files/'

/** Where a file is sent to that the user subgraph keeps on its own disk: the same folder at both. */
export const FILE_UPLOADS_FOLDER = '/files/uploads/'

/** Whether the user subgraph can keep files: a route of it, for `/health`. */
export const STORAGE_PATH = '/internal/storage'

export const storageHealth = z.object({ problem: z.string().nullable() })

/** The most that anybody sends, in bytes. */
export const MOST_UPLOAD_BYTES = 20_000_000

/** A picture as whoever shows it keeps it: all that `Image` of the schema is made of. */
export const storedImage = z.object({
  /** Which upload it came by; whoever shows it is known there as its user. */
  uploadId: z.uuid(),
  /** Names the picture for good: another one has another key. */
  key: z.string(),
  /** In pixels, of the largest size that there is. */
  width: z.int(),
  height: z.int(),
  /** A few pixels of it, blurred, as a data URI. */
  placeholder: z.string(),
})

export type StoredImage = z.infer<typeof storedImage>

/** The sizes in which pictures are had, by their width in pixels; those above a picture's own are left out, and its own is one of them. */
const WIDTHS = [96, 192, 384, 768, 1_280, 1_920] as const

/** What sizes there are of a picture so wide, the smallest first. */
export const imageWidths = (width: number): number[] => [...WIDTHS.filter((each) => each < width), width]

/** How a picture can be had, the shortest first. */
export const IMAGE_FORMATS = { avif: 'image/avif', webp: 'image/webp', jpg: 'image/jpeg' } as const

export type ImageFormat = keyof typeof IMAGE_FORMATS

/** Where a picture is, in the form that whoever asks takes: the smallest that is so wide, else the largest. */
export function imageUrl({ key, width }: Pick<StoredImage, 'key' | 'width'>, wanted?: number | null): string {
  const widths = imageWidths(width)
  const chosen = wanted == null ? width : (widths.find((each) => each >= wanted) ?? width)
  return `${FILES_FOLDER}${key}/${chosen}`
}

/** One size of a picture in one form. */
export interface ImageFile {
  key: string
  width: number
  format: ImageFormat
}

const NAME = /^([\w-]{43})\/(\d{1,5})(?:\.(avif|webp|jpg))?$/

/** What a path names, as it stands behind the folder; null for what names no picture. Without an ending, any form will do. */
export function imageFileOf(
  name: string,
): (Omit<ImageFile, 'format'> & { format: ImageFormat | null }) | null {
  const [, key, width, format] = NAME.exec(name) ?? []
  if (key === undefined) return null
  return { key, width: Number(width), format: (format as ImageFormat | undefined) ?? null }
}

/** Path at the user subgraph. */
export const imageFilePath = ({ key, width, format }: ImageFile): string =>
  `${FILES_FOLDER}${key}.${width}.${format}`

const FLAT_NAME = /^([\w-]{43})\.(\d{1,5})\.(avif|webp|jpg)$/

/** The same of a name at the user subgraph. */
export function flatImageFileOf(name: string): ImageFile | null {
  const [, key, width, format] = FLAT_NAME.exec(name) ?? []
  return key === undefined ? null : { key, width: Number(width), format: format as ImageFormat }
}

/** Path of a file that is being sent. @param token says what may be sent, and until when. */
export const fileUploadPath = (token: string): string => `${FILE_UPLOADS_FOLDER}${token}`

/**
 * Says to the user subgraph that the viewer wants an event to show the picture that came by the upload `$uploadId`; a `StoredImage` under `image`. It is
 * a use only once `event.changed` says so. NOT_FOUND, CONFLICT, BAD_USER_INPUT as `finishUpload` of the schema.
 */
export const USE_EVENT_IMAGE = `mutation UseEventImage($uploadId: ID!, $eventId: ID!) {
  image: useEventImage(uploadId: $uploadId, eventId: $eventId) { ${Object.keys(storedImage.shape).join(' ')} }
}`

export const usedEventImage = z.object({ image: storedImage })
