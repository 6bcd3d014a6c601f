import type { Loose } from '@karcis/testkit/gql'
import { PASSWORD, signUpOrganizer } from '../builders.ts'
import { ADMIN } from '../karcis.ts'
import type { Role, World } from './world.ts'

const DAY_MS = 86_400_000

/** What a field is asked for; what its schema demands besides is made up (`arguments.ts`). Called again once somebody was answered. */
export type Example = (world: World, role: Role) => Loose

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

let blocked = 400
/** A time at which nobody has had a room. */
const freeTime = () => {
  blocked += 2
  return { startsAt: inDays(blocked), endsAt: inDays(blocked + 1) }
}

const LAYOUT = {
  format: 'karcis-seat-layout/1',
  sections: [{ name: 'Stalls', rows: [{ rows: 2, seats: 3 }] }],
}

/** An address that nothing else has. */
const mailbox = (world: World): string => `${world.text().replace(' ', '.')}@karcis.test`

const input = (given: object): { input: object } => ({ input: given })
const passwordOf = (role: Role): string => (role === 'admin' ? ADMIN.password : PASSWORD)

async function draft(world: World): Promise<string> {
  const locationId = await world.made('asAdmin', 'createLocation', {
    name: world.text(),
    city: 'Jakarta',
    country: 'Indonesia',
  })
  return world.made('asOrganizer', 'createEvent', {
    title: world.text(),
    description: 'One night only.',
    categoryId: world.categoryId,
    locationId,
    ...freeTime(),
    timezone: 'Asia/Jakarta',
    currency: 'IDR',
    draft: true,
  })
}

const venue = (world: World): Promise<string> =>
  world.made('asOrganizer', 'createVenue', { name: world.text(), city: 'Jakarta', address: 'Jl. Satu 1' })

const room = (world: World): Promise<string> =>
  world.made('asOrganizer', 'createRoom', { venueId: world.venueId, name: world.text(), capacity: 10 })

const series = (world: World): Promise<string> =>
  world.made('asOrganizer', 'createEventSeries', { title: world.text() })

async function suggestion(world: World): Promise<string> {
  const organizer = await signUpOrganizer(world.karcis, world.tokens.admin ?? '')
  const SUGGEST = 'mutation ($input: SuggestCategoryInput!) { suggestCategory(input: $input) { id } }'
  const given = input({ name: world.text(), reason: 'There is none for it.' })
  return (await world.karcis.run(SUGGEST, given, organizer.token)).suggestCategory.id
}

const seatLayout = (world: World): Promise<string> =>
  world.made('asOrganizer', 'saveSeatLayout', { roomId: world.roomId, name: world.text(), layout: LAYOUT })

const block = (world: World): Promise<string> =>
  world.made('asOrganizer', 'blockSchedule', { roomId: world.roomId, ...freeTime(), reason: 'Paint' })

const contingent = (world: World): Promise<string> =>
  world.made('asOrganizer', 'holdBackTickets', {
    ticketTypeId: world.standing,
    quantity: 1,
    name: world.text(),
  })

const promo = (world: World): Promise<string> => world.made('asOrganizer', 'createPromoCode', promoOf(world))

let codes = 0
const promoOf = ({ eventId }: World) => {
  codes += 1
  return { code: `CODE${codes}`, eventId, kind: 'PERCENT', percent: 10 }
}

const campaign = ({ made, text, eventId }: World): Promise<string> =>
  made('asOrganizer', 'createPromoCampaign', {
    name: text(),
    count: 1,
    eventId,
    kind: 'PERCENT',
    percent: 10,
  })

const endpoint = (world: World): Promise<string> =>
  world.made('asOrganizer', 'createWebhookEndpoint', {
    url: 'https://karcis.test/',
    events: ['booking.paid'],
  })

/** The same for all who change nothing of it: an organizer has ten at most. */
let kept: Promise<string> | undefined
const keptEndpoint = (world: World): Promise<string> => (kept ??= endpoint(world))

async function delivery(world: World): Promise<string> {
  const PING = 'mutation ($id: ID!) { pingWebhookEndpoint(id: $id) { id } }'
  return (await world.asOrganizer(PING, { id: await keptEndpoint(world) })).pingWebhookEndpoint.id
}

const ticket = async (world: World): Promise<Loose> => (await world.paid()).tickets[0]

async function used(world: World): Promise<string> {
  const { id, code } = await ticket(world)
  const CHECK_IN = 'mutation ($input: CheckInInput!) { checkIn(input: $input) { id } }'
  await world.asOrganizer(CHECK_IN, input({ code, eventId: world.eventId }))
  return id
}

const request = async (world: World): Promise<string> =>
  world.made('asCustomer', 'requestRefund', { bookingId: (await world.paid()).id, reason: 'Ill' })

/** A booking that waits for the organizer to say that it was paid. */
async function awaited(world: World): Promise<string> {
  const id = await world.booking()
  const SET = 'mutation ($input: SetManualPaymentInput!) { setManualPayment(input: $input) { instructions } }'
  await world.asOrganizer(SET, input({ eventId: world.eventId, instructions: 'By bank transfer.' }))
  const PAY =
    'mutation ($id: ID!) { confirmPayment(id: $id, input: { method: MANUAL }) { payment { id status } } }'
  await world.asCustomer(PAY, { id })
  return id
}

async function cartItem(world: World): Promise<string> {
  const ADD = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { events { items { id } } } }'
  const { addToCart } = await world.asCustomer(ADD, input({ ticketTypeId: world.standing, quantity: 1 }))
  return addToCart.events.at(-1).items.at(-1).id
}

/** A ticket type of which the customer has the last one. */
async function soldOut(world: World): Promise<string> {
  const type = await world.typeOf(world.eventId, { quota: 1 })
  await world.paid(1, type)
  return type
}

let soldOutType: Promise<string> | undefined
let queuedEvent: Promise<string> | undefined

async function queued(world: World): Promise<string> {
  const eventId = await world.freshEvent()
  const SET = 'mutation ($input: SetQueueInput!) { setQueue(input: $input) { enabled } }'
  await world.asOrganizer(SET, input({ eventId, enabled: true, admitPerMinute: 1 }))
  return eventId
}

async function resold(world: World): Promise<string> {
  const SET = 'mutation ($input: SetResaleInput!) { setResale(input: $input) { id } }'
  await world.asOrganizer(SET, input({ eventId: world.eventId, untilHoursBeforeStart: 1 }))
  return (await ticket(world)).id
}

async function proposal(world: World): Promise<string> {
  const { token } = await world.freshPerson()
  const SUBMIT =
    'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }'
  const words = { name: 'New', category: 'Music', description: 'Nights.', location: 'Jakarta' }
  return (await world.karcis.run(SUBMIT, input(words), token)).submitOrganizerProposal.id
}

async function seatMapEvent(world: World, drawn: boolean): Promise<object> {
  const eventId = await world.freshEvent()
  const ticketTypeId = await world.typeOf(eventId)
  const map = { eventId, sections: [{ name: 'Front', ticketTypeId, rows: 2, seatsPerRow: 5 }] }
  const DRAW = 'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }'
  if (drawn) await world.asOrganizer(DRAW, input(map))
  return map
}

/** What the customer says of an event that is over. */
export const review = async (world: World): Promise<string> =>
  world.made('asCustomer', 'createReview', { eventId: await world.pastEvent(), rating: 4, comment: 'Good.' })

const report = async ({ made, freshEvent, text }: World): Promise<string> =>
  made('asCustomer', 'reportContent', { kind: 'EVENT', id: await freshEvent(), reason: text() })

const own =
  (make: (world: World) => Promise<string>): Example =>
  async (world) => ({ id: await make(world) })

/** By root field. Those that are not here need no more than ids of the world, by the names of their arguments. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  // user
  user: ({ people }) => ({ id: people.customer.id }),
  organizerProposal: own(proposal),
  createUser: ({ text }) =>
    input({ email: `${text().replaceAll(' ', '.')}@karcis.test`, password: PASSWORD }),
  login: ({ people }) => input({ email: people.customer.email, password: PASSWORD }),
  refreshToken: async ({ freshPerson }) => ({ refreshToken: (await freshPerson()).refreshToken }),
  logout: async ({ freshPerson }) => ({ refreshToken: (await freshPerson()).refreshToken }),
  changePassword: (_, role) => input({ currentPassword: passwordOf(role), newPassword: passwordOf(role) }),
  updateUser: ({ people, text }) => input({ id: people.customer.id, name: text() }),
  async deleteUser({ freshPerson }, role): Promise<Loose> {
    const { id, token } = await freshPerson()
    return {
      id,
      ...input({ password: passwordOf(role), acknowledgeLoss: true }),
      ...(role === 'customer' && { as: token }),
    }
  },
  setUserRole: async ({ freshPerson }) => ({ id: (await freshPerson()).id, role: 'CUSTOMER' }),
  suspendUser: async ({ freshPerson }) => ({ id: (await freshPerson()).id }),
  unsuspendUser: async ({ freshPerson }) => ({ id: (await freshPerson()).id }),
  async organizer({ asOrganizer }) {
    const UPDATE = 'mutation { updateOrganizerProfile(input: {}) { slug } }'
    return { slug: (await asOrganizer(UPDATE)).updateOrganizerProfile.slug }
  },
  reportContent: ({ eventId }) => input({ kind: 'EVENT', id: eventId }),
  decideReport: own(report),
  reviewOrganizerProposal: async (world) => ({
    id: await proposal(world),
    ...input({ decision: 'APPROVED' }),
  }),

  // event
  review: own(review),
  createReview: async (world) => input({ eventId: await world.pastEvent(), rating: 5 }),
  updateReview: async (world) => input({ id: await review(world), rating: 3 }),
  deleteReview: own(review),
  reportReview: own(review),
  answerReview: async (world) => ({ id: await review(world), text: 'Thank you.' }),
  moderateReview: async (world) => ({
    id: await review(world),
    ...input({ decision: 'REJECTED', message: 'Rude.' }),
  }),
  event: ({ eventId }) => ({ id: eventId }),
  events: () => ({}),
  eventSeries: own(series),
  roomSchedule: ({ roomId }) => ({ roomId, from: inDays(0), to: inDays(7) }),
  suggestCategory: ({ text }) => input({ name: text(), reason: 'There is none for it.' }),
  decideCategorySuggestion: async (world) => ({
    id: await suggestion(world),
    ...input({ decision: 'REJECTED', message: 'There is one for it.' }),
  }),
  clearSearchHistory: () => ({}),
  preloadEvent: ({ eventId }) => ({ id: eventId }),
  deleteCategory: own((world) => world.made('asAdmin', 'createCategory', { name: world.text() })),
  updateLocation: async ({ made, text }) =>
    input({
      id: await made('asAdmin', 'createLocation', { name: text(), city: 'Jakarta', country: 'Indonesia' }),
    }),
  location: own(({ made, text }) =>
    made('asAdmin', 'createLocation', { name: text(), city: 'Jakarta', country: 'Indonesia' }),
  ),
  deleteLocation: own(({ made, text }) =>
    made('asAdmin', 'createLocation', { name: text(), city: 'Jakarta', country: 'Indonesia' }),
  ),
  updateVenue: async (world) => input({ id: world.venueId, address: world.text() }),
  deleteVenue: own(venue),
  createRoom: ({ venueId }) => input({ venueId, capacity: 10 }),
  updateRoom: async (world) => input({ id: await room(world), name: world.text() }),
  deleteRoom: own(room),
  blockSchedule: ({ roomId }) => input({ roomId, ...freeTime() }),
  unblockSchedule: own(block),
  updateEventSeries: async (world) => input({ id: await series(world), title: world.text() }),
  deleteEventSeries: own(series),
  createEvent: ({ categoryId }) =>
    input({ categoryId, ...freeTime(), online: true, timezone: 'Asia/Jakarta' }),
  updateEvent: async (world) => input({ id: await draft(world), title: world.text() }),
  submitEvent: own(draft),
  async reviewEvent(world) {
    const id = await draft(world)
    await world.asOrganizer('mutation ($id: ID!) { submitEvent(id: $id) { id } }', { id })
    return { id, ...input({ decision: 'APPROVED' }) }
  },
  deleteEvent: own(draft),
  duplicateEvent: ({ eventId }) => input({ id: eventId, startsAt: inDays(100) }),
  repeatEvent: ({ eventId }) => input({ id: eventId, dates: [inDays(200), inDays(201)] }),
  addEventStaff: (world) => ({ eventId: world.eventId, email: mailbox(world), roles: ['DOOR'] }),
  async removeEventStaff(world) {
    const email = mailbox(world)
    await world.asOrganizer(
      'mutation ($id: ID!, $email: String!) { addEventStaff(eventId: $id, email: $email, roles: [DOOR]) { id } }',
      { id: world.eventId, email },
    )
    return { eventId: world.eventId, email }
  },
  cancelEvent: own(({ freshEvent }) => freshEvent()),
  rescheduleEvent: async ({ freshEvent }) =>
    input({ id: await freshEvent(), startsAt: inDays(22), endsAt: inDays(22.1), refundUntil: inDays(3) }),
  pauseSales: async ({ freshEvent }) => ({ eventId: await freshEvent() }),
  async resumeSales({ freshEvent, asOrganizer }) {
    const eventId = await freshEvent()
    await asOrganizer('mutation ($id: ID!) { pauseSales(eventId: $id, reason: "Rain") { id } }', {
      id: eventId,
    })
    return { eventId }
  },
  transferEvent: async ({ freshEvent, people }) => ({
    id: await freshEvent(),
    organizerId: people.otherOrganizer.id,
  }),

  // ticket
  seats: (world) => ({ ids: [world.seat()] }),
  seatLayout: own(seatLayout),
  hold: own(({ hold }) => hold()),
  bestSeats: ({ eventId, best }) => input({ eventId, ticketTypeId: best, quantity: 1 }),
  queuePosition: async (world) => ({ eventId: await (queuedEvent ??= queued(world)) }),
  async waitlistEntry(world) {
    const ticketTypeId = await soldOut(world)
    const JOIN = 'mutation ($id: ID!) { joinWaitlist(ticketTypeId: $id) { status } }'
    await world.asCustomer(JOIN, { id: ticketTypeId })
    return { ticketTypeId }
  },
  ticket: async (world) => ({ id: (await ticket(world)).id }),
  createTicketType: ({ eventId }) => input({ eventId, kind: 'PAID', price: 1_000, quota: 1 }),
  updateTicketType: async (world) =>
    input({ id: await world.typeOf(world.eventId), description: world.text() }),
  deleteTicketType: own(({ typeOf, eventId }) => typeOf(eventId)),
  importTicketTypes: ({ eventId, text }) =>
    input({ eventId, csv: `Nama;Harga;Kuota\n${text()};Rp 75.000;10` }),
  importGuests: ({ eventId, text }) =>
    input({
      eventId,
      csv: `name,email,ticket type,section,row,seat\nAyu,${text().replaceAll(' ', '')}@karcis.test,Standing,,,`,
    }),
  saveSeatLayout: ({ roomId }) => input({ roomId, layout: LAYOUT }),
  publishSeatLayout: own(seatLayout),
  createSeatMap: async (world) => input(await seatMapEvent(world, false)),
  updateSeatMap: async (world) => input(await seatMapEvent(world, true)),
  blockSeats: (world) => ({ eventId: world.eventId, seatIds: [world.seat()] }),
  async unblockSeats(world) {
    const given = { eventId: world.eventId, seatIds: [world.seat()] }
    await world.asOrganizer(
      'mutation ($eventId: ID!, $seatIds: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $seatIds) { id } }',
      given,
    )
    return given
  },
  holdBackSeats: (world) => input({ eventId: world.eventId, seatIds: [world.seat()] }),
  holdBackTickets: ({ standing }) => input({ ticketTypeId: standing, quantity: 1 }),
  releaseHeldBack: own(contingent),
  holdSeats: (world) => input({ eventId: world.eventId, seatIds: [world.seat()] }),
  holdBestSeats: ({ eventId, best }) => input({ eventId, ticketTypeId: best, quantity: 1 }),
  holdTickets: ({ standing }) => input({ ticketTypeId: standing, quantity: 1 }),
  holdItems: (world) => input({ eventId: world.eventId, seatIds: [world.seat()] }),
  extendHold: own(({ hold }) => hold()),
  releaseHold: own(({ hold }) => hold()),
  setAttendee: async (world) => input({ ticketId: (await ticket(world)).id, name: 'Ayu' }),
  transferTicket: async (world) => ({
    id: (await ticket(world)).id,
    email: world.people.otherCustomer.email,
  }),
  setQuestions: async ({ freshEvent }) =>
    input({ eventId: await freshEvent(), questions: [{ text: 'Shirt?', kind: 'TEXT' }] }),
  offerForResale: async (world) => ({ ticketId: await resold(world) }),
  async withdrawFromResale(world) {
    const ticketId = await resold(world)
    await world.asCustomer('mutation ($id: ID!) { offerForResale(ticketId: $id) { id } }', { id: ticketId })
    return { ticketId }
  },
  setResale: ({ eventId }) => input({ eventId, untilHoursBeforeStart: 1 }),
  setQueue: async ({ freshEvent }) =>
    input({ eventId: await freshEvent(), admitPerMinute: 1, enabled: true }),
  joinQueue: async (world) => ({ eventId: await (queuedEvent ??= queued(world)) }),
  leaveQueue: async (world) => ({ eventId: await (queuedEvent ??= queued(world)) }),
  queuePositionChanged: async (world) => ({ eventId: await (queuedEvent ??= queued(world)) }),
  joinWaitlist: async (world) => ({ ticketTypeId: await (soldOutType ??= soldOut(world)), quantity: 1 }),
  leaveWaitlist: async (world) => ({ ticketTypeId: await (soldOutType ??= soldOut(world)) }),
  checkIn: async (world) => input({ code: (await ticket(world)).code, eventId: world.eventId }),
  syncCheckIns: async (world) => ({
    input: [{ code: (await ticket(world)).code, eventId: world.eventId, scannedAt: inDays(0) }],
  }),
  undoCheckIn: async (world) => ({ ticketId: await used(world) }),
  setDoorPolicy: async ({ freshEvent }) => input({ eventId: await freshEvent(), reentry: true }),
  revokeDoorDevice: async ({ device }) => ({ id: (await device()).id }),

  // booking
  booking: async ({ paid }) => ({ id: (await paid()).id }),
  bookingChanged: async ({ paid }) => ({ id: (await paid()).id }),
  paymentMethods: async ({ booking }) => ({ bookingId: await booking() }),
  quoteBooking: ({ standing }) => input({ ticketTypeId: standing, quantity: 1 }),
  leaderboard: () => ({ first: 5 }),
  async payment(world) {
    const { id } = await world.paid()
    const { booking } = await world.asCustomer('query ($id: ID!) { booking(id: $id) { payment { id } } }', {
      id,
    })
    return { id: booking.payment.id }
  },
  manualPayment: ({ eventId }) => ({ eventId }),
  manualRefunds: ({ eventId }) => ({ eventId }),
  promoCodes: ({ eventId }) => ({ eventId }),
  promoCampaigns: ({ eventId }) => ({ eventId }),
  webhookDeliveries: async (world) => ({ endpointId: await keptEndpoint(world) }),
  createBooking: ({ standing }) => input({ ticketTypeId: standing, quantity: 1 }),
  confirmPayment: async ({ booking }) => ({ id: await booking(), ...input({ method: 'WALLET' }) }),
  addToCart: ({ standing }) => input({ ticketTypeId: standing, quantity: 1 }),
  updateCartItem: async (world) => ({ id: await cartItem(world), ...input({ quantity: 1 }) }),
  removeFromCart: own(cartItem),
  async applyPromo(world) {
    const { code } = promoOf(world)
    await world.made('asOrganizer', 'createPromoCode', { ...promoOf(world), code })
    await cartItem(world)
    return { code }
  },
  async checkout(world, role) {
    const ADD = 'mutation ($input: AddToCartInput!) { addToCart(input: $input) { totalPrice } }'
    const { data } = await world.karcis.attempt(
      ADD,
      input({ ticketTypeId: world.standing, quantity: 1 }),
      world.tokens[role],
    )
    return input({ idempotencyKey: world.text(), expectedTotal: data?.addToCart?.totalPrice ?? 1_000 })
  },
  topUpWallet: () => input({ amount: 100_000, method: 'MIDTRANS' }),
  setManualPayment: ({ eventId }) => input({ eventId, instructions: 'By bank transfer.' }),
  confirmManualPayment: async (world) => ({ bookingId: await awaited(world) }),
  cancelBooking: own(({ booking }) => booking()),
  refundBooking: async ({ paid }) => ({ id: (await paid()).id }),
  setRefundPolicy: async ({ freshEvent }) =>
    input({ eventId: await freshEvent(), tiers: [{ hoursBeforeStart: 1, percent: 50 }] }),
  requestRefund: async ({ paid }) => input({ bookingId: (await paid()).id }),
  reviewRefund: async (world) => ({ id: await request(world), ...input({ decision: 'APPROVED' }) }),
  async redeemPromo(world) {
    const made = promoOf(world)
    await world.made('asOrganizer', 'createPromoCode', made)
    return input({ code: made.code, ticketTypeId: world.standing, quantity: 1 })
  },
  setFees: async ({ freshEvent }) => input({ eventId: await freshEvent(), organizerFees: [] }),
  setPlatformFees: () => input({ fees: [] }),
  createPromoCode: (world) => input(promoOf(world)),
  updatePromoCode: async (world) => input({ id: await promo(world), active: false }),
  deletePromoCode: own(promo),
  createPromoCampaign: ({ eventId, text }) =>
    input({ name: text(), count: 1, eventId, kind: 'PERCENT', percent: 10 }),
  updatePromoCampaign: async (world) => input({ id: await campaign(world), active: false }),
  createWebhookEndpoint: () => input({ url: 'https://karcis.test/', events: ['booking.paid'] }),
  updateWebhookEndpoint: async (world) => input({ id: await keptEndpoint(world), description: world.text() }),
  rotateWebhookSecret: own(keptEndpoint),
  deleteWebhookEndpoint: own(endpoint),
  pingWebhookEndpoint: own(keptEndpoint),
  replayWebhook: async (world) => ({ deliveryId: await delivery(world) }),
  requestPayout: () => input({ currency: 'IDR' }),
}

const CUSTOMERS = new Set<Role>(['customer', 'otherCustomer', 'doorMember', 'salesMember', 'editorMember'])

/** Somebody new in a role, for what would change whoever asks for all that comes after. */
export async function standIn(world: World, role: Role): Promise<string | undefined> {
  if (CUSTOMERS.has(role)) return (await world.freshPerson()).token
  if (role !== 'organizer' && role !== 'otherOrganizer') return world.tokens[role]
  const person = await signUpOrganizer(world.karcis, world.tokens.admin ?? '')
  return (await world.signedIn(person)).token
}
