import { pdfProblem } from './pdf.ts'
import { avifProblem, jpegProblem, pngProblem, webpProblem } from './picture-containers.ts'

/** What a file says that it is, where it is nothing else besides; or what is wrong with it, as it is told. */
export type Found = { type: string } | { problem: string }

interface Kind {
  type: string
  begins(bytes: Buffer): boolean
  /** Of the whole file, from its first byte to its last; null when it is one of these and nothing else. */
  problem(bytes: Buffer): string | null
}

const has = (bytes: Buffer, at: number, text: string): boolean =>
  bytes.toString('latin1', at, at + text.length) === text

const KINDS: readonly Kind[] = [
  { type: 'image/jpeg', begins: (bytes) => has(bytes, 0, '\xff\xd8\xff'), problem: jpegProblem },
  { type: 'image/png', begins: (bytes) => has(bytes, 0, '\x89PNG\r\n\x1a\n'), problem: pngProblem },
  {
    type: 'image/webp',
    begins: (bytes) => has(bytes, 0, 'RIFF') && has(bytes, 8, 'WEBP'),
    problem: webpProblem,
  },
  { type: 'image/avif', begins: (bytes) => has(bytes, 4, 'ftypavi'), problem: avifProblem },
  { type: 'application/pdf', begins: (bytes) => has(bytes, 0, '%PDF-'), problem: pdfProblem },
]

/** Where the end of a ZIP archive may lie: what opens archives looks for it from the end (APPNOTE 4.3.16). */
const ARCHIVE_END = 'PK\x05\x06'
const ARCHIVE_TAIL = 65_535 + 22

/** Looks at a file by what is in it, whatever it is called: a picture that is an archive or a page as well is none. */
export function inspectFile(bytes: Buffer): Found {
  const kind = KINDS.find(({ begins }) => begins(bytes))
  if (!kind) return { problem: 'is no file of a type that is taken' }
  const problem = kind.problem(bytes) ?? archiveProblem(bytes)
  return problem === null ? { type: kind.type } : { problem }
}

const archiveProblem = (bytes: Buffer): string | null =>
  bytes.subarray(-ARCHIVE_TAIL).includes(ARCHIVE_END, 0, 'latin1') ? 'is an archive as well' : null
