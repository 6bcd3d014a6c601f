import type { ApiError } from '../../api/api-error.ts'
import type { errors as indonesian } from '../id/errors.ts'
import type { Same } from '../same.ts'

const wait = ({ retryAfterSeconds: seconds }: ApiError): string => {
  if (seconds === undefined) return 'Wait a moment, then try again.'
  return seconds < 90
    ? `Try again in ${Math.ceil(seconds)} seconds.`
    : `Try again in ${Math.ceil(seconds / 60)} minutes.`
}

const reason = ({ extensions }: ApiError): string =>
  typeof extensions.reason === 'string' ? `The reason: ${extensions.reason}` : 'No reason was given.'

export const errors: Same<typeof indonesian> = {
  OFFLINE: {
    title: 'You are offline',
    text: 'Connect this device to the internet, then try again. Your tickets still open.',
  },
  UNREACHABLE: {
    title: 'Karcis does not answer',
    text: 'The connection broke, or the server is busy. Try again in a moment; what you filled in is still there.',
  },
  UNAUTHENTICATED: { title: 'Please sign in', text: 'Your session has ended. Sign in again to go on.' },
  FORBIDDEN: {
    title: 'This account has no access',
    text: 'Sign in with another account, or ask the organizer for access.',
  },
  NOT_FOUND: {
    title: 'Not found',
    text: 'The address may be wrong, or what was here is gone. Check the link, or search from the front page.',
  },
  BAD_USER_INPUT: {
    title: 'Something is not filled in right',
    text: 'Correct what is marked, then send it again.',
  },
  CONFLICT: {
    title: 'Things have changed meanwhile',
    text: 'This is done already, or can no longer be done. Reload the page to see how it stands.',
  },
  RATE_LIMITED: { title: 'Too many tries', text: wait },
  SERVICE_UNAVAILABLE: { title: 'A part of Karcis is busy', text: wait },
  INTERNAL_SERVER_ERROR: {
    title: 'A fault on our side',
    text: ({ extensions }) =>
      typeof extensions.requestId === 'string'
        ? `Try again. If it stays, name this number when you report it: ${extensions.requestId}`
        : 'Try again. If it stays, reload the page.',
  },
  INVALID_CREDENTIALS: {
    title: 'That does not match',
    text: 'What you entered is not right. Check it, or use another way.',
  },
  TOKEN_EXPIRED: { title: 'The link is too old', text: 'Ask for a new one.' },
  TOKEN_REUSED: { title: 'The link was used already', text: 'Each link works once. Ask for a new one.' },
  EMAIL_TAKEN: { title: 'This address has an account', text: 'Sign in with it, or use another address.' },
  ACCOUNT_SUSPENDED: { title: 'This account is suspended', text: reason },
  EVENT_NOT_BOOKABLE: {
    title: 'This event cannot be booked',
    text: 'Its sale has not begun, or is over. Save the event to be told.',
  },
  ROOM_NOT_AVAILABLE: { title: 'The room is taken', text: 'Choose another time or room.' },
  SALE_NOT_OPEN: {
    title: 'These tickets are not on sale',
    text: 'See when their sale begins, or choose others.',
  },
  SOLD_OUT: {
    title: 'Not enough are left',
    text: ({ extensions: { remaining } }) =>
      typeof remaining === 'number' && remaining > 0
        ? `Only ${remaining} left. Take fewer, or choose another ticket.`
        : 'They are sold out. Choose another ticket, or join the waitlist.',
  },
  SEATS_UNAVAILABLE: {
    title: 'Somebody was a moment faster',
    text: 'A seat that you chose is no longer free. Choose another one on the map.',
  },
  ORPHAN_SEAT: {
    title: 'A single seat would be left alone',
    text: 'Move your choice by one seat so that no empty one is stuck in between.',
  },
  HOLD_EXPIRED: { title: 'Your time is up', text: 'Your seats were given back. Choose again to start over.' },
  LIMIT_EXCEEDED: {
    title: 'More than is allowed',
    text: ({ extensions: { limit, remaining } }) =>
      typeof limit === 'number'
        ? `The limit is ${limit} a person${typeof remaining === 'number' ? `; you can have ${remaining} more` : ''}.`
        : 'This is more than one person may have.',
  },
  QUEUE_REQUIRED: {
    title: 'There is a queue for this event',
    text: 'Join the waiting room first; your place is kept.',
  },
  PROMO_INVALID: {
    title: 'The promo code does not work',
    text: 'It is wrong, used up, or not for this order. You can go on without it.',
  },
  BOOKING_NOT_PAYABLE: {
    title: 'This booking cannot be paid',
    text: 'It is paid, cancelled or expired. See how it stands in My tickets.',
  },
  PAYMENT_DECLINED: {
    title: 'The payment was declined',
    text: 'No money was taken. Try again, or pay another way.',
  },
  INSUFFICIENT_BALANCE: { title: 'The balance is too low', text: 'Top up your wallet, or pay another way.' },
  REFUND_NOT_ALLOWED: {
    title: 'This cannot be refunded',
    text: 'The time for refunds is over, or this ticket has none.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    title: 'This order was sent already',
    text: 'There is an order with the same number. Look into My tickets before you try again.',
  },
  TICKET_INVALID: {
    title: 'The ticket is not valid',
    text: 'It is not for this event, or not valid any more.',
  },
  ALREADY_CHECKED_IN: { title: 'The ticket was used', text: 'It was scanned at the entrance before.' },
  SECOND_FACTOR_REQUIRED: {
    title: 'A second step is needed',
    text: 'This account is protected by a second step. Enter its code, or set it up under Security first.',
  },
  STEP_UP_REQUIRED: { title: 'Show that it is you', text: 'For this step, show once more that it is you.' },
  SALES_PAUSED: { title: 'The sale is paused', text: reason },
}
