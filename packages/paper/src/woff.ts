import { inflateSync } from 'node:zlib'

/** https://www.w3.org/TR/WOFF/#WOFFHeader, #TableDirectory; https://learn.microsoft.com/typography/opentype/spec/otff */
const WOFF = { signature: 0x774f4646, header: 44, entry: 20 }
const SFNT = { header: 12, entry: 16 }

const padded = (length: number): number => Math.ceil(length / 4) * 4

/**
 * The font in a WOFF file, unpacked once: who draws with the file itself unpacks its tables again for each letter.
 * @throws RangeError for what is none.
 */
export function unpackWoff(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== WOFF.signature) throw new RangeError('this is no WOFF file')
  const count = file.readUInt16BE(12)
  const tables = Array.from({ length: count }, (_, n) => {
    const at = WOFF.header + n * WOFF.entry
    const [offset, packed, length] = [4, 8, 12].map((from) => file.readUInt32BE(at + from)) as [
      number,
      number,
      number,
    ]
    const bytes = file.subarray(offset, offset + packed)
    return {
      tag: file.subarray(at, at + 4),
      checksum: file.subarray(at + 16, at + 20),
      bytes: packed < length ? inflateSync(bytes) : bytes,
    }
  })
  const begin = SFNT.header + count * SFNT.entry
  const font = Buffer.alloc(tables.reduce((sum, { bytes }) => sum + padded(bytes.length), begin))
  file.copy(font, 0, 4, 8) // what kind of outlines
  const power = 2 ** Math.floor(Math.log2(count))
  font.writeUInt16BE(count, 4)
  font.writeUInt16BE(power * 16, 6)
  font.writeUInt16BE(Math.log2(power), 8)
  font.writeUInt16BE((count - power) * 16, 10)
  let offset = begin
  for (const [n, { tag, checksum, bytes }] of tables.entries()) {
    const at = SFNT.header + n * SFNT.entry
    tag.copy(font, at)
    checksum.copy(font, at + 4)
    font.writeUInt32BE(offset, at + 8)
    font.writeUInt32BE(bytes.length, at + 12)
    bytes.copy(font, offset)
    offset += padded(bytes.length)
  }
  return font
}
