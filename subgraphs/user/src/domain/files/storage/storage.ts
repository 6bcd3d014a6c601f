/** What a client does to send a file: one request. */
export interface SignedUpload {
  /** Where to; without a host at the router's own address. */
  url: string
  method: 'PUT'
  /** All of them are signed, or looked at: others are refused. */
  headers: Record<string, string>
}

/** What is to be sent. */
export interface Announced {
  /** Under which it is kept. */
  key: string
  contentType: string
  /** In bytes: exactly so many. */
  size: number
  expiresAt: Date
}

/** Where files are kept. All of them are small enough to be held in memory. */
export interface Storage {
  /** Lets a client send one file, past GraphQL. */
  signUpload(announced: Announced): Promise<SignedUpload>
  /** Keeps a file, whole or not at all. In the place of one that is there already. @throws ServiceUnavailable */
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>
  /** A file; null when there is none. @throws TooLong past so many bytes; ServiceUnavailable */
  get(key: string, mostBytes: number): Promise<Buffer | null>
  /** Removes a file; nothing happens when there is none. @throws ServiceUnavailable */
  remove(key: string): Promise<void>
  /** Why it cannot keep anything now; null when it can. */
  problem(): Promise<string | null>
}

/** A file is longer than it may be. */
export class TooLong extends Error {}

/** Where what a client sent lies until it is looked at. */
export const stagedKey = (uploadId: string): string => `incoming/${uploadId}`

/** Each picture has a folder of its own in it. */
export const PICTURES = 'pictures/'

/** The picture from which all sizes are made. */
export const masterKey = (key: string): string => `${PICTURES}${key}/master.webp`

/** One size of it. */
export const sizeKey = (key: string, width: number, format: string): string =>
  `${PICTURES}${key}/${width}.${format}`

export const documentKey = (key: string): string => `documents/${key}.pdf`
