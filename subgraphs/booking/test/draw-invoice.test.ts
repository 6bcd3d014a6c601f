import { newId } from '@karcis/kit/ids'
import { describe, expect, it } from 'vitest'
import { drawInvoice } from '../src/domain/invoices/draw-invoice.ts'
import { creditLines, type Invoice, type InvoiceLine, totalOf } from '../src/domain/invoices/invoice.ts'
import { written } from '@karcis/paper/written-text'
import { dateText, lineText, WORDS } from '../src/domain/invoices/invoice-words.ts'

const line = (change: Partial<InvoiceLine> = {}): InvoiceLine => ({
  kind: 'PLACE',
  name: 'Regular',
  quantity: 1,
  unitPrice: 150_000,
  amount: 150_000,
  basisPoints: 0,
  inclusive: false,
  ...change,
})

it('a day is that of the calendar that invoices go by', () => {
  const instant = new Date('2026-12-31T18:00:00Z')
  expect(dateText(instant, 'Asia/Jakarta', WORDS.ID)).toBe('1 Januari 2027')
  expect(dateText(instant, 'UTC', WORDS.EN)).toBe('31 December 2026')
})

it('a line says what it is, in both languages', () => {
  const tax = line({ kind: 'TAX', name: 'PPN 11%', inclusive: true })
  expect(lineText(tax, WORDS.ID)).toBe('PPN 11% (termasuk dalam harga)')
  expect(lineText(line({ kind: 'DISCOUNT', name: 'HEMAT' }), WORDS.EN)).toBe('Discount (HEMAT)')
  expect(lineText(line({ kind: 'REFUND', name: '' }), WORDS.EN)).toBe('Partial refund')
})

describe('what goes back', () => {
  const lines = [line(), line({ kind: 'TAX', name: 'PPN', amount: 14_865, inclusive: true })]

  it('as a whole is credited line by line', () => {
    expect(creditLines(lines, { total: 150_000, tax: 14_865, reason: 'Rain' })).toEqual(lines)
  })

  it('in part is credited as one line, with the tax that is inside of it', () => {
    const part = creditLines(lines, { total: 75_000, tax: 7_432, reason: 'Rain' })
    expect(part).toMatchObject([
      { kind: 'REFUND', name: 'Rain', amount: 75_000, inclusive: false },
      { kind: 'TAX', name: 'PPN', amount: 7_432, inclusive: true },
    ])
    expect(totalOf(part)).toBe(75_000)
    expect(creditLines(lines, { total: 75_000, tax: 0, reason: null })).toHaveLength(1)
  })
})

describe('a PDF', () => {
  const invoice = (lines: InvoiceLine[]): Invoice => ({
    id: newId(),
    kind: 'INVOICE',
    organizerId: newId(),
    year: 2026,
    number: 123,
    invoiceId: null,
    bookingId: newId(),
    eventId: newId(),
    userId: newId(),
    currency: 'IDR',
    total: totalOf(lines),
    content: { seller: 'PT Suara', buyer: 'Łukasz Żółć', event: 'Konser', lines },
    issuedAt: new Date('2026-11-26T04:00:00Z'),
  })
  const pagesOf = async (lines: InvoiceLine[], names: { seller?: string; event?: string } = {}) => {
    const drawn = invoice(lines)
    const drawing = {
      invoice: { ...drawn, content: { ...drawn.content, ...names } },
      credits: null,
      language: 'ID',
      timezone: 'Asia/Jakarta',
    } as const
    const pdf = Buffer.from(await drawInvoice(drawing)).toString('latin1')
    for (const name of Object.values(names)) expect(fontsOf(pdf)).toContain(FONT_OF[written(name).font])
    return pdf.match(/\/Type \/Page\b/g)?.length
  }
  const FONT_OF: Record<string, string> = { arabic: 'NotoSansArabic-Regular', any: 'UnifontMedium' }
  const fontsOf = (pdf: string) => [...pdf.matchAll(/\/FontName \/\w+\+([\w-]+)/g)].map(([, name]) => name)

  it('has the fonts that its names need', async () => {
    expect(await pagesOf([line()], { seller: '東京', event: 'محمد علي' })).toBe(1)
  })

  it('of one line has one page, of forty with long names several', async () => {
    expect(await pagesOf([line()])).toBe(1)
    const long = line({
      name: 'Tribune Utara yang sangat panjang namanya, dengan makanan, minuman dan parkir',
    })
    expect(await pagesOf(Array.from({ length: 40 }, () => long))).toBe(3)
  })
})
