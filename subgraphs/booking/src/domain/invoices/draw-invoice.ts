import { moneyText } from '@karcis/paper/amounts'
import { drawPdf, type Pdf, setFont, write } from '@karcis/paper/page'
import { type Invoice, type InvoiceLine, numberText } from './invoice.ts'
import { dateText, type Language, lineText, WORDS } from './invoice-words.ts'

/** What is to be drawn. */
export interface InvoiceDrawing {
  invoice: Invoice
  /** Number of the invoice that a credit note is for; null of an invoice. */
  credits: string | null
  language: Language
  /** IANA name, for the date. */
  timezone: string
}

/** A4, in points. */
const PAGE = { width: 595, height: 842, margin: 50, foot: 40 }
const WIDTH = PAGE.width - 2 * PAGE.margin
const BOTTOM = PAGE.height - PAGE.margin - PAGE.foot
/** Where the columns of the table begin, and how wide they are. */
const COLUMNS = {
  description: { x: PAGE.margin, width: 230, align: 'left' },
  quantity: { x: PAGE.margin + 235, width: 50, align: 'right' },
  unitPrice: { x: PAGE.margin + 290, width: 100, align: 'right' },
  amount: { x: PAGE.margin + 395, width: 100, align: 'right' },
} as const
const GREY = '#555555'
const GAP = 5

type Cells = Record<keyof typeof COLUMNS, string>

/** An invoice or a credit note as a PDF: of any number of lines, and of names of any length. The same one gives the same bytes. */
export function drawInvoice(drawing: InvoiceDrawing): Promise<Uint8Array> {
  const { invoice, language } = drawing
  const words = WORDS[language]
  const title = `${words.kinds[invoice.kind]} ${numberText(invoice)}`
  const facts = {
    ...PAGE,
    language: words.locale,
    title,
    author: invoice.content.seller,
    createdAt: invoice.issuedAt,
  }
  return drawPdf(facts, (pdf) => {
    const y = drawTable(pdf, drawing, drawHead(pdf, drawing))
    drawTotal(pdf, drawing, y)
    drawFeet(pdf, `${title} · ${invoice.content.seller}`, words.page)
  })
}

/** Who, to whom, what for. @returns where the table begins. */
function drawHead(pdf: Pdf, { invoice, credits, language, timezone }: InvoiceDrawing): number {
  const words = WORDS[language]
  const { content, kind } = invoice
  setFont(pdf, 'bold')
    .fontSize(22)
    .fillColor('black')
    .text(words.kinds[kind], PAGE.margin, PAGE.margin, { width: WIDTH })
  const rows: [string, string][] = [
    [words.number, numberText(invoice)],
    ...(credits === null ? [] : [[words.credits, credits] as [string, string]]),
    [words.date, dateText(invoice.issuedAt, timezone, words)],
    [words.seller, content.seller],
    [words.buyer, content.buyer],
    ...(content.event === null ? [] : [[words.event, content.event] as [string, string]]),
    [words.booking, invoice.bookingId],
  ]
  let y = PAGE.margin + 42
  for (const [label, value] of rows) {
    const width = WIDTH - 120
    setFont(pdf, 'regular').fontSize(10).fillColor(GREY).text(label, PAGE.margin, y, { width: 110 })
    const text = write(pdf, value, width)
    pdf.fillColor('black').text(text, PAGE.margin + 120, y, { width })
    y += pdf.heightOfString(text, { width }) + 2
  }
  return y + 18
}

/** The lines, on as many pages as they take. @returns where the last one ends. */
function drawTable(pdf: Pdf, { invoice, language }: InvoiceDrawing, from: number): number {
  const words = WORDS[language]
  const { description, quantity, unitPrice, amount } = words
  const heading = (y: number) => drawRow(pdf, { description, quantity, unitPrice, amount }, y, true, 'black')
  let y = heading(from)
  for (const line of invoice.content.lines) {
    const cells = cellsOf(line, invoice.currency, language)
    if (y + heightOf(pdf, cells) > BOTTOM) {
      pdf.addPage()
      y = heading(PAGE.margin)
    }
    y = drawRow(pdf, cells, y, false, line.inclusive ? GREY : 'black')
  }
  return y
}

function cellsOf(line: InvoiceLine, currency: string, language: Language): Cells {
  const words = WORDS[language]
  const isPlace = line.kind === 'PLACE'
  return {
    description: lineText(line, words),
    quantity: isPlace ? new Intl.NumberFormat(words.locale).format(line.quantity) : '',
    unitPrice: isPlace ? moneyText(line.unitPrice, currency, words.locale) : '',
    amount: moneyText(line.amount, currency, words.locale),
  }
}

function heightOf(pdf: Pdf, cells: Cells): number {
  pdf.fontSize(10)
  const heights = Object.entries(COLUMNS).map(([name, { width }]) =>
    pdf.heightOfString(write(pdf, cells[name as keyof Cells], width), { width }),
  )
  return Math.max(...heights) + 2 * GAP
}

/** @returns where the row ends, with the line under it. */
function drawRow(pdf: Pdf, cells: Cells, y: number, bold: boolean, color: string): number {
  const end = y + heightOf(pdf, cells)
  pdf.fontSize(10).fillColor(color)
  for (const [name, { x, ...box }] of Object.entries(COLUMNS))
    pdf.text(write(pdf, cells[name as keyof Cells], box.width, bold), x, y + GAP, box)
  pdf
    .moveTo(PAGE.margin, end)
    .lineTo(PAGE.margin + WIDTH, end)
    .lineWidth(bold ? 1 : 0.5)
    .strokeColor('#bbbbbb')
    .stroke()
  return end
}

function drawTotal(pdf: Pdf, { invoice, language }: InvoiceDrawing, from: number): void {
  const words = WORDS[language]
  let y = from + 8
  if (y + 30 > BOTTOM) {
    pdf.addPage()
    y = PAGE.margin
  }
  const { x } = COLUMNS.unitPrice
  setFont(pdf, 'bold').fontSize(12).fillColor('black')
  pdf.text(words.total[invoice.kind], PAGE.margin, y, { width: x - PAGE.margin - 10 })
  pdf.text(moneyText(invoice.total, invoice.currency, words.locale), x, y, {
    width: PAGE.margin + WIDTH - x,
    align: 'right',
  })
}

/** What stands under every page, once it is known how many there are. */
function drawFeet(pdf: Pdf, text: string, page: (at: number, of: number) => string): void {
  const { start, count } = pdf.bufferedPageRange()
  const y = PAGE.height - PAGE.margin - 10
  for (let at = start; at < start + count; at++) {
    pdf.switchToPage(at)
    pdf.fontSize(8).fillColor(GREY)
    const width = WIDTH - 110
    pdf.text(write(pdf, text, width), PAGE.margin, y, { width, height: 12, ellipsis: true, lineBreak: true })
    setFont(pdf, 'regular').text(page(at - start + 1, count), PAGE.margin + WIDTH - 100, y, {
      width: 100,
      align: 'right',
    })
  }
}
