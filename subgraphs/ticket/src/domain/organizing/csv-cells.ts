import { decimalsOf } from '@karcis/kit/contracts/currencies'
import type { FieldProblem } from '@karcis/kit/errors'
import { plainMessage } from '@karcis/kit/validate'
import type { z } from 'zod'
import { instantAt } from '../check-ins/admission.ts'
import { type CsvRow, cellPath } from './csv-table.ts'

/** A cell that says nothing of what it should; the message says why, as of a field. */
export class UnreadableCell extends Error {}

/** Reads cells one by one, and notes what is wrong with each, so that all of it is told at once. */
export const cellsInto =
  (problems: FieldProblem[]) =>
  <Column extends string, T>(
    { row, cells }: CsvRow<Column>,
    column: Column,
    read: (text: string) => T,
  ): T | null => {
    const text = cells[column]
    if (text === undefined) return null
    try {
      return read(text)
    } catch (error) {
      if (!(error instanceof UnreadableCell)) throw error
      problems.push({ path: cellPath(row, column), message: error.message })
      return null
    }
  }

/** As an input of that form is read. */
export const readBy =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T => {
    const result = schema.safeParse(text, { error: plainMessage })
    if (result.success) return result.data
    throw new UnreadableCell(result.error.issues[0]?.message ?? 'cannot be read')
  }

/** A whole number from 1 to `most`, without signs in it. */
export const readCount =
  (most: number) =>
  (text: string): number => {
    const count = Number(text)
    if (/^\d{1,9}$/.test(text) && count >= 1 && count <= most) return count
    throw new UnreadableCell(`must be a whole number from 1 to ${most}`)
  }

/** One of some words, in any case. @param words what each of them means. */
export const readWord =
  <T>(words: Readonly<Record<string, T>>) =>
  (text: string): T => {
    const word = text.toLowerCase()
    const meant = Object.hasOwn(words, word) ? words[word] : undefined
    if (meant !== undefined) return meant
    throw new UnreadableCell(`must be one of ${Object.keys(words).join(', ')}`)
  }

/**
 * An amount as people write it, in whole units of the currency and its decimals: `150000`, `150.000` and `Rp 150.000,00` are IDR 150000;
 * `12.5`, `$12.50` and `12,50` are USD 1250. What stands before groups of three digits separates thousands, and what comes last otherwise,
 * decimals.
 * @returns the smallest unit.
 */
export const readMoney =
  (currency: string) =>
  (text: string): number => {
    const bareAmount = text.replace(/^(\p{L}+\.?|\p{Sc}|\p{L}*\p{Sc})\s*|\s*(\p{L}+|\p{Sc})$/gu, '')
    const parts = /^(\d{1,3}(?:([., '\u00a0\u202f])\d{3}(?:\2\d{3})*)?|\d+)(?:([.,])(\d+))?$/.exec(bareAmount)
    const [, whole = '', thousands, mark, decimals = ''] = parts ?? []
    const most = decimalsOf(currency)
    const given = decimals.replace(/0+$/, '')
    const isClear = parts !== null && !(mark !== undefined && mark === thousands)
    // With three decimals nobody can tell `1.250` from a thousand and more.
    const isDouble = most === 3 && thousands !== undefined && /[.,]/.test(thousands) && mark === undefined
    if (!isClear || isDouble || given.length > most)
      throw new UnreadableCell(`must be an amount of ${currency} such as ${most === 0 ? '150.000' : '12.50'}`)
    const amount = Number(whole.replace(/\D/g, '') + given.padEnd(most, '0'))
    if (Number.isSafeInteger(amount)) return amount
    throw new UnreadableCell('is too large')
  }

const DAY_FIRST = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]+(\d{1,2})[:.](\d{2}))?$/
const YEAR_FIRST = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[ T]+(\d{1,2})[:.](\d{2})(?::00)?)?$/
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/i

/**
 * A moment: `2026-12-31 19:00` or `31/12/2026 19:00` on the clocks of a time zone, at midnight without an hour; or with an offset, as in
 * `2026-12-31T19:00:00+07:00`. The day comes before the month.
 */
export const readMoment =
  (timezone: string) =>
  (text: string): Date => {
    if (WITH_OFFSET.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text)
    const [, day, month, year, hour, minute] = DAY_FIRST.exec(text) ?? yearLast(YEAR_FIRST.exec(text))
    const [y, mo, d, h, mi] = [year, month, day, hour ?? '0', minute ?? '0'].map(Number)
    const shown = new Date(Date.UTC(y ?? NaN, (mo ?? NaN) - 1, d, h, mi))
    const isReal =
      shown.getUTCMonth() === (mo ?? 0) - 1 && shown.getUTCDate() === d && shown.getUTCHours() === h
    if (isReal && (mi ?? 60) < 60 && (y ?? 0) >= 1900 && (y ?? 0) <= 2200)
      return instantAt(shown.getTime(), timezone)
    throw new UnreadableCell('must be a moment such as 2026-12-31 19:00 or 31/12/2026 19:00')
  }

const yearLast = (match: RegExpExecArray | null): (string | undefined)[] =>
  match ? [match[0], match[3], match[2], match[1], match[4], match[5]] : []
