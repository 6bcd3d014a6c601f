import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forgetGuests } from '../src/domain/guests/forget-guests.ts'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

const CLAIM = `mutation ($input: ClaimAccountInput!) {
  claimAccount(input: $input) { accessToken refreshToken user { id email role emailVerified } }
}`

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const anAddress = () => `${newId()}@karcis.test`
const claim = (token: string, password = PASSWORD) => story.anybody(CLAIM, { input: { token, password } })

/** A guest who has bought something, and the link in its mail. */
async function buyer(email = anAddress()): Promise<{ guest: Person; token: string }> {
  const guest = await story.guest(email)
  await story.paid(guest)
  return { guest, token: await story.mailed(email, 'CLAIM_PURCHASE') }
}

/** What booking was told of somebody's account. */
const registered = ({ id }: Person) =>
  story.neighbours.received
    .filter(
      ({ type, payload }) => type === 'user.registered' && (payload as { userId: string }).userId === id,
    )
    .map(({ payload }) => payload)

describe('a guest', () => {
  it('is signed in without a password, sees what they gave, and is no person yet who is given anything', async () => {
    const email = anAddress()
    const guest = await story.guest(` ${email.toUpperCase()} `, 'Rahma')
    expect(guest.viewer.role).toBe('GUEST')
    const { data } = await guest.ask('{ me { id name email role emailVerified } }')
    expect(data.me).toEqual({ id: guest.id, name: 'Rahma', email, role: 'GUEST', emailVerified: false })
    await eventually(() =>
      expect(registered(guest)).toEqual([{ userId: guest.id, personHash: null, guest: true }]),
    )
    expect(await story.told(email)).toEqual([])
  })

  it('may nothing that takes an account', async () => {
    const guest = await story.guest(anAddress())
    const id = guest.id
    const asked: [string, object?][] = [
      ['mutation { requestVerification }'],
      ['mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id }],
      ['mutation ($id: ID!) { removeFromWishlist(eventId: $id) { id } }', { id }],
      ['mutation ($id: ID!) { updateUser(input: { id: $id, name: "X" }) { id } }', { id }],
      ['mutation ($id: ID!) { deleteUser(id: $id) { id } }', { id }],
      ['mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) { id } }'],
      [
        'mutation { submitOrganizerProposal(input: { name: "N", category: "C", description: "D", location: "L" }) { id } }',
      ],
      ['{ myOrganizerProposals { totalCount } }'],
      ['{ users { totalCount } }'],
    ]
    for (const [operation, variables] of asked)
      expect((await guest.ask(operation, variables as Record<string, unknown>)).code, operation).toBe(
        'FORBIDDEN',
      )
  })

  it('is another one each time, whoever has the address, and takes nothing from them', async () => {
    const siti = await story.signUp()
    const guests = [await story.guest(siti.email), await story.guest(siti.email)]
    expect(new Set([siti.id, ...guests.map(({ id }) => id)]).size).toBe(3)
    expect((await story.comeBack(siti.email)).id).toBe(siti.id)
    const email = anAddress()
    await story.guest(email)
    const input = { email, password: PASSWORD, name: 'Owner' }
    const { code } = await story.anybody(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { expiresIn } }',
      { input },
    )
    expect(code).toBeUndefined()
  })

  it('buys for a few hours, however often they refresh', async () => {
    const guest = await story.guest(anAddress())
    const { data } = await story.refresh(guest.refreshToken)
    await story.sql(`UPDATE users SET created_at = now() - interval '6 hours' WHERE id = '${guest.id}'`)
    expect((await story.refresh(data.refreshToken.refreshToken)).code).toBe('TOKEN_EXPIRED')
  })

  it('is told of by address and found by admins, who give them no role', async () => {
    const [email, admin] = [anAddress(), await story.admin()]
    const guest = await story.guest(email)
    const found = await admin.ask(
      'query ($filter: UserFilter) { users(filter: $filter) { totalCount edges { node { id } } } }',
      {
        filter: { search: email, role: 'GUEST' },
      },
    )
    expect(found.data.users).toEqual({ totalCount: 1, edges: [{ node: { id: guest.id } }] })
    const contacts = await story.askAs(null, 'booking')(
      'query ($ids: [ID!]!) { contacts(ids: $ids) { id name email } }',
      { ids: [guest.id] },
    )
    expect(contacts.data.contacts).toEqual([{ id: guest.id, name: 'Tamu', email }])
    const SET_ROLE = 'mutation ($id: ID!, $role: Role!) { setUserRole(id: $id, role: $role) { role } }'
    expect((await admin.ask(SET_ROLE, { id: guest.id, role: 'ORGANIZER' })).code).toBe('CONFLICT')
    const siti = await story.signUp()
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'GUEST' })).facts.fields).toMatchObject([
      { path: 'role' },
    ])
    const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { email } }'
    expect((await admin.ask(UPDATE, { input: { id: guest.id, email: anAddress() } })).code).toBe('CONFLICT')
  })

  it('is slowed down where a thousand come from one network', async () => {
    const ask = story.askAs(null, 'router', '203.0.113.9')
    const come = () =>
      ask('mutation ($input: ContinueAsGuestInput!) { continueAsGuest(input: $input) { expiresIn } }', {
        input: { email: anAddress(), name: 'Tamu' },
      })
    expect((await come()).code).toBeUndefined()
    const key = story.subgraph.deps.keyedHashes.place('guests', '203.0.113.9').toString('hex')
    await story.sql(`UPDATE login_attempts SET attempts = 999 WHERE key = '\\x${key}'`)
    expect((await come()).code).toBeUndefined()
    expect((await come()).facts.retryAfterSeconds).toBeLessThanOrEqual(2)
  })
})

describe('what a guest bought', () => {
  it('is mailed with one link to claim it by, however much it is and whenever it is told; others are mailed none', async () => {
    const [email, siti] = [anAddress(), await story.signUp()]
    const guest = await story.guest(email)
    const bookingId = newId()
    await Promise.all([
      story.paid(guest, bookingId),
      story.paid(guest, bookingId),
      story.paid(guest),
      story.paid(siti),
    ])
    expect(await story.told(email)).toEqual(['CLAIM_PURCHASE'])
    expect(await story.told(siti.email)).toEqual(['VERIFY_EMAIL'])
  })

  it('is theirs as a customer under the same id, with a verified address; their sessions as a guest end', async () => {
    const { guest, token } = await buyer()
    const { data } = await claim(token)
    expect(data.claimAccount.user).toEqual({
      id: guest.id,
      email: guest.email,
      role: 'CUSTOMER',
      emailVerified: true,
    })
    expect((await story.refresh(guest.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.refresh(data.claimAccount.refreshToken)).code).toBeUndefined()
    expect((await story.comeBack(guest.email)).viewer.role).toBe('CUSTOMER')
    expect((await claim(token)).code).toBe('TOKEN_REUSED')
    await eventually(() =>
      expect(registered(guest)).toEqual([
        { userId: guest.id, personHash: null, guest: true },
        { userId: guest.id, personHash: expect.any(String) },
      ]),
    )
    const changes = await story.get('/internal/auth-changes')
    expect(changes.users).toContainEqual(expect.objectContaining({ id: guest.id, role: 'CUSTOMER' }))
  })

  it('is mailed once more to whoever asks to sign in, or for a password, with an address that has no account', async () => {
    for (const operation of ['requestMagicLink', 'requestPasswordReset']) {
      const { guest, token } = await buyer()
      const { code } = await story.anybody(`mutation ($email: String!) { ${operation}(email: $email) }`, {
        email: guest.email,
      })
      expect(code).toBeUndefined()
      await eventually(async () => expect(await story.told(guest.email)).toHaveLength(2))
      const again = await story.mailed(guest.email, 'CLAIM_PURCHASE')
      expect(again).not.toBe(token)
      expect((await claim(again)).code).toBeUndefined()
      expect((await claim(token)).code).toBe('TOKEN_REUSED')
    }
  })

  const CLAIM_PURCHASE = 'mutation ($token: String!) { claimPurchase(token: $token) { id email role } }'
  const toldTicket = ({ id }: Person) =>
    story.neighbours.received
      .filter(
        ({ type, payload }) =>
          type === 'user.guest-claimed' && (payload as { guestId: string }).guestId === id,
      )
      .map(({ to, payload }) => ({ to, ...(payload as object) }))

  it('is moved into the account that somebody has, once; what is paid for later brings another link; all goes with the account', async () => {
    const siti = await story.signUp()
    const { guest, token } = await buyer(siti.email)
    expect((await story.anybody(CLAIM_PURCHASE, { token })).code).toBe('UNAUTHENTICATED')
    expect((await guest.ask(CLAIM_PURCHASE, { token })).code).toBe('FORBIDDEN')
    const outcomes = await parallel(4, () => siti.ask(CLAIM_PURCHASE, { token }))
    const codes = outcomes.map((one) => (one.status === 'fulfilled' ? one.value.code : 'FAILED'))
    expect(codes.toSorted()).toEqual(['TOKEN_REUSED', 'TOKEN_REUSED', 'TOKEN_REUSED', undefined])
    await eventually(() =>
      expect(toldTicket(guest)).toEqual([{ to: 'ticket', guestId: guest.id, userId: siti.id }]),
    )
    expect((await story.refresh(guest.refreshToken)).code).toBe('UNAUTHENTICATED')

    await Promise.all([story.paid(guest), story.paid(guest)])
    const later = await story.mailed(siti.email, 'CLAIM_PURCHASE')
    expect((await siti.ask(CLAIM_PURCHASE, { token: later })).data.claimPurchase.id).toBe(siti.id)
    expect((await story.told(siti.email)).filter((kind) => kind === 'CLAIM_PURCHASE')).toHaveLength(2)
    await eventually(() => expect(toldTicket(guest)).toHaveLength(2))

    const ERASE = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }'
    expect((await siti.ask(ERASE, { id: siti.id, input: { password: PASSWORD } })).code).toBeUndefined()
    expect(
      await story.sql(`SELECT name, guest_email, guest_claimed_by FROM users WHERE id = '${guest.id}'`),
    ).toEqual([{ name: '-', guest_email: null, guest_claimed_by: null }])
  })

  /** Booking says that somebody may pay the organizer until so many hours from now. */
  const awaited = (guest: Person, hours: number) =>
    tell(story.subgraph, 'booking', {
      type: 'booking.payment-awaited',
      aggregateId: newId(),
      payload: {
        bookingId: newId(),
        userId: guest.id,
        eventId: newId(),
        amount: 150_000,
        currency: 'IDR',
        payUntil: new Date(Date.now() + hours * 3_600_000).toISOString(),
      },
    })

  it('is not lost sight of while the organizer is to be paid: they go on as a guest, and can claim it before', async () => {
    const guest = await story.guest(anAddress())
    await awaited(guest, 24)
    await awaited(guest, 20)
    expect(await story.told(guest.email)).toEqual(['CLAIM_PURCHASE'])
    await story.sql(`UPDATE users SET created_at = now() - interval '31 days' WHERE id = '${guest.id}'`)
    await forgetGuests(story.subgraph.deps, 30)
    const still = await story.refresh(guest.refreshToken)
    expect(still.code).toBeUndefined()
    const siti = await story.signUp() // who has an account, but there is nothing to move yet
    const token = await story.mailed(guest.email, 'CLAIM_PURCHASE')
    expect((await siti.ask(CLAIM_PURCHASE, { token })).code).toBe('CONFLICT')
    const next = still.data.refreshToken.refreshToken
    const again = await story.refresh(next)
    expect(again.code).toBeUndefined()
    await story.sql(`UPDATE users SET guest_pays_until = now() WHERE id = '${guest.id}'`)
    expect((await story.refresh(again.data.refreshToken.refreshToken)).code).toBe('TOKEN_EXPIRED')
    await story.paid(guest)
    expect(await story.told(guest.email)).toEqual(['CLAIM_PURCHASE']) // the link that they have is as good
    expect((await claim(token)).data.claimAccount.user).toMatchObject({ id: guest.id, role: 'CUSTOMER' })
  })

  it('that nobody pays for is forgotten with them; a link that was lost is mailed once more; of accounts nothing follows', async () => {
    const [guest, siti] = [await story.guest(anAddress()), await story.signUp()]
    await awaited(guest, 24)
    await awaited(siti, 24)
    const first = await story.mailed(guest.email, 'CLAIM_PURCHASE')
    await story.anybody('mutation ($email: String!) { requestMagicLink(email: $email) }', {
      email: guest.email,
    })
    await eventually(async () => expect(await story.mailed(guest.email, 'CLAIM_PURCHASE')).not.toBe(first))
    expect((await story.told(siti.email)).filter((kind) => kind === 'CLAIM_PURCHASE')).toEqual([])
    await story.sql(`UPDATE users SET created_at = now() - interval '31 days', guest_pays_until = now() - interval '1 second'
      WHERE id = '${guest.id}'`)
    await forgetGuests(story.subgraph.deps, 30)
    const left = await story.sql(`SELECT name, guest_pays_until FROM users WHERE id = '${guest.id}'`)
    expect(left).toEqual([{ name: '-', guest_pays_until: null }])
  })

  it("stays the guest's where the address has an account, and the link stays good", async () => {
    const siti = await story.signUp()
    const { guest, token } = await buyer(siti.email)
    expect((await claim(token)).code).toBe('EMAIL_TAKEN')
    await story.moveTo(siti, anAddress())
    await story.sql(`UPDATE email_changes SET expires_at = now() WHERE user_id = '${siti.id}'`)
    expect((await claim(token)).data.claimAccount.user.id).toBe(guest.id)
  })

  it('is claimed by a password that follows the rules, and by nothing else', async () => {
    const { guest, token } = await buyer()
    expect((await claim(token, 'short')).facts.fields).toMatchObject([{ path: 'input.password' }])
    expect((await claim(token, guest.email)).facts.fields).toMatchObject([{ path: 'input.password' }])
    expect((await claim(newId())).facts.fields).toMatchObject([{ path: 'input.token' }])
    expect((await claim(token)).code).toBeUndefined()
  })

  const race = async () => {
    const { token } = await buyer()
    const outcomes = await parallel(4, (n) => claim(token, `${PASSWORD} ${n}`))
    return outcomes.map((one) => (one.status === 'fulfilled' ? one.value.code : 'FAILED'))
  }

  it('would be claimed by many at once without the lock and the condition on used_at', async () => {
    const { deps } = story.subgraph
    const codes = await withMutant(deps, ['AND used_at IS NULL AND expires_at > now()'], () =>
      withMutant(deps, ['FOR UPDATE'], race),
    )
    expect(codes.filter((code) => code === undefined).length).toBeGreaterThan(1)
  })

  it('is claimed once, by one of many at once: the condition on used_at', async () => {
    expect((await race()).toSorted()).toEqual(['TOKEN_REUSED', 'TOKEN_REUSED', 'TOKEN_REUSED', undefined])
  })

  it('keeps a guest from being forgotten, as those are who have bought nothing', async () => {
    const { guest } = await buyer()
    const [gone, fresh] = [await story.guest(anAddress()), await story.guest(anAddress())]
    await story.sql(
      `UPDATE users SET created_at = now() - interval '31 days' WHERE id IN ('${guest.id}', '${gone.id}')`,
    )
    await forgetGuests(story.subgraph.deps, 30)
    const left = await story.sql(
      `SELECT id, name, guest_email FROM users WHERE id IN ('${guest.id}', '${gone.id}', '${fresh.id}') ORDER BY id`,
    )
    expect(left.map(({ name }) => name)).toEqual(['Tamu', '-', 'Tamu'])
    expect(left[1].guest_email).toBeNull()
    await eventually(() =>
      expect(story.neighbours.received).toContainEqual(
        expect.objectContaining({
          to: 'ticket',
          type: 'user.rights-changed',
          payload: { userId: gone.id, role: 'CUSTOMER', suspended: false, erased: true },
        }),
      ),
    )
  })
})
