const CUT = 'is cut short'
const TAIL = 'goes on behind its end'

/** Chunks from the eighth byte on, the last of which is IEND and ends with the file. */
export function pngProblem(bytes: Buffer): string | null {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const next = at + 12 + bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return next === bytes.length ? null : TAIL
    at = next
  }
  return CUT
}

/** One chunk of chunks, as long as the file; of odd length it may be filled up by a byte. */
export function webpProblem(bytes: Buffer): string | null {
  const length = bytes.readUInt32LE(4) + 8
  if (length > bytes.length) return CUT
  return bytes.length - length <= length % 2 ? null : TAIL
}

/** Boxes, which end with the file. */
export function avifProblem(bytes: Buffer): string | null {
  let at = 0
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at)
    if (size === 0) return null // up to the end
    const long = size === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + 8)) : size
    if (long < 8) return CUT
    at += long
  }
  if (at > bytes.length) return CUT
  return at === bytes.length ? null : TAIL
}

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7

/** Segments up to the end of the picture. Cameras put smaller pictures, or a film of the moment, behind it: what is not that is refused. */
export function jpegProblem(bytes: Buffer): string | null {
  const end = endOfJpeg(bytes)
  if (end === null) return CUT
  return isOfCamera(bytes.subarray(end)) ? null : TAIL
}

/** What stands behind the picture; null when it does not end. */
function endOfJpeg(bytes: Buffer): number | null {
  for (let at = 2; at + 4 <= bytes.length + 2; ) {
    if (bytes[at] !== 0xff) return null
    const marker = bytes[at + 1] ?? 0
    if (marker === EOI) return at + 2
    if (marker === 0xff)
      at += 1 // fills up
    else if (marker === SOI || isRestart(marker)) at += 2
    else if (at + 4 > bytes.length) return null
    else at += 2 + bytes.readUInt16BE(at + 2)
    if (marker === SOS) at = endOfScan(bytes, at)
  }
  return null
}

/** The next marker that belongs to no scan. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0
    if (marker !== 0 && marker !== 0xff && !isRestart(marker)) return at
  }
  return bytes.length
}

/** Further pictures (CIPA DC-007), a film (Motion Photo), what Samsung's cameras note, or nothing. */
function isOfCamera(tail: Buffer): boolean {
  const isFilled = tail.every((byte) => byte === 0)
  const isPicture = tail.indexOf(Buffer.from([0xff, SOI, 0xff])) === 0
  const isFilm = tail.toString('latin1', 4, 8) === 'ftyp'
  const isSamsungs = tail.toString('latin1', tail.length - 4) === 'SEFT'
  return isFilled || isPicture || isFilm || isSamsungs
}
