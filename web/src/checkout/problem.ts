import type { ApiError, ApiErrorCode } from '../api/api-error.ts'
import { dateTime, money } from '../texts/format.ts'
import { explain, type useTexts } from '../texts/index.ts'

type Texts = ReturnType<typeof useTexts<'checkout'>>

/** What somebody can do about it, beside reading. */
export type Remedy = 'IDENTIFY' | 'RELEASE' | 'EVENT' | null

export interface Problem {
  readonly title: string
  readonly text: string
  readonly remedy: Remedy
}

const numberOf = ({ extensions }: ApiError, name: string): number =>
  typeof extensions[name] === 'number' ? extensions[name] : 0

type Words = Texts['problem']

/** Of the refusals of this way: what is said, and what can be done. */
const SAID: Partial<
  Record<ApiErrorCode, (words: Words, error: ApiError, t: Texts) => Omit<Problem, 'remedy'>>
> = {
  HOLD_EXPIRED: (words) => words.HOLD_EXPIRED,
  SALE_NOT_OPEN: (words) => words.SALE_NOT_OPEN,
  SALES_PAUSED: (words) => words.SALES_PAUSED,
  EVENT_NOT_BOOKABLE: (words) => words.EVENT_NOT_BOOKABLE,
  LIMIT_EXCEEDED: (words, error) =>
    words.LIMIT_EXCEEDED(numberOf(error, 'limit'), numberOf(error, 'remaining')),
  SOLD_OUT: (words, error) => words.SOLD_OUT(numberOf(error, 'remaining')),
  SEATS_UNAVAILABLE: (words) => words.SEATS_UNAVAILABLE,
  FORBIDDEN: (words, error) => {
    const { reason } = error.extensions
    return reason === 'ACCESS_CODE_MISSING' || reason === 'ACCESS_CODE_WRONG' ? words[reason] : explain(error)
  },
  RATE_LIMITED: (words, error) => words.RATE_LIMITED(error.retryAfterSeconds ?? 60),
  PROMO_INVALID: (_, error, t) => ({ title: t.details.promo, text: promoProblem(error, t) }),
  INSUFFICIENT_BALANCE: (words, error) => words.INSUFFICIENT_BALANCE(missing(error)),
  PAYMENT_DECLINED: (words) => words.PAYMENT_DECLINED,
  BOOKING_NOT_PAYABLE: (words) => words.BOOKING_NOT_PAYABLE,
  CONFLICT: (words) => words.CONFLICT,
}

const REMEDIES: Partial<Record<ApiErrorCode, Remedy>> = {
  UNAUTHENTICATED: 'IDENTIFY',
  EVENT_NOT_BOOKABLE: 'EVENT',
}

/** What went wrong on the way to a ticket, with the next step; what is not of this way is explained as everywhere. */
export function problemOf(error: ApiError, t: Texts): Problem {
  const { title, text } = SAID[error.code]?.(t.problem, error, t) ?? explain(error)
  const release = error.code === 'LIMIT_EXCEEDED' && heldIds(error).length > 0
  return { title, text, remedy: release ? 'RELEASE' : (REMEDIES[error.code] ?? null) }
}

const missing = (error: ApiError): string =>
  money(
    Math.max(0, numberOf(error, 'required') - numberOf(error, 'balance')),
    textOf(error, 'currency') || 'IDR',
  )

const textOf = ({ extensions }: ApiError, name: string): string =>
  typeof extensions[name] === 'string' ? extensions[name] : ''

/** The open holds that count towards a limit. */
export const heldIds = ({ extensions }: ApiError): string[] =>
  Array.isArray(extensions.holdIds) ? (extensions.holdIds as string[]) : []

/** Why a promo code takes nothing off. */
export function promoProblem(error: ApiError, t: Texts): string {
  const words = t.problem.promo
  const currency = textOf(error, 'currency')
  switch (error.extensions.reason) {
    case 'NOT_STARTED':
      return words.NOT_STARTED(dateTime(textOf(error, 'startsAt')))
    case 'EXPIRED':
      return words.EXPIRED(dateTime(textOf(error, 'endsAt')))
    case 'USER_LIMIT':
      return words.USER_LIMIT(numberOf(error, 'limit'))
    case 'MINIMUM_SPEND':
      return words.MINIMUM_SPEND(money(numberOf(error, 'minimumSpend'), currency))
    case 'MINIMUM_QUANTITY':
      return words.MINIMUM_QUANTITY(numberOf(error, 'minimumQuantity'))
    case 'WRONG_CURRENCY':
      return words.WRONG_CURRENCY(currency)
    case 'INACTIVE':
      return words.INACTIVE
    case 'USED_UP':
      return words.USED_UP
    case 'NOT_APPLICABLE':
      return words.NOT_APPLICABLE
    case 'NOT_COMBINABLE':
      return words.NOT_COMBINABLE
    default:
      return words.NOT_FOUND
  }
}
