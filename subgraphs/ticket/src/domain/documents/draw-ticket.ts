import { moneyText } from '@karcis/paper/amounts'
import { drawPdf, type Pdf, write } from '@karcis/paper/page'
import { create } from 'qrcode'
import { placeLine, referenceOf, type TicketDocument } from './document.ts'
import { type Language, momentText, spanText, WORDS } from './document-words.ts'

/** A6, in points: a page that four fit of on a sheet of A4, and that fills a telephone. */
const PAGE = { width: 298, height: 420 }
const MARGIN = 18
const WIDTH = PAGE.width - 2 * MARGIN
const GREY = '#555555'
const BAR = '#14213d'
const WHITE = '#ffffff'
/** The code with its quiet zone, and where it ends at the lowest. */
const CODE = { side: 148, bottom: PAGE.height - 62 }
/** ISO/IEC 18004: what a scanner needs of white around a code, in modules. */
const QUIET_ZONE = 4

/**
 * A ticket as a PDF of one page: what it admits to, when and where, for whom, and the code that the door scans. Names may be long, and in
 * any script. The same ticket gives the same bytes.
 */
export function drawTicket(ticket: TicketDocument, language: Language): Promise<Uint8Array> {
  const { event, organizer, createdAt } = ticket
  const words = WORDS[language]
  const title = `${words.ticket} ${referenceOf(ticket.id)} · ${event.title}`
  const facts = { ...PAGE, language: words.locale, title, author: organizer, createdAt }
  return drawPdf(facts, (pdf) => {
    const y = drawHead(pdf, ticket, language)
    drawFacts(pdf, factsOf(ticket, language), y)
    drawCode(pdf, ticket, language)
    fit(pdf, words.terms, MARGIN, PAGE.height - 42, { width: WIDTH, height: 32, size: 6.5, color: GREY })
  })
}

/** @returns where it ends. */
function drawHead(pdf: Pdf, { event, organizer, place }: TicketDocument, language: Language): number {
  pdf.rect(0, 0, PAGE.width, 64).fill(BAR)
  fit(pdf, organizer, MARGIN, 8, { width: WIDTH, height: 13, size: 7.5, color: '#cfd6e6' })
  fit(pdf, event.title, MARGIN, 22, { width: WIDTH, height: 40, size: 17, color: WHITE, bold: true })
  const { startsAt, endsAt, timezone } = event
  const when = spanText(startsAt, endsAt, timezone, language)
  let y = 70
  y += fit(pdf, when, MARGIN, y, { width: WIDTH, height: 24, size: 9, color: 'black', bold: true }) + 2
  const where = placeLine(place) ?? (place?.online ? WORDS[language].online : null)
  if (where !== null)
    y += fit(pdf, where, MARGIN, y, { width: WIDTH, height: 24, size: 8.5, color: 'black' }) + 2
  return y + 3
}

type Fact = readonly [label: string, value: string]

/** What stands in the table, row by row. */
function factsOf(ticket: TicketDocument, language: Language): Fact[][] {
  const words = WORDS[language]
  const { typeName, seat, attendee, price } = ticket
  const priceText =
    price && (price.amount === 0 ? words.free : moneyText(price.amount, price.currency, words.locale))
  const first: Fact[] = [[words.type, typeName]]
  if (priceText !== null) first.push([words.price, priceText])
  const seated: Fact[] = seat
    ? [
        [words.section, seat.section],
        [words.row, seat.row],
        [words.seat, seat.label],
      ]
    : []
  const named: Fact[] = attendee === null ? [] : [[words.attendee, attendee]]
  return [first, seated, named].filter((row) => row.length > 0)
}

function drawFacts(pdf: Pdf, rows: readonly Fact[][], from: number): void {
  let y = from
  for (const row of rows) {
    const width = WIDTH / row.length
    for (const [at, [label, value]] of row.entries()) {
      const x = MARGIN + at * width
      const box = { width: width - 6, height: 9, size: 6.5, color: GREY }
      fit(pdf, label, x, y, box)
      fit(pdf, value, x, y + 8, { ...box, height: 19, size: 10, color: 'black', bold: true })
    }
    y += 28
  }
}

/** The code that the door scans, below all else, and what it is called. */
function drawCode(
  pdf: Pdf,
  { id, code, status, checkedInAt, event }: TicketDocument,
  language: Language,
): void {
  const { modules } = create(code, { errorCorrectionLevel: 'M' })
  const unit = CODE.side / (modules.size + 2 * QUIET_ZONE)
  const left = (PAGE.width - CODE.side) / 2 + QUIET_ZONE * unit
  const top = CODE.bottom - CODE.side + QUIET_ZONE * unit
  for (let row = 0; row < modules.size; row++)
    for (let column = 0, end = 0; column < modules.size; column = Math.max(end, column + 1)) {
      // Whatever is dark side by side is one rectangle: seams between them would be seen, and scanned.
      end = column
      while (end < modules.size && modules.data[row * modules.size + end]) end++
      if (end > column) pdf.rect(left + column * unit, top + row * unit, (end - column) * unit, unit)
    }
  pdf.fill('black')
  const used = status === 'USED' && checkedInAt !== null
  const words = WORDS[language]
  const under = `${words.reference} ${referenceOf(id)}`
  const text = used ? `${under} · ${words.used(momentText(checkedInAt, event.timezone, language))}` : under
  const box = { width: WIDTH, height: 12, size: 8, color: used ? '#b00020' : 'black', bold: true }
  fit(pdf, text, MARGIN, CODE.bottom, { ...box, align: 'center' })
}

interface Box {
  width: number
  height: number
  /** The largest size of its letters: it is made smaller as far as can be read, and what does not fit then is cut off. */
  size: number
  color: string
  bold?: boolean
  align?: 'left' | 'center'
}

const SMALLEST = 6

/** Draws a text into a box. @returns how high it is. */
function fit(pdf: Pdf, text: string, x: number, y: number, { size, color, bold, ...box }: Box): number {
  const { width, height } = box
  let letters = size
  for (; letters > Math.min(SMALLEST, size); letters -= 0.5) {
    pdf.fontSize(letters)
    if (pdf.heightOfString(write(pdf, text, width, bold), { width }) <= height) break
  }
  pdf.fontSize(letters).fillColor(color)
  const lines = write(pdf, text, width, bold)
  pdf.text(lines, x, y, { ...box, ellipsis: true, lineGap: 0 })
  return Math.min(height, pdf.heightOfString(lines, { width }))
}
