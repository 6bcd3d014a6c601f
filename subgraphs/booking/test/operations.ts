/** What the tests ask for of a booking. */
export const BOOKING = `fragment B on Booking {
  id status subtotal discount totalPrice refundedAmount refundReason currency expiresAt createdAt
  event { id } user { id }
  items { ticketType { id } seat { id } name seatLabel unitPrice quantity }
  tickets { id } payment { id method status amount currency paidAt } }`

export const CREATE = `mutation ($input: CreateBookingInput!) { createBooking(input: $input) { ...B } } ${BOOKING}`
export const PAY = `mutation ($id: ID!, $key: String) {
  confirmPayment(id: $id, input: { method: WALLET, idempotencyKey: $key }) { ...B } } ${BOOKING}`
export const CANCEL = `mutation ($id: ID!) { cancelBooking(id: $id) { ...B } } ${BOOKING}`
export const REFUND = `mutation ($id: ID!, $reason: String!) { refundBooking(id: $id, reason: $reason) { ...B } } ${BOOKING}`
export const READ = `query ($id: ID!) { booking(id: $id) { ...B } } ${BOOKING}`
export const WALLET = `query ($refs: [_Any!]!) { _entities(representations: $refs) {
  ... on User { id balance balanceCurrency bookings { totalCount edges { node { id } } } } } }`
