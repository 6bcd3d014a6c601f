import type { StaffRole } from '@karcis/kit/contracts/event-staff'
import type { FactorChange } from '../../second-factors/factor-change.ts'
import type { EventFacts } from '../kinds.ts'
import type { Formatter } from './formatter.ts'
import { linksEn } from './links-en.ts'
import type { Texts } from './wording.ts'

const FACTOR_CHANGED: Record<FactorChange, (name: string) => string> = {
  TOTP_ENABLED: () => 'An authenticator app was set up for your account',
  TOTP_DISABLED: () => 'The authenticator app of your account was taken away',
  PASSKEY_ADDED: (name) => `The passkey “${name}” was added to your account`,
  PASSKEY_REMOVED: (name) => `The passkey “${name}” was removed from your account`,
  RECOVERY_CODES_REPLACED: () => 'Your account has new recovery codes',
  RECOVERY_CODE_USED: () => 'A recovery code of your account was used',
}

const when = (
  { startsAt, timezone, place }: Omit<EventFacts, 'eventId' | 'title'>,
  say: Formatter,
): [string, string][] => [
  ['When', say.time(startsAt, timezone)],
  ...(place === null ? [] : [['Where', place] satisfies [string, string]]),
]

const STAFF_ROLE: Record<StaffRole, string> = {
  DOOR: 'staff at the door',
  SALES: 'staff of the sale',
  EDITOR: 'editor',
}

/** What people are told in English. */
export const en: Texts = {
  DATA_EXPORT_READY: ({ expiresAt }, say) => ({
    subject: 'Your data is ready to download',
    paragraphs: [
      'You asked for everything that Karcis keeps about you. It is ready, as one file.',
      `You can download it until ${say.time(expiresAt)}. If you did not ask for it, change your password.`,
    ],
    action: { label: 'Download your data', url: say.url('/account/data') },
  }),
  SECOND_FACTOR_CHANGED: ({ change, name }, say) => ({
    subject: FACTOR_CHANGED[change](name ?? ''),
    paragraphs: [
      `${FACTOR_CHANGED[change](name ?? '')}. If that was you, there is nothing to do.`,
      'If it was not you, change your password at once, which signs out all other devices, and look at your second factors.',
    ],
    action: { label: 'See how your account is protected', url: say.url('/account/security') },
  }),
  SECOND_FACTORS_RESET: ({ reason }, say) => ({
    subject: 'The second factors of your account were taken away',
    paragraphs: [
      'We have taken away the authenticator app, the passkeys and the recovery codes of your account, and signed out all devices. From now on it opens without a second step.',
      'If you asked us for this, sign in and set up a new second factor. If not, choose another password at once and write to us.',
    ],
    facts: [['Reason', reason]],
    action: { label: 'Set up a second factor', url: say.url('/account/security') },
  }),
  NEW_SIGN_IN: ({ at, browser, system, place }, say) => ({
    subject: 'A new sign-in to your account',
    paragraphs: [
      'Somebody has signed in to your account from a place and a device that we had not seen with it before.',
      'If it was you, there is nothing to do. If not, end that session and choose another password at once.',
    ],
    facts: [
      ['When', say.time(at)],
      ...(browser ? [['Browser', browser] as [string, string]] : []),
      ...(system ? [['Device', system] as [string, string]] : []),
      ...(place ? [['Network', place] as [string, string]] : []),
    ],
    action: { label: 'Look at your sessions', url: say.url('/account/sessions') },
  }),
  GOOGLE_CHANGED: ({ at, linked, email }, say) => ({
    subject: linked ? 'You can now sign in with Google' : 'You can no longer sign in with Google',
    paragraphs: [
      linked
        ? `The Google account ${email} has been linked with your account: whoever can open it can sign in to yours.`
        : `The Google account ${email} no longer opens your account.`,
      'If this was not you, end the sessions that you do not know and choose another password at once.',
    ],
    facts: [['When', say.time(at)]],
    action: { label: 'Look at your account', url: say.url('/account/sessions') },
  }),
  ...linksEn,
  PHONE_ENDED: ({ ending, reason }, say) => ({
    subject: 'We send no more text messages to your phone',
    paragraphs: [
      reason === 'UNSUBSCRIBED'
        ? `Your number ending in ${ending} has answered STOP to a text message of ours, so nothing is sent there any more. To have them again, answer START, and verify the number once more.`
        : `Nothing that we send to your number ending in ${ending} arrives, so we send nothing there any more. If the number is right, verify it once more.`,
    ],
    action: { label: 'See your phone number', url: say.url('/account/preferences') },
  }),
  PROPOSAL_REVIEWED: ({ name, decision, message }, say) =>
    decision === 'APPROVED'
      ? {
          subject: `${name} may hold events on Karcis`,
          paragraphs: [
            `Your proposal for ${name} has been accepted: you are an organizer now.`,
            ...(message ? [message] : []),
          ],
          action: { label: 'Create an event', url: say.url('/organize') },
        }
      : {
          subject: `Your proposal for ${name} was not accepted`,
          paragraphs: [
            `We have looked at your proposal for ${name} and cannot accept it as it is.`,
            ...(message ? [message] : []),
            'You may submit another one.',
          ],
          action: { label: 'Submit another proposal', url: say.url('/organize') },
        },
  PAYMENT_AWAITED: ({ title, amount, currency, payUntil, bookingId, ...event }, say) => ({
    subject: `Your places for ${title} are waiting for your payment`,
    paragraphs: [
      `Your places for ${title} are kept for you. You pay the organizer themself; how they want it paid stands in your booking.`,
      'As soon as they have noted that the money is there, we send you your tickets. What is not paid in time goes to others.',
    ],
    facts: [['To pay', say.money(amount, currency)], ['Pay by', say.time(payUntil)], ...when(event, say)],
    action: { label: 'See how to pay', url: say.url(`/bookings/${bookingId}`) },
  }),
  PURCHASE: ({ title, ticketIds, amount, currency, bookingId, ...event }, say) => ({
    subject: `Your tickets for ${title}`,
    paragraphs: [
      ticketIds.length === 1
        ? `Thank you! Your ticket for ${title} is here. Show its code at the door.`
        : `Thank you! Your ${say.count(ticketIds.length)} tickets for ${title} are here. Show their codes at the door.`,
    ],
    facts: [
      ...when(event, say),
      ['Tickets', say.count(ticketIds.length)],
      ['Total', say.money(amount, currency)],
    ],
    action: { label: 'See your tickets', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_TO_REVIEW: ({ eventId, title, amount, currency, reviewBy, message }, say) => ({
    subject: `A refund request for ${title} is waiting for you`,
    paragraphs: [
      `A buyer asks for money back for ${title}. Until you decide, their tickets stay valid; after the time below it is decided by your refund policy.`,
      ...(message ? [message] : []),
    ],
    facts: [
      ['Amount', say.money(amount, currency)],
      ['Decide by', say.time(reviewBy)],
    ],
    action: { label: 'Decide', url: say.url(`/organize/${eventId}/refunds`) },
  }),
  REFUND_REQUESTED: ({ title, amount, currency, reviewBy, bookingId }, say) => ({
    subject: `We have your request for a refund for ${title}`,
    paragraphs: [`The organizer of ${title} decides on it. We will tell you as soon as they have.`],
    facts: [
      ['Amount', say.money(amount, currency)],
      ['Decided by', say.time(reviewBy)],
    ],
    action: { label: 'See your booking', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_APPROVED: ({ title, amount, currency, message, bookingId }, say) => ({
    subject: `Your refund for ${title} is approved`,
    paragraphs: [
      `Your request for a refund for ${title} has been approved. The money is on its way.`,
      ...(message ? [message] : []),
    ],
    facts: [['Amount', say.money(amount, currency)]],
    action: { label: 'See your booking', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_REJECTED: ({ title, message, bookingId }, say) => ({
    subject: `Your refund for ${title} was not approved`,
    paragraphs: [
      `Your request for a refund for ${title} has not been approved. Your tickets stay as they are.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'See your booking', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_PAID: ({ title, amount, currency, message, whole, bookingId }, say) => ({
    subject: `Money back for ${title}`,
    paragraphs: [
      whole
        ? `What you paid for ${title} has been given back in full.`
        : `Part of what you paid for ${title} has been given back.`,
      ...(message ? [message] : []),
      'To a wallet it comes at once; to a card or bank account it can take some days.',
    ],
    facts: [['Given back so far', say.money(amount, currency)]],
    action: { label: 'See your booking', url: say.url(`/bookings/${bookingId}`) },
  }),
  EVENT_CHANGED: ({ title, timeChanged, placeChanged, refundUntil, ...event }, say) => ({
    subject: timeChanged
      ? `${title} has a new time${placeChanged ? ' and place' : ''}`
      : placeChanged
        ? `${title} has a new place`
        : `${title} has changed`,
    paragraphs: [
      `${title} has changed. Your tickets stay valid. This is how it is now:`,
      ...(refundUntil
        ? [`If you cannot come, you may have all your money back until ${say.time(refundUntil)}.`]
        : []),
    ],
    facts: when(event, say),
    action: { label: 'See the event', url: say.url(`/events/${event.eventId}`) },
  }),
  EVENT_CANCELLED: ({ title, reason, ...event }, say) => ({
    subject: `${title} is cancelled`,
    paragraphs: [
      `We are sorry: ${title} has been called off by its organizer.`,
      ...(reason ? [reason] : []),
      'Everything that you paid goes back to you. You need not do anything.',
    ],
    facts: when(event, say),
    action: { label: 'See your bookings', url: say.url('/bookings') },
  }),
  REMINDER_DAY: ({ title, ...event }, say) => ({
    subject: `Tomorrow: ${title}`,
    paragraphs: [`${title} is in about a day. Have your ticket ready.`],
    facts: when(event, say),
    action: { label: 'See your tickets', url: say.url('/tickets') },
  }),
  REMINDER_SOON: ({ title, ...event }, say) => ({
    subject: `Soon: ${title}`,
    paragraphs: [`${title} begins in about two hours. Have your ticket ready.`],
    facts: when(event, say),
    action: { label: 'See your tickets', url: say.url('/tickets') },
  }),
  WAITLIST_OFFER: ({ title, places, quantity, expiresAt, holdId, ...event }, say) => ({
    subject: `Places for ${title} are yours until ${say.time(expiresAt)}`,
    paragraphs: [
      places === quantity
        ? `What you were waiting for has come back: ${say.count(places)} of ${title}, kept for you until the time below.`
        : `${say.count(places)} of the ${say.count(quantity)} places of ${title} that you wait for ${places === 1 ? 'has come back, and is' : 'have come back, and are'} kept for you. You may wait for the others until the time below, or take these.`,
    ],
    facts: [...when(event, say), ['Kept until', say.time(expiresAt)]],
    action: { label: 'Book them', url: say.url(`/checkout/${holdId}`) },
  }),
  WAITLIST_EXPIRED: ({ title, eventId }, say) => ({
    subject: `Your places for ${title} went to the next in line`,
    paragraphs: [
      `The time in which places for ${title} were kept for you is over, so they were offered to the next. You can join the waitlist again.`,
    ],
    action: { label: 'See the event', url: say.url(`/events/${eventId}`) },
  }),
  TICKET_SENT: ({ title, name, ...event }, say) => ({
    subject: `Your ticket for ${title} is ${name}’s now`,
    paragraphs: [
      `You have handed a ticket for ${title} on to ${name}. The code that you had no longer works.`,
      'If you did not do this, change your password at once and write to the organizer.',
    ],
    facts: when(event, say),
    action: { label: 'See your tickets', url: say.url('/tickets') },
  }),
  TICKET_RECEIVED: ({ title, name, ticketId, ...event }, say) => ({
    subject: `${name} has given you a ticket for ${title}`,
    paragraphs: [`A ticket for ${title} is yours now. Show its code at the door.`],
    facts: when(event, say),
    action: { label: 'See your ticket', url: say.url(`/tickets/${ticketId}`) },
  }),
  TICKET_RESOLD: ({ title, ...event }, say) => ({
    subject: `Your ticket for ${title} is sold`,
    paragraphs: [
      `Somebody has bought the ticket for ${title} that you offered. It no longer admits anybody, and what you paid for it is on its way back to you.`,
    ],
    facts: when(event, say),
    action: { label: 'See your bookings', url: say.url('/bookings') },
  }),
  GUEST_INVITED: ({ title, ticketId, ...event }, say) => ({
    subject: `You are invited to ${title}`,
    paragraphs: [`The organizer of ${title} has invited you: a ticket is yours. Show its code at the door.`],
    facts: when(event, say),
    action: { label: 'See your ticket', url: say.url(`/tickets/${ticketId}`) },
  }),
  STAFF_INVITED: ({ title, roles, expiresAt }, say, secret) => ({
    subject: `You are asked to work for ${title}`,
    paragraphs: [
      `Somebody who organizes ${title} on Karcis would like you to help. Sign in with an account of this address, or make one, and accept.`,
      `The link works once, until ${say.time(expiresAt)}. If you know nothing of it, do nothing, or say no there.`,
    ],
    facts: [['As', roles.map((role) => STAFF_ROLE[role]).join(', ')]],
    action: { label: 'See the invitation', url: say.url(`/staff/invitation#token=${secret}`) },
  }),
  STAFF_JOINED: ({ eventId, title, name, roles }, say) => ({
    subject: `${name} now works for ${title}`,
    paragraphs: [`${name} has accepted your invitation to the staff of ${title}.`],
    facts: [['As', roles.map((role) => STAFF_ROLE[role]).join(', ')]],
    action: { label: 'See the staff', url: say.url(`/organize/${eventId}/staff`) },
  }),
  STAFF_ENDED: ({ title }) => ({
    subject: `You no longer work for ${title}`,
    paragraphs: [`You have been taken off the staff of ${title}. What you did there stays as it is.`],
  }),
  GUEST_EXPECTED: ({ title, name, email, ...event }, say) => ({
    subject: `You are invited to ${title}`,
    paragraphs: [
      `Hello ${name}, the organizer of ${title} has invited you, and keeps a ticket for you.`,
      `Sign up with ${email} and confirm that the address is yours: then the ticket is in your account, with the code for the door.`,
    ],
    facts: when(event, say),
    action: { label: 'Sign up for your ticket', url: say.url('/sign-up') },
  }),
  ALMOST_SOLD_OUT: ({ title, left, ...event }, say) => ({
    subject: `Almost sold out: ${title}`,
    paragraphs: [
      `Of ${title}, which is on your wishlist, only ${say.count(left)} ${left === 1 ? 'place is' : 'places are'} left.`,
    ],
    facts: when(event, say),
    action: { label: 'Get tickets', url: say.url(`/events/${event.eventId}`) },
  }),
  SELLING_OUT: ({ title, left, eventId }, say) => ({
    subject: `${title} is almost sold out`,
    paragraphs: [
      `Of your event ${title} only ${say.count(left)} ${left === 1 ? 'place is' : 'places are'} left.`,
    ],
    action: { label: 'See its sales', url: say.url(`/organize/${eventId}`) },
  }),
  CAMPAIGN: ({ title, organizer, subject, body, ...event }, say) => ({
    subject,
    paragraphs: [
      ...body.split(/\n{2,}/),
      `${organizer} sends you this about ${title}, since you have asked for offers of organizers.`,
    ],
    facts: when(event, say),
    action: { label: 'See the event', url: say.url(`/events/${event.eventId}`) },
  }),
  NEW_EVENT: ({ title, organizer, ...event }, say) => ({
    subject: `New from ${organizer}: ${title}`,
    paragraphs: [`${organizer}, whom you follow, has a new event: ${title}.`],
    facts: when(event, say),
    action: { label: 'See the event', url: say.url(`/events/${event.eventId}`) },
  }),
  EVENT_REVIEWED: ({ title, decision, message, eventId }, say) => ({
    subject: decision === 'APPROVED' ? `${title} is approved` : `${title} was not approved`,
    paragraphs: [
      decision === 'APPROVED'
        ? `Your event ${title}, or what you changed of it, has been approved.`
        : `Your event ${title}, or what you changed of it, has not been approved.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'See your event', url: say.url(`/organize/${eventId}`) },
  }),
  CATEGORY_SUGGESTION_DECIDED: ({ name, decision, message }, say) => ({
    subject:
      decision === 'APPROVED' ? `There is a category ${name} now` : `${name} does not become a category`,
    paragraphs: [
      decision === 'APPROVED'
        ? `You suggested the category ${name}. It has been added, and your events can be in it.`
        : `You suggested the category ${name}. It has not been added.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'See your events', url: say.url('/organize') },
  }),
  REVIEWS_RECEIVED: ({ reviews, events }, say) => ({
    subject: reviews === 1 ? 'You have a new review' : `You have ${say.count(reviews)} new reviews`,
    paragraphs: [
      reviews === 1
        ? 'Somebody who was at your event has said how it was.'
        : 'People who were at your events have said how it was.',
      'You can answer each review, for everybody to read.',
    ],
    facts: events.map(({ title, reviews: some }) => [title, say.count(some)]),
    action: { label: 'Read them', url: say.url(`/organize/${events[0]?.eventId ?? ''}`) },
  }),
  REVIEW_ANSWERED: ({ title, eventId }, say) => ({
    subject: `Your review of ${title} was answered`,
    paragraphs: [`The organizer of ${title} has answered your review, for everybody to read.`],
    action: { label: 'Read the answer', url: say.url(`/events/${eventId}`) },
  }),
  REVIEW_MODERATED: ({ title, decision, message, eventId }, say) => ({
    subject:
      decision === 'REJECTED'
        ? `Your review of ${title} was hidden`
        : `Your review of ${title} is shown again`,
    paragraphs: [
      decision === 'REJECTED'
        ? `Your review of ${title} has been hidden: only you can see it now.`
        : `Your review of ${title} can be read by everybody again.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'See your review', url: say.url(`/events/${eventId}`) },
  }),
  REPORT_DECIDED: ({ subject, acted, message }) => ({
    subject: 'Your report has been looked at',
    paragraphs: [
      acted
        ? `You have reported ${REPORTED[subject]}. We have looked at it and acted on it. Thank you.`
        : `You have reported ${REPORTED[subject]}. We have looked at it, and it does not break our rules.`,
      ...(message ? [message] : []),
    ],
  }),
  PAYOUT_PAID: ({ amount, currency, accountEnding }, say) => ({
    subject: `${say.money(amount, currency)} is on its way to you`,
    paragraphs: ['Your payout has been transferred. Banks can take a day or two.'],
    facts: [
      ['Amount', say.money(amount, currency)],
      ['Account', `…${accountEnding}`],
    ],
    action: { label: 'See your payouts', url: say.url('/organize/payouts') },
  }),
  PAYOUT_FAILED: ({ amount, currency, accountEnding, rejected, message }, say) => ({
    subject: rejected ? 'Your payout was not approved' : 'Your payout could not be transferred',
    paragraphs: [
      rejected
        ? 'Your payout has not been approved. The money is back with your events.'
        : 'The bank did not take your payout. The money is back with your events: check the account, and ask again.',
      ...(message ? [message] : []),
    ],
    facts: [
      ['Amount', say.money(amount, currency)],
      ['Account', `…${accountEnding}`],
    ],
    action: { label: 'See your payouts', url: say.url('/organize/payouts') },
  }),
  WEBHOOK_DISABLED: ({ url, reason }, say) => ({
    subject: 'Your webhook endpoint was switched off',
    paragraphs: [
      reason === 'GONE'
        ? `${url} says that it is gone, so nothing is sent there any more.`
        : `${url} has not taken anything for days, so nothing is sent there any more.`,
      'Enable it again when it works: what it has missed is kept for a while.',
    ],
    action: { label: 'See your endpoints', url: say.url('/organize/webhooks') },
  }),
  SYSTEM_WEBHOOK_DISABLED: ({ url, reason, endpointId }) => ({
    subject: 'An organizer’s webhook endpoint was switched off',
    paragraphs: [`Nothing is sent to ${url} any more. Its organizer has been told.`],
    facts: [
      ['Reason', reason === 'GONE' ? 'It says that it is gone' : 'It has not taken anything for days'],
      ['Endpoint', endpointId],
    ],
  }),
  SYSTEM_CONTENT_REPORTED: ({ kind }, say) => ({
    subject: 'Something was reported',
    paragraphs: [`Somebody has reported ${REPORTED[kind]}. All open reports wait for a decision.`],
    action: { label: 'See the reports', url: say.url('/admin/reports') },
  }),
  SYSTEM_REFUNDS_HANGING: ({ count, day }, say) => ({
    subject: 'Refunds are stuck at a payment provider',
    paragraphs: [
      count === 1
        ? 'A refund has been due for more than a day. A person has to look: docs/operations.md says how.'
        : `${say.count(count)} refunds have been due for more than a day. A person has to look: docs/operations.md says how.`,
    ],
    facts: [['As of', say.day(day)]],
  }),
}

const REPORTED = { EVENT: 'an event', ORGANIZER: 'an organizer', REVIEW: 'a review' } as const
