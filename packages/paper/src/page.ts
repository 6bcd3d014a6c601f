import PdfDocument from 'pdfkit'
import { type FontName, fontFile, inLines, written } from './written-text.ts'

export type Pdf = PDFKit.PDFDocument

/** What a reader of PDFs is told of one. */
export interface PdfFacts {
  /** In points. */
  width: number
  height: number
  /** BCP 47. */
  language: string
  title: string
  author: string
  /** When what stands in it was made, so that the same gives the same bytes. */
  createdAt: Date
}

/** Draws a PDF, whose first page is there already. Everything is put where it belongs: nothing flows over an edge by itself. */
export async function drawPdf(facts: PdfFacts, draw: (pdf: Pdf) => void): Promise<Uint8Array> {
  const pdf = new PdfDocument({
    size: [facts.width, facts.height],
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    bufferPages: true,
    lang: facts.language,
    displayTitle: true,
    info: { Title: facts.title, Author: facts.author, CreationDate: facts.createdAt },
  })
  const chunks: Uint8Array[] = []
  pdf.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  const ended = new Promise((resolve, reject) => {
    pdf.on('end', resolve)
    pdf.on('error', reject)
  })
  draw(pdf)
  pdf.end()
  await ended
  return Buffer.concat(chunks)
}

/** The name keeps one copy of the font in the file, however often it is set. */
export const setFont = (pdf: Pdf, name: FontName): Pdf => pdf.registerFont(name, fontFile(name)).font(name)

/**
 * Sets the font that has the letters of a text. @param bold where there is such a one.
 * @returns the text as it is to be drawn with it, in lines of a width.
 */
export function write(pdf: Pdf, text: string, width: number, bold = false): string {
  const as = written(text)
  setFont(pdf, bold && as.font === 'regular' ? 'bold' : as.font)
  return inLines(as.text, (words) => pdf.widthOfString(words), width)
}
