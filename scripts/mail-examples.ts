import type { DataOf, NotificationKind } from '../subgraphs/user/src/domain/notifications/kinds.ts'

const ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'
const STARTS = '2026-12-19T12:30:00.000Z'
const event = {
  eventId: ID,
  title: 'Malam Keroncong: Waldjinah & Orkes Puspa Kirana, Konser 60 Tahun',
  startsAt: STARTS,
  timezone: 'Asia/Jakarta',
  place: 'Taman Ismail Marzuki, Teater Jakarta, Jl. Cikini Raya 73, Jakarta',
}
const money = { amount: 1_350_000, currency: 'IDR' }
const mailbox = { name: 'Wulandari', email: 'wulandari.setyaningrum@rumahmusik.example' }
const move = {
  name: mailbox.name,
  oldEmail: mailbox.email,
  newEmail: 'wulan@musik.example',
}
const refund = { ...event, ...money, bookingId: ID }
const endpoint = { endpointId: ID, url: 'https://toko.rumahmusik.example/karcis/webhooks/v1/penjualan' }
const words =
  'Saya jatuh sakit dan tidak dapat datang. Mohon dikembalikan ke rekening yang sama.\nTerima kasih!'

/** All kinds but the one that goes by text message alone. */
export type MailedKind = Exclude<NotificationKind, 'PHONE_CODE'>

/** What each kind of mail says in its cases, with names as long as they come: to look at them as pictures. */
export const MAIL_EXAMPLES: {
  readonly [K in MailedKind]: readonly DataOf<K>[]
} = {
  VERIFY_EMAIL: [mailbox],
  RESET_PASSWORD: [mailbox],
  SIGN_IN_LINK: [mailbox],
  CONFIRM_NEW_EMAIL: [move],
  CONFIRM_OLD_EMAIL: [move],
  EMAIL_CHANGED: [move],
  EMAIL_CHANGE_UNDONE: [{ email: mailbox.email }],
  PASSWORD_CHANGED: [{ by: 'PASSWORD' }, { by: 'LINK' }],
  CLAIM_PURCHASE: [mailbox],
  DATA_EXPORT_READY: [{ expiresAt: '2026-11-28T03:15:00.000Z' }],
  SECOND_FACTOR_CHANGED: [
    { change: 'TOTP_ENABLED', name: null },
    { change: 'PASSKEY_ADDED', name: 'Ponsel Wulan' },
    { change: 'RECOVERY_CODE_USED', name: null },
  ],
  SECOND_FACTORS_RESET: [{ reason: 'Ponsel hilang; dikenali di loket dengan KTP.' }],
  NEW_SIGN_IN: [
    { sessionId: ID, at: STARTS, browser: 'Firefox', system: 'Android', place: '203.0.113.0/24' },
    { sessionId: ID, at: STARTS, browser: null, system: null, place: null },
  ],
  GOOGLE_CHANGED: [
    { at: STARTS, linked: true, email: 'wulan@gmail.example' },
    { at: STARTS, linked: false, email: 'wulan@gmail.example' },
  ],
  PHONE_ENDED: [
    { ending: '0001', reason: 'GONE' },
    { ending: '0001', reason: 'UNSUBSCRIBED' },
  ],
  PROPOSAL_REVIEWED: [
    { proposalId: ID, name: 'Rumah Musik Wulan', decision: 'APPROVED', message: null },
    { proposalId: ID, name: 'Rumah Musik Wulan', decision: 'REJECTED', message: words },
  ],
  PAYMENT_AWAITED: [{ ...event, ...money, bookingId: ID, payUntil: '2026-11-28T03:15:00.000Z' }],
  PURCHASE: [{ ...event, ...money, bookingId: ID, ticketIds: [ID, ID] }],
  REFUND_TO_REVIEW: [{ ...refund, message: words, reviewBy: STARTS }],
  REFUND_REQUESTED: [{ ...refund, message: null, reviewBy: STARTS }],
  REFUND_APPROVED: [{ ...refund, message: words }],
  REFUND_REJECTED: [{ ...refund, message: words }],
  REFUND_PAID: [
    { ...refund, message: null, whole: true },
    { ...refund, message: null, whole: false },
  ],
  EVENT_CHANGED: [
    { ...event, timeChanged: true, placeChanged: false, refundUntil: '2026-12-10T12:00:00.000Z' },
    { ...event, timeChanged: true, placeChanged: true, refundUntil: null },
  ],
  EVENT_CANCELLED: [
    { ...event, reason: 'Penyanyinya sakit.' },
    { ...event, reason: null },
  ],
  REMINDER_DAY: [event],
  REMINDER_SOON: [{ ...event, place: null }],
  WAITLIST_OFFER: [{ ...event, holdId: ID, places: 1, quantity: 2, expiresAt: '2026-11-26T12:45:00.000Z' }],
  WAITLIST_EXPIRED: [event],
  TICKET_SENT: [{ ...event, ticketId: ID, name: 'Budi Santoso' }],
  TICKET_RECEIVED: [{ ...event, ticketId: ID, name: 'Budi Santoso' }],
  TICKET_RESOLD: [{ ...event, ticketId: ID }],
  GUEST_INVITED: [{ ...event, ticketId: ID }],
  GUEST_EXPECTED: [{ ...event, name: mailbox.name, email: mailbox.email }],
  STAFF_INVITED: [{ eventId: ID, title: event.title, roles: ['DOOR', 'SALES', 'EDITOR'], expiresAt: STARTS }],
  STAFF_JOINED: [{ ...event, name: 'Budi Santoso', roles: ['DOOR'] }],
  STAFF_ENDED: [event],
  ALMOST_SOLD_OUT: [{ ...event, left: 7 }],
  SELLING_OUT: [{ ...event, left: 7 }],
  NEW_EVENT: [{ ...event, organizer: 'Rumah Musik Wulan' }],
  CAMPAIGN: [
    {
      ...event,
      organizer: 'Rumah Musik Wulan',
      subject: 'Kursi tambahan untuk Malam Keroncong',
      body: 'Kami membuka balkon!\n\nPesan sebelum Jumat, dan bawa teman.\nSampai jumpa di Cikini.',
    },
  ],
  EVENT_REVIEWED: [
    { ...event, decision: 'APPROVED', message: null },
    { ...event, decision: 'REJECTED', message: 'Poster memuat alamat tempat lain.' },
  ],
  CATEGORY_SUGGESTION_DECIDED: [
    { suggestionId: ID, name: 'Wayang Kulit', decision: 'APPROVED', message: null },
    {
      suggestionId: ID,
      name: 'Wayang Kulit',
      decision: 'REJECTED',
      message: 'Sudah termasuk kategori Seni.',
    },
  ],
  REVIEWS_RECEIVED: [
    {
      reviews: 12,
      events: [
        { eventId: ID, title: event.title, reviews: 11 },
        { eventId: ID, title: 'Jazz di Kampung', reviews: 1 },
      ],
    },
  ],
  REVIEW_ANSWERED: [event],
  REVIEW_MODERATED: [
    { ...event, decision: 'APPROVED', message: null },
    { ...event, decision: 'REJECTED', message: 'Memuat nomor telepon orang lain.' },
  ],
  REPORT_DECIDED: [
    { reportId: ID, subject: 'REVIEW', acted: true, message: null },
    { reportId: ID, subject: 'EVENT', acted: false, message: 'Tidak melanggar aturan.' },
  ],
  PAYOUT_PAID: [{ ...money, payoutId: ID, accountEnding: '4711' }],
  PAYOUT_FAILED: [
    { ...money, payoutId: ID, accountEnding: '4711', rejected: true, message: 'Nama rekening berbeda.' },
    { ...money, payoutId: ID, accountEnding: '4711', rejected: false, message: null },
  ],
  WEBHOOK_DISABLED: [{ ...endpoint, reason: 'GONE' }],
  SYSTEM_WEBHOOK_DISABLED: [{ ...endpoint, reason: 'FAILING' }],
  SYSTEM_CONTENT_REPORTED: [{ day: '2026-11-26', kind: 'ORGANIZER' }],
  SYSTEM_REFUNDS_HANGING: [{ day: '2026-11-26', count: 3 }],
}
