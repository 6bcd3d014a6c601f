import { describe, expect, it } from 'vitest'
import { moneyText } from '../src/amounts.ts'
import { inLines, written } from '../src/written-text.ts'

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
    expect(plain(moneyText(amount, currency, 'id-ID'))).toBe(id)
    expect(plain(moneyText(amount, currency, 'en-GB'))).toBe(en)
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
