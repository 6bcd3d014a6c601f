import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { startAtMidtrans } from './at-midtrans.ts'
import {
  arena,
  createBooking,
  PASSWORD,
  type Person,
  signInAdmin,
  signUp,
  signUpOrganizer,
} from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'
import { mailed } from './mailed.ts'

const MINE = `{ me { id role emailVerified } myTickets { edges { node { code status owner { id } } } }
  myBookings { edges { node { id status } } } }`
const START = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: MIDTRANS }) {
  payment { redirectUrl } } }`

async function continueAsGuest(karcis: Karcis, email: string): Promise<Person> {
  const { continueAsGuest: guest } = await karcis.run(
    `mutation ($input: ContinueAsGuestInput!) { continueAsGuest(input: $input) { accessToken refreshToken user { id } } }`,
    { input: { email, name: 'Tamu' } },
  )
  return { id: guest.user.id, token: guest.accessToken, refreshToken: guest.refreshToken, email }
}

it('a guest buys without a password, claims it by the mail that comes with it, and later adds another purchase to that account', async () => {
  await using world = await startAtMidtrans()
  const { midtrans, karcis } = world
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, standing } = await arena(karcis, admin, organizer)
  const mine = async ({ token }: { token: string }) => {
    const { me, myTickets, myBookings } = await karcis.run(MINE, {}, token)
    const nodes = (list: { edges: { node: Record<string, unknown> }[] }) => list.edges.map(({ node }) => node)
    return { me, tickets: nodes(myTickets), bookings: nodes(myBookings) }
  }

  /** Two standing places, paid for on the page of the provider. */
  async function buy(guest: Person): Promise<{ bookingId: string; codes: unknown[] }> {
    const { createBooking: booking } = await createBooking(karcis, guest, {
      ticketTypeId: standing,
      quantity: 2,
    })
    const methods = await karcis.run(
      'query ($id: ID!) { paymentMethods(bookingId: $id) }',
      { id: booking.id },
      guest.token,
    )
    expect(methods.paymentMethods).toEqual(['MIDTRANS'])
    const { confirmPayment } = await karcis.run(START, { id: booking.id }, guest.token)
    const before = midtrans.notifications().length
    await fetch(confirmPayment.payment.redirectUrl, {
      method: 'POST',
      body: new URLSearchParams({ action: 'pay' }),
      redirect: 'manual',
    })
    const body = await eventually(() => {
      const told = midtrans.notifications()[before]?.body
      if (!told) throw new Error('nothing was told yet')
      return told
    })
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${karcis.url}/webhooks/midtrans`, { method: 'POST', headers, body })).status).toBe(
      200,
    )
    const codes = await eventually(async () => {
      const { tickets } = await mine(guest)
      if (tickets.length < 2) throw new Error('no tickets yet')
      return tickets.map(({ code }) => code).toSorted()
    })
    return { bookingId: booking.id, codes }
  }

  const email = 'siti.tamu@karcis.test'
  const guest = await continueAsGuest(karcis, email)
  const [first, stranger] = [await buy(guest), await continueAsGuest(karcis, email)]
  expect(await mine(stranger)).toMatchObject({ me: { role: 'GUEST' }, tickets: [], bookings: [] })
  const LOOK = 'query ($id: ID!) { booking(id: $id) { id } }'
  expect((await karcis.attempt(LOOK, { id: first.bookingId }, stranger.token)).errors).toHaveLength(1)

  // What takes an account is closed to a guest before anything is fetched.
  const { tickets } = await karcis
    .run('{ me { tickets { edges { node { id } } } } }', {}, guest.token)
    .then(({ me }) => me)
  const ticketId = tickets.edges[0].node.id
  const closed: [string, object][] = [
    ['mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id: eventId }],
    ['mutation ($id: ID!) { transferTicket(id: $id, email: "a@karcis.test") { id } }', { id: ticketId }],
    ['mutation ($id: ID!) { offerForResale(ticketId: $id) { id } }', { id: ticketId }],
    ['mutation ($id: ID!) { joinWaitlist(ticketTypeId: $id, quantity: 1) { position } }', { id: standing }],
    ['{ walletEntries { totalCount } }', {}],
    ['{ myOrganizerProposals { totalCount } }', {}],
    [
      'mutation ($id: ID!) { requestRefund(input: { bookingId: $id, reason: "No." }) { id } }',
      { id: first.bookingId },
    ],
    ['mutation { topUpWallet(input: { amount: 10000, currency: "IDR", method: MIDTRANS }) { id } }', {}],
  ]
  for (const [operation, variables] of closed) {
    const { errors } = await karcis.attempt(operation, variables as Record<string, unknown>, guest.token)
    expect(
      errors?.map(({ extensions }) => extensions?.code),
      operation,
    ).toEqual(['FORBIDDEN'])
  }

  const CLAIM = 'mutation ($input: ClaimAccountInput!) { claimAccount(input: $input) { accessToken } }'
  const input = { token: await mailed(karcis, email, 'CLAIM_PURCHASE'), password: PASSWORD }
  const { claimAccount } = await karcis.run(CLAIM, { input })
  const account = { token: claimAccount.accessToken }
  expect(await mine(account)).toMatchObject({
    me: { id: guest.id, role: 'CUSTOMER', emailVerified: true },
    bookings: [{ id: first.bookingId, status: 'PAID' }],
  })
  await eventually(async () => {
    const { errors } = await karcis.attempt('{ me { id } }', {}, guest.token)
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })
  await eventually(async () =>
    expect((await karcis.run('{ me { balance } }', {}, account.token)).me.balance).toBe(1_000_000),
  )

  // Another purchase as a guest, with the address that has an account by now.
  const second = await buy(stranger)
  const token = await mailed(karcis, email, 'CLAIM_PURCHASE')
  const taken = await karcis.attempt(CLAIM, { input: { token, password: PASSWORD } })
  expect(taken.errors?.[0]?.extensions?.code).toBe('EMAIL_TAKEN')
  await karcis.run(
    'mutation ($token: String!) { claimPurchase(token: $token) { id } }',
    { token },
    account.token,
  )
  await eventually(async () => {
    const { tickets: all } = await mine(account)
    expect(all.map(({ code }) => code).toSorted()).toEqual([...first.codes, ...second.codes].toSorted())
    expect(new Set(all.map(({ owner }) => (owner as { id: string }).id))).toEqual(new Set([guest.id]))
  })
})

it('people verify their address, forget their password, sign in by a link and move to another address; what an organizer had invited them to is theirs', async () => {
  await using karcis = await startKarcis()
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId } = await arena(karcis, admin, organizer)
  const siti = await signUp(karcis, 'Siti')
  const csv = `name,email,ticket type\nSiti,${siti.email},Standing`
  const other = `name,email,ticket type\nSiti,siti.new@karcis.test,Standing`
  for (const file of [csv, other])
    await karcis.run(
      'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id } }',
      { input: { eventId, csv: file } },
      organizer.token,
    )
  const use = (field: string, token: string) =>
    karcis.run(`mutation ($token: String!) { ${field}(token: $token) { id emailVerified } }`, { token })

  const { verifyEmail } = await use('verifyEmail', await mailed(karcis, siti.email, 'VERIFY_EMAIL'))
  expect(verifyEmail).toEqual({ id: siti.id, emailVerified: true })
  await karcis.run('mutation ($email: String!) { requestPasswordReset(email: $email) }', {
    email: siti.email,
  })
  const reset = {
    token: await mailed(karcis, siti.email, 'RESET_PASSWORD'),
    password: 'another one altogether',
  }
  await karcis.run('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { id } }', {
    input: reset,
  })
  await eventually(async () => {
    const { errors } = await karcis.attempt('{ me { id } }', {}, siti.token)
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  await karcis.run('mutation ($email: String!) { requestMagicLink(email: $email) }', { email: siti.email })
  const { loginWithMagicLink } = await karcis.run(
    'mutation ($token: String!) { loginWithMagicLink(token: $token) { accessToken } }',
    { token: await mailed(karcis, siti.email, 'SIGN_IN_LINK') },
  )
  const token = loginWithMagicLink.accessToken
  const change = { id: siti.id, email: 'siti.new@karcis.test', currentPassword: reset.password }
  await karcis.run(
    'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { id } }',
    { input: change },
    token,
  )
  await use('confirmEmailChange', await mailed(karcis, siti.email, 'CONFIRM_OLD_EMAIL'))
  await use('confirmEmailChange', await mailed(karcis, change.email, 'CONFIRM_NEW_EMAIL'))
  const { me } = await karcis.run('{ me { email newEmail emailVerified } }', {}, token)
  expect(me).toEqual({ email: change.email, newEmail: null, emailVerified: true })
  // Invited at both addresses, by the account that each of them had, or has by now.
  await eventually(async () => {
    const { myTickets } = await karcis.run('{ myTickets { totalCount } }', {}, token)
    expect(myTickets.totalCount).toBe(2)
  })
})
