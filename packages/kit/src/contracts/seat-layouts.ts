/** Where the seats of maps stand, through the router's port: the same folder at the router and at the ticket subgraph. */
export const SEAT_LAYOUTS_FOLDER = '/seat-layouts/'

/** How a file comes from the ticket subgraph: compressed as it is kept. */
export const SEAT_LAYOUT_CODINGS = ['br', 'gzip'] as const

export type SeatLayoutCoding = (typeof SEAT_LAYOUT_CODINGS)[number]

const NAME = /^([\w-]{43})\.json$/
const CODED_NAME = /^([\w-]{43})\.json\.(br|gzip)$/

/** Path at the router. @param hash of what is in the file: SHA-256, base64url. */
export const seatLayoutPath = (hash: string): string => `${SEAT_LAYOUTS_FOLDER}${hash}.json`

/** Path at the ticket subgraph. */
export const codedSeatLayoutPath = (hash: string, coding: SeatLayoutCoding): string =>
  `${seatLayoutPath(hash)}.${coding}`

/** The hash in a file's name at the router, as it stands behind the folder; null for what names no file. */
export const seatLayoutHash = (name: string): string | null => NAME.exec(name)?.[1] ?? null

/** The same of a name at the ticket subgraph. */
export function codedSeatLayout(name: string): { hash: string; coding: SeatLayoutCoding } | null {
  const [, hash, coding] = CODED_NAME.exec(name) ?? []
  return hash === undefined ? null : { hash, coding: coding as SeatLayoutCoding }
}
