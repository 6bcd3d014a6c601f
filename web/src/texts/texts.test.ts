import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../api/api-error.ts'
import { texts as english } from '../generated/texts-en.ts'
import { texts as indonesian } from '../generated/texts-id.ts'
import { dateTime, list, money, plural } from './format.ts'
import { errors } from './id/errors.ts'
import { explain, loadTexts, type Room } from './index.ts'
import { language } from './language.ts'
import { dateRange, relative } from './times.ts'

beforeEach(() => {
  language.value = 'id'
})

/** No-break spaces, of which ICU has several, as plain ones. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f\u2009]/g, ' ')

describe('formats', () => {
  it('writes money of the smallest unit that is charged', () => {
    expect(plain(money(150_000, 'IDR'))).toBe('Rp 150.000')
    expect(plain(money(1_250, 'USD'))).toBe('US$12,50')
    language.value = 'en'
    expect(plain(money(150_000, 'IDR'))).toBe('IDR 150,000')
    expect(plain(money(1_250, 'USD'))).toBe('US$12.50')
    expect(plain(money(5_000, 'JPY'))).toBe('JP¥5,000')
  })

  it('writes times by the zone that is given, and says which', () => {
    expect(plain(dateTime('2027-06-12T12:00:00Z', 'Asia/Jakarta'))).toBe('Sab, 12 Jun 2027, 19.00 WIB')
    language.value = 'en'
    expect(plain(dateTime('2027-06-12T12:00:00Z', 'Asia/Jakarta'))).toContain('12 Jun 2027, 19:00')
  })

  it('says the day of a range once', () => {
    const range = plain(dateRange('2027-06-12T12:00:00Z', '2027-06-12T15:00:00Z', 'Asia/Jakarta'))
    expect(range.match(/Jun/g)).toHaveLength(1)
    expect(range).toContain('19.00')
    expect(range).toContain('22.00')
  })

  it('chooses the unit of how long ago', () => {
    const now = Date.parse('2027-06-12T12:00:00Z')
    expect(relative('2027-06-15T12:00:00Z', now)).toBe('dalam 3 hari')
    expect(relative('2027-06-12T11:15:00Z', now)).toBe('45 menit yang lalu')
    language.value = 'en'
    expect(relative('2027-06-11T12:00:00Z', now)).toBe('yesterday')
  })

  it('has plurals and lists of the language', () => {
    expect(plural(2, { one: '# seat', other: '# seats' })).toBe('2 seats')
    expect(list(['A', 'B', 'C'])).toBe('A, B, dan C')
    language.value = 'en'
    expect(plural(1, { one: '# seat', other: '# seats' })).toBe('1 seat')
    expect(list(['A', 'B', 'C'], 'disjunction')).toBe('A, B or C')
  })
})

describe('texts', () => {
  it('are of the language that is shown', async () => {
    await loadTexts(['errors'], 'id')
    await loadTexts(['errors'], 'en')
    const error = new ApiError('RATE_LIMITED', 'too many', { retryAfterSeconds: 30 })
    expect(explain(error)).toEqual({ title: 'Terlalu banyak percobaan', text: 'Coba lagi dalam 30 detik.' })
    language.value = 'en'
    expect(explain(error).text).toBe('Try again in 30 seconds.')
  })

  it('explain every code without words that are missing', async () => {
    await loadTexts(['errors'], 'id')
    for (const code of Object.keys(errors) as (keyof typeof errors)[]) {
      const { title, text } = explain(new ApiError(code, 'x'))
      expect(title, code).not.toBe('')
      expect(text, code).not.toMatch(/undefined|^$/)
    }
  })

  it('have the same keys in both languages, in every room', async () => {
    for (const room of Object.keys(indonesian) as Room[])
      expect(keysOf(await english[room]()), room).toEqual(keysOf(await indonesian[room]()))
  })
})

const keysOf = (texts: unknown): unknown =>
  typeof texts === 'object' && texts !== null
    ? Object.fromEntries(
        Object.entries(texts)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([key, value]) => [key, keysOf(value)]),
      )
    : typeof texts
