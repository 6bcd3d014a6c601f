/** What browsers and mail programs may take for a page, wherever it stands in a file. */
const PAGE = /<!doctype\s+html|<html[\s>]|<script[\s>]|<\?php/i

/** Where they look for it: at the beginning, before they believe what a file is called. */
const SNIFFED_BYTES = 4_096

/** Behind the last mark of the end there may be white space and nothing else. */
const END = '%%EOF'

export function pdfProblem(bytes: Buffer): string | null {
  const end = bytes.lastIndexOf(END, undefined, 'latin1')
  if (end < 0) return 'is cut short'
  if (!/^[\s\0]*$/.test(bytes.toString('latin1', end + END.length))) return 'goes on behind its end'
  return PAGE.test(bytes.toString('latin1', 0, SNIFFED_BYTES)) ? 'is a page as well' : null
}
