import { newId } from '@karcis/kit/ids'
import { describe, expect, it } from 'vitest'
import { drawInvoice } from '../src/domain/invoices/draw-invoice.ts'
import { creditLines, type Invoice, type InvoiceLine, totalOf } from '../src/domain/invoices/invoice.ts'
import { inLines, written } from '../src/domain/invoices/written-text.ts'
import { dateText, lineText, moneyText, WORDS } from '../src/domain/invoices/invoice-words.ts'

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

describe('amounts', () => {
  it.for([
    { amount: 150_000, currency: 'IDR', id: 'Rp 150.000', en: 'IDR 150,000' },
    { amount: 1_250, currency: 'USD', id: 'US$12,50', en: 'US$12.50' },
    { amount: -5, currency: 'USD', id: '-US$0,05', en: '-US$0.05' },
    { amount: 1_200, currency: 'JPY', id: 'JP¥1.200', en: 'JP¥1,200' },
    { amount: 1_234, currency: 'KWD', id: 'KWD 1,234', en: 'KWD 1.234' },
    {
      amount: Number.MAX_SAFE_INTEGER,
      currency: 'USD',
      id: 'US$90.071.992.547.409,91',
      en: 'US$90,071,992,547,409.91',
    },
  ])('$amount of $currency is $en', ({ amount, currency, id, en }) => {
    const plain = (text: string) => text.replaceAll('\u00a0', ' ')
    expect(plain(moneyText(amount, currency, WORDS.ID))).toBe(id)
    expect(plain(moneyText(amount, currency, WORDS.EN))).toBe(en)
  })
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

describe('a text', () => {
  it.for([
    ['Łukasz Żółć, Ωmega, Жук, क', 'regular'],
    ['محمد علي Hall 2', 'arabic'],
    ['東京コンサート 한국 ไทย שלום Hall', 'any'],
  ] as const)('%s is written in a font that has all of its letters', ([text, font]) => {
    expect(written(text)).toEqual({ text, font })
  })

  it('has a mark where no font has a letter', () => {
    expect(written('Night 🎤 of 𠮷')).toEqual({ text: 'Night � of �', font: 'any' })
    expect(written('two\nlines')).toEqual({ text: 'two\nlines', font: 'regular' })
  })

  it('from right to left stands in lines, of which each begins on the right', () => {
    const widthOf = (words: string) => words.length
    const lines = (text: string, width: number) =>
      inLines(text, widthOf, width).replaceAll('\u00a0', '_').split('\n')
    expect(lines('Konser Raya di Jakarta', 8)).toEqual(['Konser Raya di Jakarta'])
    expect(lines('אבג דהו זחט', 7)).toEqual(['אבג_דהו', 'זחט'])
    expect(lines('אבג Hall Two דהו', 40)).toEqual(['_דהו Hall Two אבג'])
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
