import { crc32, deflateSync } from 'node:zlib'
import { create } from 'qrcode'

/** Pixels of a module: large enough for a scanner at the door on any screen. */
const SCALE = 8
/** ISO/IEC 18004: what a scanner needs of white around a code, in modules. */
const QUIET_ZONE = 4

/** A code as a PNG in a `data:` URL: one bit a pixel, with the quiet zone around it. */
export function drawQrCode(code: string): string {
  const { modules } = create(code, { errorCorrectionLevel: 'M' })
  const side = (modules.size + 2 * QUIET_ZONE) * SCALE
  const rowBytes = Math.ceil(side / 8)
  const white = (): Buffer => Buffer.alloc(1 + rowBytes, 0xff).fill(0, 0, 1) // its first byte says: no filter
  const quiet = Array.from({ length: QUIET_ZONE * SCALE }, white)
  const drawn = Array.from({ length: modules.size }, (_, row) => {
    const line = white()
    for (let column = 0; column < modules.size; column++) {
      if (!modules.data[row * modules.size + column]) continue
      const from = (column + QUIET_ZONE) * SCALE
      for (let x = from; x < from + SCALE; x++) {
        const at = 1 + (x >> 3)
        line[at] = (line[at] ?? 0) & ~(0x80 >> (x & 7))
      }
    }
    return Array.from({ length: SCALE }, () => line)
  }).flat()
  return `data:image/png;base64,${png(side, Buffer.concat([...quiet, ...drawn, ...quiet])).toString('base64')}`
}

/** A square greyscale PNG of one bit a pixel (https://www.w3.org/TR/png-3/). */
function png(side: number, lines: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1 // bit depth; the rest, colour type and methods, is 0
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
