import { inflateSync } from 'node:zlib'
import jsQR from 'jsqr'

/** What a reader of PDFs, and a scanner, find in one of a ticket. */
export function readTicketPdf(pdf: Buffer) {
  const text = pdf.toString('latin1')
  const [, language = ''] = /\/Lang \((.*?)\)/.exec(text) ?? []
  const rectangles = streamsOf(pdf).flatMap((stream) =>
    [...stream.matchAll(/([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re\b/g)].map((found) =>
      found.slice(1).map(Number),
    ),
  ) as Rectangle[]
  return {
    pages: text.match(/\/Type \/Page\b/g)?.length ?? 0,
    language,
    title: stringOf(text, 'Title'),
    author: stringOf(text, 'Author'),
    fonts: [...text.matchAll(/\/FontName \/\w+\+([\w-]+)/g)].map(([, name = '']) => name),
    code: scan(rectangles),
  }
}

type Rectangle = [x: number, y: number, width: number, height: number]

/** What is drawn, in the order of the file; streams that hold no text give nothing that is looked for. */
function streamsOf(pdf: Buffer): string[] {
  const streams: string[] = []
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 1)) {
    const end = pdf.indexOf('\nendstream', at)
    if (end < 0) break
    try {
      streams.push(inflateSync(pdf.subarray(at + 'stream\n'.length, end)).toString('latin1'))
    } catch {} // no stream, or not packed like that
  }
  return streams
}

/** A text of what the file says of itself, which is an object of its own. */
function stringOf(text: string, name: string): string {
  const [, object = ''] = new RegExp(`/${name} (\\d+) 0 R`).exec(text) ?? []
  const [, literal = ''] =
    new RegExp(`\\n${object} 0 obj\\n\\(((?:\\\\.|[^\\\\)])*)\\)`, 's').exec(text) ?? []
  const bytes = Buffer.from(literal.replace(/\\([()\\])/g, '$1'), 'latin1')
  const isWide = bytes[0] === 0xfe && bytes[1] === 0xff
  return isWide ? Buffer.from(bytes.subarray(2)).swap16().toString('utf16le') : bytes.toString('latin1')
}

/** Points of a page as so many pixels. */
const SCALE = 2

/** Draws what is black on white, and reads the code in it. */
function scan(rectangles: readonly Rectangle[]): string | undefined {
  const [width, height] = [298 * SCALE, 420 * SCALE]
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (const [x, y, wide, high] of rectangles.filter(([, , wide]) => wide < 100)) // not the bar at the head
    for (let row = Math.round(y * SCALE); row < Math.round((y + high) * SCALE); row++)
      for (let column = Math.round(x * SCALE); column < Math.round((x + wide) * SCALE); column++)
        pixels.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3)
  return jsQR.default(pixels, width, height)?.data
}
