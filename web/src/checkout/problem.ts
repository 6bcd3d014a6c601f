import type { ApiError } from '../api/api-error.ts'
import { dateTime, money } from '../texts/format.ts'
import { explain, type useTexts } from '../texts/index.ts'

type Texts = ReturnType<typeof useTexts<'checkout'>>

/** What somebody can do about it, beside reading. */
export type Remedy = 'IDENTIFY' | 'QUEUE' | 'CODE' | 'RELEASE' | 'EVENT' | 'AGAIN' | 'LOOK' | null

export interface Problem {
  readonly title: string
  readonly text: string
  readonly remedy: Remedy
}

const numberOf = ({ extensions }: ApiError, name: string): number =>
  typeof extensions[name] === 'number' ? extensions[name] : 0

/** What went wrong on the way to a ticket, with the next step; what is not of this way is explained as everywhere. */
export function problemOf(error: ApiError, t: Texts): Problem {
  const words = t.problem
  const say = (said: { title: string; text: string }, remedy: Remedy = null): Problem => ({ ...said, remedy })
  switch (error.code) {
    case 'UNAUTHENTICATED':
      return say(explain(error), 'IDENTIFY')
    case 'QUEUE_REQUIRED':
      return say(explain(error), 'QUEUE')
    case 'HOLD_EXPIRED':
      return say(words.HOLD_EXPIRED, 'AGAIN')
    case 'SALE_NOT_OPEN':
      return say(words.SALE_NOT_OPEN)
    case 'SALES_PAUSED':
      return say(words.SALES_PAUSED)
    case 'EVENT_NOT_BOOKABLE':
      return say(words.EVENT_NOT_BOOKABLE, 'EVENT')
    case 'LIMIT_EXCEEDED':
      return say(
        words.LIMIT_EXCEEDED(numberOf(error, 'limit'), numberOf(error, 'remaining')),
        heldIds(error).length > 0 ? 'RELEASE' : null,
      )
    case 'SOLD_OUT':
      return say(words.SOLD_OUT(numberOf(error, 'remaining')))
    case 'SEATS_UNAVAILABLE':
      return say(words.SEATS_UNAVAILABLE)
    case 'FORBIDDEN':
      if (error.extensions.reason === 'ACCESS_CODE_MISSING') return say(words.ACCESS_CODE_MISSING, 'CODE')
      if (error.extensions.reason === 'ACCESS_CODE_WRONG') return say(words.ACCESS_CODE_WRONG, 'CODE')
      return say(explain(error))
    case 'RATE_LIMITED':
      return say(words.RATE_LIMITED(error.retryAfterSeconds ?? 60))
    case 'PROMO_INVALID':
      return say({ title: t.details.promo, text: promoProblem(error, t) })
    case 'INSUFFICIENT_BALANCE':
      return say(words.INSUFFICIENT_BALANCE(missing(error)))
    case 'PAYMENT_DECLINED':
      return say(words.PAYMENT_DECLINED)
    case 'BOOKING_NOT_PAYABLE':
      return say(words.BOOKING_NOT_PAYABLE, 'LOOK')
    case 'CONFLICT':
      return say(words.CONFLICT, 'LOOK')
    default:
      return say(explain(error))
  }
}

const missing = (error: ApiError): string =>
  money(
    Math.max(0, numberOf(error, 'required') - numberOf(error, 'balance')),
    String(error.extensions.currency ?? 'IDR'),
  )

/** The open holds that count towards a limit. */
export const heldIds = ({ extensions }: ApiError): string[] =>
  Array.isArray(extensions.holdIds) ? (extensions.holdIds as string[]) : []

/** Why a promo code takes nothing off. */
export function promoProblem(error: ApiError, t: Texts): string {
  const words = t.problem.promo
  const { reason, startsAt, endsAt, currency, minimumSpend } = error.extensions
  switch (reason) {
    case 'NOT_STARTED':
      return words.NOT_STARTED(dateTime(String(startsAt)))
    case 'EXPIRED':
      return words.EXPIRED(dateTime(String(endsAt)))
    case 'USER_LIMIT':
      return words.USER_LIMIT(numberOf(error, 'limit'))
    case 'MINIMUM_SPEND':
      return words.MINIMUM_SPEND(money(Number(minimumSpend), String(currency)))
    case 'MINIMUM_QUANTITY':
      return words.MINIMUM_QUANTITY(numberOf(error, 'minimumQuantity'))
    case 'WRONG_CURRENCY':
      return words.WRONG_CURRENCY(String(currency))
    case 'INACTIVE':
    case 'USED_UP':
    case 'NOT_APPLICABLE':
    case 'NOT_COMBINABLE':
      return words[reason]
    default:
      return words.NOT_FOUND
  }
}
