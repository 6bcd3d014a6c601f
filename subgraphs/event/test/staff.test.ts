import { createInvitationLinks } from '@karcis/kit/staff-invitations'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { importMutant } from '@karcis/testkit/code-mutants'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { person, SERVICE_SECRET } from '@karcis/testkit/people'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type * as updating from '../src/domain/organizing/update-event.ts'
import { GET_EVENT, openHouse, type Story, startStoryBeside, SUBMIT_EVENT, UPDATE_EVENT } from './stories.ts'

/** What the user subgraph says of these people, to themselves and to admins. */
const accounts = new Map<string, Loose>()

let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
let event: Loose
beforeAll(async () => {
  story = await startStoryBeside('user', ({ id }, { viewer }) => ({
    user: viewer?.id === id || viewer?.role === 'ADMIN' ? (accounts.get(id) ?? null) : null,
  }))
})
afterAll(() => story[Symbol.asyncDispose]())
beforeEach(async () => {
  house = await openHouse(story)
  event = await house.createEvent({ draft: true })
})

const STAFF = `staff { id email roles status acceptedAt user { id } }`
const ADD = `mutation($eventId: ID!, $email: String!, $roles: [StaffRole!]!) {
  addEventStaff(eventId: $eventId, email: $email, roles: $roles) { id version ${STAFF} } }`
const REMOVE = `mutation($eventId: ID!, $userId: ID, $email: String) {
  removeEventStaff(eventId: $eventId, userId: $userId, email: $email) { id ${STAFF} } }`
const ACCEPT = `mutation($token: String!) { acceptStaffInvitation(token: $token) { id title ${STAFF} } }`
const DECLINE = `mutation($token: String!) { declineStaffInvitation(token: $token) }`
const MINE = `{ myStaffEvents { totalCount edges { node { id ${STAFF} } } } }`
const TRANSFER = `mutation($id: ID!, $to: ID!) { transferEvent(id: $id, organizerId: $to) { id } }`
const CANCEL = `mutation($id: ID!) { cancelEvent(id: $id, reason: "No") { id } }`

const links = createInvitationLinks(SERVICE_SECRET)
const account = (emailVerified = true) => {
  const viewer = person({ role: 'CUSTOMER' })
  const email = `${viewer.id}@karcis.test`
  accounts.set(viewer.id, { email, emailVerified, suspendedAt: null })
  return { viewer, email }
}

/** Invites an address. @returns the token that its mail has, as the user subgraph makes it of what it is told. */
async function invite(email: string, roles: string[] = ['EDITOR']): Promise<string> {
  await story.does(house.organizer, ADD, { eventId: event.id, email, roles })
  const [told] = await story.sql(
    `SELECT payload FROM kit.outbox WHERE type = 'event.staff-invited' AND aggregate_id = $1 ORDER BY seq DESC LIMIT 1`,
    event.id,
  )
  expect(told?.payload).toMatchObject({
    title: event.title,
    email: email.toLowerCase(),
    invitedBy: house.organizer.id,
  })
  return links.sign({ id: told?.payload.invitationId }, new Date(told?.payload.expiresAt))
}

async function join(roles: string[] = ['EDITOR']): Promise<Viewer> {
  const { viewer, email } = account()
  await story.does(viewer, ACCEPT, { token: await invite(email, roles) })
  return viewer
}

const staffOf = async (by: Viewer | null = house.organizer): Promise<Loose[] | null> =>
  (await story.ask(by, `query($id: ID!) { event(id: $id) { ${STAFF} } }`, { id: event.id })).data.event
    ?.staff ?? null
const toldOf = async (): Promise<Loose[]> => {
  const [told] = await story.sql(
    `SELECT payload FROM kit.outbox WHERE type = 'event.changed' AND aggregate_id = $1 ORDER BY seq DESC LIMIT 1`,
    event.id,
  )
  return told?.payload.staff
}

describe('staff of an event', () => {
  it('is invited by mail, accepts once, and does what its roles are for, and nothing else', async () => {
    const { viewer, email } = account()
    const token = await invite(email.toUpperCase())
    expect(await staffOf()).toMatchObject([{ email, roles: ['EDITOR'], status: 'INVITED', user: null }])
    expect(await staffOf(viewer)).toBe(null) // the draft is nobody else's to see yet
    expect((await story.ask(viewer, UPDATE_EVENT, { input: { id: event.id, title: 'Mine' } })).code).toBe(
      'FORBIDDEN',
    )

    const accepted = await story.does(viewer, ACCEPT, { token })
    expect(accepted).toMatchObject({ id: event.id, staff: [{ status: 'ACTIVE', user: { id: viewer.id } }] })
    expect((await story.does(viewer, ACCEPT, { token })).staff).toEqual(accepted.staff) // asked again
    expect(await toldOf()).toEqual([{ userId: viewer.id, roles: ['EDITOR'] }])
    const other = account()
    expect((await story.ask(other.viewer, ACCEPT, { token })).code).toBe('NOT_FOUND')
    expect((await story.does(viewer, MINE)).edges.map(({ node }: Loose) => node.id)).toEqual([event.id])

    await story.does(viewer, UPDATE_EVENT, { input: { id: event.id, title: 'Konser Sumpah Pemuda' } })
    expect((await story.does(viewer, SUBMIT_EVENT, { id: event.id })).status).toBe('PENDING')
    await house.approve(event.id)
    for (const [document, variables] of [
      [CANCEL, { id: event.id }],
      [ADD, { eventId: event.id, email: 'a@karcis.test', roles: ['DOOR'] }],
      [REMOVE, { eventId: event.id, email: 'a@karcis.test' }],
    ] as const)
      expect((await story.ask(viewer, document, variables)).code).toBe('FORBIDDEN')

    const [member] = (await staffOf()) ?? []
    await story.does(house.organizer, ADD, { eventId: event.id, email, roles: ['DOOR', 'SALES', 'DOOR'] })
    expect(await staffOf(viewer)).toEqual([{ ...member, roles: ['DOOR', 'SALES'] }])
    expect(
      (await story.ask(viewer, UPDATE_EVENT, { input: { id: event.id, description: 'Mine' } })).code,
    ).toBe('FORBIDDEN')

    expect(
      (await story.does(house.organizer, REMOVE, { eventId: event.id, userId: viewer.id.toUpperCase() }))
        .staff,
    ).toEqual([])
    expect([await toldOf(), await staffOf(viewer)]).toEqual([[], null])
    expect((await story.does(viewer, MINE)).totalCount).toBe(0)
    expect((await story.ask(viewer, ACCEPT, { token })).code).toBe('NOT_FOUND')
    const told = await story.sql(
      `SELECT payload->>'change' AS change FROM kit.outbox WHERE type = 'event.staff-changed' AND aggregate_id = $1 ORDER BY seq`,
      event.id,
    )
    expect(told.map(({ change }) => change)).toEqual(['JOINED', 'ENDED'])
  })

  it('is who has shown that the address is theirs, and not whoever has the link', async () => {
    const { viewer, email } = account(false)
    const token = await invite(email)
    const finder = account()
    for (const [by, code] of [
      [finder.viewer, 'FORBIDDEN'],
      [viewer, 'FORBIDDEN'],
      [person({ role: 'GUEST' }), 'FORBIDDEN'],
      [null, 'UNAUTHENTICATED'],
    ] as const)
      expect((await story.ask(by, ACCEPT, { token })).code).toBe(code)
    accounts.set(viewer.id, { email, emailVerified: true, suspendedAt: null })
    const again = await invite(email, ['DOOR']) // in the place of the first, whose link is good for nothing now
    expect((await story.ask(viewer, ACCEPT, { token })).code).toBe('NOT_FOUND')
    expect((await story.ask(viewer, ACCEPT, { token: `${again}x` })).code).toBe('NOT_FOUND')
    expect((await story.does(viewer, ACCEPT, { token: again })).staff).toMatchObject([{ roles: ['DOOR'] }])
    accounts.set(house.organizer.id, { email: 'o@karcis.test', emailVerified: true, suspendedAt: null })
    expect((await story.ask(house.organizer, ACCEPT, { token: await invite('o@karcis.test') })).code).toBe(
      'CONFLICT',
    )
  })

  it('may say no, or go, and an invitation ends by itself', async () => {
    const { viewer, email } = account()
    const token = await invite(email)
    expect(await story.does(null, DECLINE, { token })).toBe(true)
    expect((await story.ask(null, DECLINE, { token })).code).toBe('NOT_FOUND')
    expect(await staffOf()).toEqual([])
    const late = await invite(email)
    const expire = `UPDATE event_staff SET expires_at = now() WHERE event_id = $1::uuid`
    await story.sql(expire, event.id)
    expect((await story.ask(viewer, ACCEPT, { token: late })).code).toBe('NOT_FOUND')
    const guard = [' AND expires_at > now() RETURNING', ' RETURNING'] as const
    const accept = () => story.ask(viewer, ACCEPT, { token: late })
    expect((await withMutant(story.subgraph.deps, guard, accept)).code).toBe(undefined)
    await story.does(viewer, REMOVE, { eventId: event.id, userId: viewer.id })
    expect(await staffOf()).toEqual([])
  })

  it('is fifty at most, and nobody mails strangers without end', async () => {
    await story.sql(
      `INSERT INTO event_staff (id, event_id, email, roles, invited_by, expires_at)
       SELECT gen_random_uuid(), $1::uuid, n || '@karcis.test', '{DOOR}', $2::uuid, now() + interval '1 day' FROM generate_series(1, 49) n`,
      event.id,
      house.organizer.id,
    )
    const ask = (email: string) =>
      story.ask(house.organizer, ADD, { eventId: event.id, email, roles: ['DOOR'] })
    expect((await ask('50@karcis.test')).code).toBe(undefined)
    expect(await ask('51@karcis.test')).toMatchObject({ code: 'LIMIT_EXCEEDED', facts: { limit: 50 } })
    expect((await ask('50@karcis.test')).code).toBe(undefined) // invited again
    await story.sql(
      `UPDATE staff_invitation_counts SET invitations = 29 WHERE user_id = $1::uuid`,
      house.organizer.id,
    )
    const [one, two] = await Promise.all([ask('48@karcis.test'), ask('49@karcis.test')])
    expect([one.code, two.code].toSorted()).toEqual(['RATE_LIMITED', undefined])
    for (const roles of [[], ['OWNER']])
      expect(
        (await story.ask(house.organizer, ADD, { eventId: event.id, email: 'x@karcis.test', roles })).errors,
      ).toHaveLength(1)
  })

  it('stays with an event that is given to another organizer, who needs no role any more', async () => {
    const editor = await join(['EDITOR', 'SALES'])
    const heir = person({ role: 'ORGANIZER' })
    const email = `${heir.id}@karcis.test`
    accounts.set(heir.id, { email, emailVerified: true, suspendedAt: null, role: 'ORGANIZER' })
    await story.does(heir, ACCEPT, { token: await invite(email) })
    await story.does(house.admin, TRANSFER, { id: event.id, to: heir.id })
    expect((await staffOf(heir))?.map((one) => one.user.id)).toEqual([editor.id])
    expect(await toldOf()).toEqual([{ userId: editor.id, roles: ['EDITOR', 'SALES'] }])
    expect(await staffOf(house.organizer)).toBe(null)
  })
})

describe('whoever loses their account, or is taken off, does nothing more', () => {
  const tellOfRights = (userId: string, rights: Loose) =>
    tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: userId,
      payload: { userId, role: 'CUSTOMER', suspended: false, erased: false, ...rights },
    })
  const LOCK = 'SELECT FROM events WHERE id = $1::uuid FOR UPDATE'

  it('when it is suspended or erased', async () => {
    for (const rights of [{ suspended: true }, { erased: true }]) {
      const { id } = await join()
      await tellOfRights(id, rights)
      expect([await staffOf(), await toldOf()]).toEqual([[], []])
    }
    const promoted = await join()
    await tellOfRights(promoted.id, { role: 'ORGANIZER' })
    expect(await staffOf()).toHaveLength(1)
  })

  it('without the lock that accepting shares, would accept in the moment of their suspension, and does not with it', async () => {
    const GUARD = ['pg_advisory_xact_lock_shared(hashtextextended(', '(hashtextextended('] as const
    async function race(): Promise<number> {
      const { viewer, email } = account()
      const token = await invite(email)
      let accepting: Promise<unknown> | undefined
      let told: Promise<void> | undefined
      await story.subgraph.deps.db.$transaction(async (tx) => {
        await tx.$queryRawUnsafe(LOCK, event.id)
        accepting = story.ask(viewer, ACCEPT, { token })
        await untilBlocked(tx, 1)
        told = tellOfRights(viewer.id, { suspended: true })
        await Promise.race([told, untilBlocked(tx, 2)])
      })
      await Promise.all([accepting, told])
      return (await staffOf())?.filter((one) => one.user?.id === viewer.id).length ?? 0
    }
    expect(await withMutant(story.subgraph.deps, GUARD, race)).toBe(1)
    expect(await race()).toBe(0)
  })

  it('without its condition, a no would take a member off who has just accepted, and does not with it', async () => {
    async function race(): Promise<Loose> {
      const { viewer, email } = account()
      const token = await invite(email)
      let declining: Promise<Loose> | undefined
      await story.subgraph.deps.db.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(
          `UPDATE event_staff SET user_id = $1::uuid, accepted_at = now() WHERE event_id = $2::uuid AND email = $3`,
          viewer.id,
          event.id,
          email,
        )
        declining = story.ask(null, DECLINE, { token })
        await untilBlocked(tx, 1)
      })
      return {
        code: (await declining)?.code,
        left: (await staffOf())?.some((one) => one.user?.id === viewer.id),
      }
    }
    const guard = ['::uuid AND user_id IS NULL', '::uuid'] as const
    expect(await withMutant(story.subgraph.deps, guard, race)).toEqual({ code: undefined, left: false })
    expect(await race()).toEqual({ code: 'NOT_FOUND', left: true })
  })

  it('without the second look, would still change the event once it is told that they are off, and does not with it', async () => {
    const { updateEvent } = await importMutant<typeof updating>(
      new URL('../src/domain/organizing/update-event.ts', import.meta.url),
      [["requireDuty(viewer, before, 'EDIT')", 'void requireDuty']],
    )
    const input = () => ({ id: event.id, description: `By ${newId()}` })
    async function race(change: (viewer: Viewer) => Promise<unknown>): Promise<boolean> {
      const viewer = await join()
      let removing: Promise<unknown> | undefined
      let changing: Promise<boolean> | undefined
      await story.subgraph.deps.db.$transaction(async (tx) => {
        await tx.$queryRawUnsafe(LOCK, event.id)
        removing = story.does(house.organizer, REMOVE, { eventId: event.id, userId: viewer.id })
        await untilBlocked(tx, 1)
        changing = change(viewer).then(
          () => true,
          () => false,
        )
        await untilBlocked(tx, 2)
      })
      await removing
      return (await changing) === true
    }
    expect(await race((viewer) => updateEvent(story.subgraph.deps, viewer, input()))).toBe(true)
    expect(await race((viewer) => story.does(viewer, UPDATE_EVENT, { input: input() }))).toBe(false)
    expect((await story.does(house.organizer, GET_EVENT, { id: event.id })).description).toMatch(/^By /)
  })
})
