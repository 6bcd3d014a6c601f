import type { UploadPurpose } from '../../generated/prisma/client.ts'

export type { UploadPurpose }

/** What may be sent for something. */
interface Terms {
  types: readonly string[]
  mostBytes: number
  /** Of a picture: it is made smaller than this, in pixels. Documents stay as they are. */
  mostSide?: number
}

const PICTURES = ['image/jpeg', 'image/png', 'image/webp', 'image/avif']
const POSTER: Terms = { types: PICTURES, mostBytes: 10_000_000, mostSide: 1_920 }

const TERMS: Readonly<Record<UploadPurpose, Terms>> = {
  AVATAR: { types: PICTURES, mostBytes: 10_000_000, mostSide: 768 },
  EVENT_IMAGE: POSTER,
  ORGANIZER_IMAGE: POSTER,
  PROPOSAL_BANNER: POSTER,
  PROPOSAL_DOCUMENT: { types: ['application/pdf'], mostBytes: 20_000_000 },
}

export const termsOf = (purpose: UploadPurpose): Terms => TERMS[purpose]
