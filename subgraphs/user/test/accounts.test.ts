import { newId } from '@karcis/kit/ids'
import { whoWaits } from '@karcis/kit/waiting'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { createUserSubgraph } from '../src/server.ts'
import { ADMIN, type Person, PASSWORD, type Story, startStory } from './stories.ts'

const WHOLE =
  'id name email phoneNumber address avatarUrl role emailVerified createdAt suspendedAt wishlist { totalCount }'
const UPDATE = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { ${WHOLE} } }`
const ENTITY = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { ${WHOLE} } } }`
const SET_ROLE = 'mutation ($id: ID!, $role: Role!) { setUserRole(id: $id, role: $role) { role } }'
const DELETE =
  'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id name email } }'
const input = { password: PASSWORD }

const reference = ({ id }: { id: string }) => ({ of: [{ __typename: 'User', id }] })

describe('what people see of each other', () => {
  it('is id, name and picture; the rest is null without an error', async () => {
    await using story = await startStory()
    const [siti, budi] = [await story.signUp('Siti'), await story.signUp('Budi')]
    for (const ask of [budi.ask, story.anybody]) {
      const { data, code } = await ask(ENTITY, reference(siti))
      expect(code).toBeUndefined()
      const { id, name, ...rest } = data._entities[0]
      expect({ id, name }).toEqual({ id: siti.id, name: 'Siti' })
      expect(new Set(Object.values(rest))).toEqual(new Set([null]))
    }
  })

  it('is everything of oneself, and to an admin of everybody', async () => {
    await using story = await startStory()
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    for (const { ask } of [siti, admin]) {
      const { data } = await ask(ENTITY, reference(siti))
      expect(data._entities[0]).toMatchObject({
        email: siti.email,
        phoneNumber: '+62 812 3456',
        address: 'Jalan Melati 1',
        role: 'CUSTOMER',
        emailVerified: false,
        createdAt: expect.stringMatching(/Z$/),
        wishlist: { totalCount: 0 },
      })
      expect(
        (await ask('query ($id: ID!) { user(id: $id) { email } }', { id: siti.id })).data.user.email,
      ).toBe(siti.email)
    }
  })

  it('answers user(id) to nobody else', async () => {
    await using story = await startStory()
    const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
    const ask = 'query ($id: ID!) { user(id: $id) { id } }'
    expect((await story.anybody(ask, { id: siti.id })).code).toBe('UNAUTHENTICATED')
    expect((await budi.ask(ask, { id: siti.id })).code).toBe('FORBIDDEN')
    expect(await admin.ask(ask, { id: newId() })).toMatchObject({ data: { user: null }, code: undefined })
    expect((await admin.ask(ask, { id: 'x' })).facts.fields).toMatchObject([{ path: 'id' }])
  })

  it('finds a person by their id in any case', async () => {
    await using story = await startStory()
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    const id = siti.id.toUpperCase()
    const { data } = await siti.ask('query ($id: ID!) { user(id: $id) { id email } }', { id })
    expect(data.user).toEqual({ id: siti.id, email: siti.email })
    expect((await siti.ask(ENTITY, reference({ id }))).data._entities[0].email).toBe(siti.email)
    expect((await siti.ask(UPDATE, { input: { id, name: 'Siti R.' } })).data.updateUser.name).toBe('Siti R.')
    expect((await admin.ask(SET_ROLE, { id, role: 'ORGANIZER' })).data.setUserRole.role).toBe('ORGANIZER')
    expect((await siti.ask(DELETE, { id, input })).data.deleteUser.id).toBe(siti.id)
  })

  it('gives other subgraphs whom an address belongs to, and clients never', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const ask = 'query ($email: String!) { userByEmail(email: $email) { id name email } }'
    for (const service of ['event', 'ticket'] as const) {
      const { data } = await story.askAs(null, service)(ask, { email: ' SITI@karcis.test' })
      expect(data.userByEmail).toEqual({ id: siti.id, name: 'Siti', email: null })
    }
    expect(
      (await story.askAs(null, 'ticket')(ask, { email: 'nobody@karcis.test' })).data.userByEmail,
    ).toBeNull()
    expect((await siti.ask(ask, { email: siti.email })).code).toBe('FORBIDDEN')
    expect((await story.askAs(null, 'booking')(ask, { email: siti.email })).code).toBe('FORBIDDEN')

    const budi = await story.signUp('Budi')
    const askAll = 'query ($emails: [String!]!) { usersByEmail(emails: $emails) { id } }'
    const emails = [budi.email, 'nobody@karcis.test', ' SITI@karcis.test', 'no address', budi.email]
    const { data } = await story.askAs(null, 'ticket')(askAll, { emails })
    const [ofBudi, ofSiti] = [{ id: budi.id }, { id: siti.id }]
    expect(data.usersByEmail).toEqual([ofBudi, null, ofSiti, null, ofBudi])
    const many = Array.from({ length: 1_001 }, (_, n) => `guest${n}@karcis.test`)
    expect((await story.askAs(null, 'ticket')(askAll, { emails: many })).code).toBe('BAD_USER_INPUT')
    expect((await siti.ask(askAll, { emails })).code).toBe('FORBIDDEN')
    for (const service of ['event', 'booking'] as const)
      expect((await story.askAs(null, service)(askAll, { emails })).code).toBe('FORBIDDEN')
  })
})

describe('how people are reached', () => {
  it('is told to the booking subgraph, for those who have an account; erased ones are left out, and clients are refused', async () => {
    await using story = await startStory()
    const [siti, budi, gone] = [
      await story.signUp('Siti'),
      await story.signUp('Budi'),
      await story.signUp('Gone'),
    ]
    await siti.ask(UPDATE, { input: { id: siti.id, name: 'Siti 100%' } })
    siti.name = 'Siti 100%'
    await gone.ask(DELETE, { id: gone.id, input })
    const ask =
      'query ($ids: [ID!]!, $search: String) { contacts(ids: $ids, search: $search) { id name email } }'
    const ids = [siti.id, budi.id.toUpperCase(), gone.id, newId()]
    const read = async (search?: string) =>
      (await story.askAs(null, 'booking')(ask, { ids, search })).data.contacts
    const contact = ({ id, name, email }: Person) => ({ id, name, email })
    expect(await read()).toEqual(expect.arrayContaining([contact(siti), contact(budi)]))
    expect(await read()).toHaveLength(2)
    expect(await read('BUDI')).toEqual([contact(budi)])
    expect(await read(siti.email.toUpperCase())).toEqual([contact(siti)])
    expect(await read('0%')).toEqual([contact(siti)])
    expect(await read('_')).toEqual([])
    expect((await siti.ask(ask, { ids })).code).toBe('FORBIDDEN')
    expect((await story.askAs(null, 'ticket')(ask, { ids })).code).toBe('FORBIDDEN')
    const many = Array.from({ length: 5_001 }, () => siti.id)
    expect((await story.askAs(null, 'booking')(ask, { ids: many })).code).toBe('BAD_USER_INPUT')
  })
})

describe('entities', () => {
  it('are read in one query for any number of references, and in the order asked for', async () => {
    await using story = await startStory()
    const people: Person[] = []
    for (let n = 0; n < 5; n += 1) people.push(await story.signUp())
    const admin = await story.admin()
    const queries = countQueries(story)
    const ids = [...people.map(({ id }) => id).reverse(), newId(), people[0]?.id, 'no id at all']
    const { data } = await admin.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { id email wishlist(first: 2) { totalCount edges { cursor } } } } }`,
      { of: ids.map((id) => ({ __typename: 'User', id })) },
    )
    expect(data._entities.map((user: { id: string } | null) => user?.id ?? null)).toEqual(
      ids.map((id) => (people.some((person) => person.id === id) ? id : null)),
    )
    expect(queries).toEqual(['read', 'raw', 'WishlistItem.groupBy'])
  })

  it('in a list of proposals cost one query for all applicants and reviewers', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    for (let n = 0; n < 4; n += 1) {
      const person = await story.signUp()
      const { data } = await person.ask(`mutation { submitOrganizerProposal(input:
        { name: "A", category: "B", description: "C", location: "D" }) { id } }`)
      await admin.ask(
        'mutation ($id: ID!) { reviewOrganizerProposal(id: $id, input: { decision: APPROVED }) { id } }',
        {
          id: data.submitOrganizerProposal.id,
        },
      )
    }
    const queries = countQueries(story)
    const { data } = await admin.ask(
      '{ organizerProposals { totalCount edges { node { applicant { role } reviewer { email } } } } }',
    )
    expect(data.organizerProposals.edges).toHaveLength(4)
    expect(queries).toEqual(['OrganizerProposal.findMany', 'OrganizerProposal.count', 'read'])
  })

  /** Names of the queries that the subgraph makes for requests from now on; jobs go on meanwhile. */
  function countQueries({ subgraph: { deps } }: Story): string[] {
    const queries: string[] = []
    const counted = deps.db.$extends({
      query: {
        $allOperations({ model, operation, args, query }) {
          if (whoWaits()?.requestId !== undefined) queries.push(model ? `${model}.${operation}` : 'raw')
          return query(args)
        },
      },
    })
    deps.db = counted as unknown as typeof deps.db
    const { reads } = deps
    deps.reads = {
      $queryRaw(strings, ...values) {
        queries.push('read')
        return reads.$queryRaw(strings, ...values)
      },
    }
    return queries
  }
})

describe('changing an account', () => {
  it('changes what is given, clears what is null, leaves the rest', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const { data } = await siti.ask(UPDATE, { input: { id: siti.id, name: 'Siti R.', phoneNumber: null } })
    expect(data.updateUser).toMatchObject({
      name: 'Siti R.',
      phoneNumber: null,
      address: 'Jalan Melati 1',
      email: siti.email,
    })
    const refused = await siti.ask(UPDATE, { input: { id: siti.id, name: null, address: ' ', email: 'no' } })
    expect(refused.facts.fields.map((field: { path: string }) => field.path)).toEqual([
      'input.name',
      'input.address',
      'input.email',
    ])
  })

  it('is for oneself and for admins', async () => {
    await using story = await startStory()
    const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
    const input = { id: siti.id, name: 'Renamed' }
    expect((await story.anybody(UPDATE, { input })).code).toBe('UNAUTHENTICATED')
    expect((await budi.ask(UPDATE, { input })).code).toBe('FORBIDDEN')
    expect((await admin.ask(UPDATE, { input })).data.updateUser.name).toBe('Renamed')
    expect((await admin.ask(UPDATE, { input: { ...input, id: newId() } })).code).toBe('NOT_FOUND')
  })

  it("takes the password for a new address or password of one's own", async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const change = (input: object) => siti.ask(UPDATE, { input: { id: siti.id, ...input } })
    const email = 'siti.rahma@karcis.test'
    expect((await change({ email })).facts.fields).toMatchObject([{ path: 'input.currentPassword' }])
    expect((await change({ email, currentPassword: 'a guess' })).code).toBe('INVALID_CREDENTIALS')
    await story.moveTo(siti, email)
    expect((await change({ password: email, currentPassword: PASSWORD })).facts.fields).toMatchObject([
      { path: 'input.password' },
    ])
    const elsewhere = await story.comeBack(email)
    await change({ password: 'a new one altogether', currentPassword: PASSWORD })
    expect((await story.refresh(elsewhere.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await story.login(email, 'a new one altogether')).code).toBeUndefined()
  })

  it('refuses an address that somebody has', async () => {
    await using story = await startStory()
    const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
    const taken = await admin.ask(UPDATE, { input: { id: siti.id, email: ' BUDI@karcis.test' } })
    expect(budi.email).toBe('budi@karcis.test')
    expect(taken.code).toBe('EMAIL_TAKEN')
  })
})

describe('admins', () => {
  it('give roles, which the next access token carries', async () => {
    await using story = await startStory()
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    expect((await siti.ask(SET_ROLE, { id: siti.id, role: 'ADMIN' })).code).toBe('FORBIDDEN')
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'ORGANIZER' })).data.setUserRole.role).toBe(
      'ORGANIZER',
    )
    expect((await story.comeBack(siti.email)).viewer.role).toBe('ORGANIZER')
    expect((await admin.ask(SET_ROLE, { id: newId(), role: 'ADMIN' })).code).toBe('NOT_FOUND')
  })

  it('never run out: the last one stays admin', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    expect((await admin.ask(SET_ROLE, { id: admin.id, role: 'CUSTOMER' })).code).toBe('CONFLICT')
    expect(
      (
        await admin.ask(
          'mutation ($id: ID!) { suspendUser(id: $id, reason: "Why not") { id } }',
          admin as never,
        )
      ).code,
    ).toBe('CONFLICT')
    expect((await admin.ask(DELETE, { id: admin.id, input: { password: ADMIN.password } })).code).toBe(
      'CONFLICT',
    )
  })

  it('find people by role and by a part of name or address, page by page', async () => {
    await using story = await startStory()
    const admin = await story.admin()
    for (const name of ['Ana', 'Ani', 'Budi', 'Per_cent']) await story.signUp(name)
    const find = async (variables: object) => {
      const { data } = await admin.ask(
        `query ($filter: UserFilter, $first: Int, $after: String, $last: Int, $before: String) {
          users(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            totalCount edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage } } }`,
        { ...variables },
      )
      const { edges, ...rest } = data.users
      return {
        names: edges.map((edge: { node: { name: string } }) => edge.node.name),
        last: edges.at(-1)?.cursor,
        ...rest,
      }
    }
    const first = await find({ first: 2 })
    expect(first).toMatchObject({
      names: ['Per_cent', 'Budi'],
      totalCount: 5,
      pageInfo: { hasNextPage: true },
    })
    const second = await find({ first: 3, after: first.last })
    expect(second).toMatchObject({
      names: ['Ani', 'Ana', 'Admin'],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    })
    expect((await find({ last: 2 })).names).toEqual(['Ana', 'Admin'])
    expect((await find({ last: 1, before: second.last })).names).toEqual(['Ana'])
    expect((await find({ filter: { search: 'AN' } })).names).toEqual(['Ani', 'Ana'])
    expect((await find({ filter: { search: 'r_c' } })).names).toEqual(['Per_cent'])
    expect((await find({ filter: { search: '%' } })).names).toEqual([])
    expect((await find({ filter: { role: 'ADMIN' } })).names).toEqual(['Admin'])
    expect((await admin.ask('{ users(first: 101) { totalCount } }')).facts.fields).toMatchObject([
      { path: 'first' },
    ])
    const foreign = Buffer.from('["x"]').toString('base64url')
    expect((await admin.ask(`{ users(after: "${foreign}") { totalCount } }`)).facts.fields).toMatchObject([
      { path: 'after' },
    ])
    await admin.ask('mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id: newId() })
    const { data } = await admin.ask('{ me { wishlist { edges { cursor } } } }')
    const [{ cursor: after }] = data.me.wishlist.edges
    const elsewhere = await admin.ask('query ($after: String) { users(after: $after) { totalCount } }', {
      after,
    })
    expect(elsewhere.facts.fields).toMatchObject([{ path: 'after' }])
    const customer = await story.comeBack('ana@karcis.test')
    expect((await customer.ask('{ users { totalCount } }')).code).toBe('FORBIDDEN')
  })
})

describe('erasing an account', () => {
  it('leaves an id with nothing personal, no session, and the address free', async () => {
    await using story = await startStory()
    const [siti, budi] = [await story.signUp('Siti'), await story.signUp('Budi')]
    await siti.ask('mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id: newId() })
    await siti.ask(`mutation { submitOrganizerProposal(input:
      { name: "Siti Live", category: "B", description: "C", location: "D" }) { id } }`)
    expect((await budi.ask(DELETE, { id: siti.id, input })).code).toBe('FORBIDDEN')
    const { data } = await siti.ask(DELETE, { id: siti.id, input })
    expect(data.deleteUser).toEqual({ id: siti.id, name: 'Deleted user', email: null })

    for (const table of [
      'users',
      'organizer_proposals',
      'wishlist_items',
      'login_attempts',
      'known_places',
      'audit_entries',
      'data_export_parts',
      'kit.outbox',
    ]) {
      const rows = await story.sql(`SELECT to_jsonb(t)::text AS whole FROM ${table} t`)
      const hers = rows.map(({ whole }) => whole).filter((row) => row.includes(siti.id))
      expect(hers.join()).not.toMatch(/siti|Melati|\+62/i)
    }
    expect((await story.login(siti.email)).code).toBe('INVALID_CREDENTIALS')
    expect((await story.refresh(siti.refreshToken)).code).toBe('UNAUTHENTICATED')
    expect((await siti.ask('{ me { id } }')).code).toBe('UNAUTHENTICATED')
    expect((await siti.ask(DELETE, { id: siti.id, input })).code).toBe('UNAUTHENTICATED')
    const admin = await story.admin()
    const again = await admin.ask(DELETE, { id: siti.id, input: { password: ADMIN.password } })
    expect(again.code).toBe('NOT_FOUND')
    const seen = await budi.ask(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { name } } }',
      reference(siti),
    )
    expect(seen.data._entities).toEqual([{ name: 'Deleted user' }])
    const { users, sessions } = await story.get('/internal/auth-changes')
    expect({ users, sessions }).toMatchObject({
      users: [{ id: siti.id, suspended: true }],
      sessions: [{ id: siti.viewer.sessionId }],
    })

    const next = await story.signUp('Siti')
    expect(next.id).not.toBe(siti.id)
  })
})

describe('line 21: erasing an account', () => {
  it('needs the password of whoever erases it', async () => {
    await using story = await startStory()
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    for (const missing of [undefined, {}, { password: null }, { password: '' }, { acknowledgeLoss: true }]) {
      const { code, facts } = await siti.ask(DELETE, { id: siti.id, input: missing })
      expect(code).toBe('BAD_USER_INPUT')
      expect(facts.fields).toMatchObject([{ path: 'input.password' }])
    }
    const wrong = { password: 'not her password' }
    expect((await siti.ask(DELETE, { id: siti.id, input: wrong })).code).toBe('INVALID_CREDENTIALS')
    expect((await admin.ask(DELETE, { id: siti.id, input })).code).toBe('INVALID_CREDENTIALS') // hers, not the admin's
    const own = { password: ADMIN.password }
    expect((await admin.ask(DELETE, { id: siti.id, input: own })).data.deleteUser.id).toBe(siti.id)
  })

  it('says what would be lost, and goes on when that is acknowledged', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    const loss = {
      balances: [{ currency: 'IDR', balance: 250_000 }],
      validTickets: 2,
      pendingBookings: 1,
      pendingTopUps: 1,
      pendingRefunds: 1,
      moneyOwed: [{ currency: 'IDR', balance: 5 }],
    }
    story.neighbours.losses.set(siti.id, loss)
    for (const acknowledgeLoss of [undefined, null, false]) {
      const { code, facts } = await siti.ask(DELETE, { id: siti.id, input: { ...input, acknowledgeLoss } })
      expect({ code, facts }).toEqual({ code: 'CONFLICT', facts: loss })
    }
    expect((await story.login(siti.email)).code).toBeUndefined()
    const { data } = await siti.ask(DELETE, { id: siti.id, input: { ...input, acknowledgeLoss: true } })
    expect(data.deleteUser).toMatchObject({ id: siti.id, email: null })
  })

  it.each([
    { balances: [{ currency: 'IDR', balance: 1 }] },
    { validTickets: 1 },
    { pendingBookings: 1 },
    { pendingTopUps: 1 },
    { pendingRefunds: 1 },
    { moneyOwed: [{ currency: 'IDR', balance: 1 }] },
  ])('takes each kind of loss for one: %j', async (loss) => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    story.neighbours.losses.set(siti.id, loss)
    expect((await siti.ask(DELETE, { id: siti.id, input })).facts).toMatchObject(loss)
  })

  it('ends whole where the process ends right after it: the next one tells all other subgraphs, once', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    story.neighbours.deaf = true
    const erased = await siti.ask(DELETE, { id: siti.id, input: { ...input, acknowledgeLoss: true } })
    expect(erased.errors).toEqual([])
    await story.subgraph.close()
    story.neighbours.deaf = false
    await using next = await createUserSubgraph(story.settings)
    const told = () =>
      story.neighbours.received.filter(({ type }) => type === 'user.rights-changed').map(({ to }) => to)
    await eventually(() => expect(told().toSorted()).toEqual(['booking', 'event', 'ticket']))
    await eventually(async () =>
      expect(await next.deps.db.$queryRaw`SELECT FROM kit.outbox WHERE delivered_at IS NULL`).toEqual([]),
    )
    expect(told()).toHaveLength(3)
    expect(story.neighbours.received).toContainEqual({
      service: 'user',
      to: 'booking',
      type: 'user.rights-changed',
      payload: { userId: siti.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
  })

  it('erases nobody while what they would lose cannot be known', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    story.neighbours.away = true
    expect((await siti.ask(DELETE, { id: siti.id, input })).code).toBe('SERVICE_UNAVAILABLE')
    story.neighbours.away = false
    expect((await siti.ask(DELETE, { id: siti.id, input })).code).toBeUndefined()
  })
})

describe('line 2: an organizer with events to come', () => {
  const EVENTS = ['user.rights-changed']

  /** What the event subgraph hears of somebody's rights. */
  const heard = ({ neighbours }: Story) =>
    neighbours.received
      .filter(({ type, to }) => EVENTS.includes(type) && to === 'event')
      .map(({ payload }) => payload)

  async function organizer(story: Story) {
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    await admin.ask(SET_ROLE, { id: siti.id, role: 'ORGANIZER' })
    return { siti, admin }
  }

  it('can be neither demoted nor erased, whoever tries and whatever is acknowledged', async () => {
    await using story = await startStory()
    const { siti, admin } = await organizer(story)
    story.neighbours.eventsToCome.set(siti.id, 2)
    const refused = [
      await admin.ask(SET_ROLE, { id: siti.id, role: 'CUSTOMER' }),
      await siti.ask(DELETE, { id: siti.id, input: { ...input, acknowledgeLoss: true } }),
      await admin.ask(DELETE, { id: siti.id, input: { password: ADMIN.password, acknowledgeLoss: true } }),
    ]
    for (const { code, facts, errors } of refused) {
      expect({ code, facts }).toEqual({ code: 'CONFLICT', facts: { eventsToCome: 2 } })
      expect(errors[0]?.message).toMatch(/2 events .*cancelEvent.*transferEvent/)
    }
    expect((await story.comeBack(siti.email)).viewer.role).toBe('ORGANIZER')
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'ADMIN' })).data.setUserRole.role).toBe('ADMIN')
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'CUSTOMER' })).code).toBe('CONFLICT')
    story.neighbours.eventsToCome.delete(siti.id)
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'CUSTOMER' })).code).toBeUndefined()
  })

  it('is not demoted while it cannot be known whether there are some', async () => {
    await using story = await startStory()
    const { siti, admin } = await organizer(story)
    story.neighbours.away = true
    expect((await admin.ask(SET_ROLE, { id: siti.id, role: 'CUSTOMER' })).code).toBe('SERVICE_UNAVAILABLE')
  })

  it('can be suspended: the event subgraph hears of each change of rights, in order', async () => {
    await using story = await startStory()
    const { siti, admin } = await organizer(story)
    story.neighbours.eventsToCome.set(siti.id, 1)
    await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }', { id: siti.id })
    await admin.ask('mutation ($id: ID!) { unsuspendUser(id: $id) { id } }', { id: siti.id })
    story.neighbours.eventsToCome.delete(siti.id)
    await admin.ask(SET_ROLE, { id: siti.id, role: 'CUSTOMER' })
    await siti.ask(DELETE, { id: siti.id, input })
    const rights = { userId: siti.id, role: 'ORGANIZER', suspended: false, erased: false }
    await eventually(() =>
      expect(heard(story)).toEqual([
        rights,
        { ...rights, suspended: true },
        rights,
        { ...rights, role: 'CUSTOMER' },
        { ...rights, role: 'CUSTOMER', erased: true },
      ]),
    )
  })
})
