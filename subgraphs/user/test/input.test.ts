import { newId } from '@karcis/kit/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Person, PASSWORD, type Story, startStory } from './stories.ts'

const UPDATE =
  'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { name email phoneNumber address } }'
const SIGN_UP =
  'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { email phoneNumber } } }'

/** What is refused leaves nothing behind, so that one process answers for all of it. */
let story: Story
let admin: Person
let siti: Person

beforeAll(async () => {
  story = await startStory()
  admin = await story.admin()
  siti = await story.signUp('Siti')
})

afterAll(() => story[Symbol.asyncDispose]())

describe('line 12: an id or a text that is empty', () => {
  it.each([
    ['id', 'query ($x: ID!) { user(id: $x) { id } }'],
    ['id', 'query ($x: ID!) { organizerProposal(id: $x) { id } }'],
    ['id', 'mutation ($x: ID!) { setUserRole(id: $x, role: CUSTOMER) { id } }'],
    ['id', 'mutation ($x: ID!) { suspendUser(id: $x, reason: "Fraud") { id } }'],
    ['id', 'mutation ($x: ID!) { unsuspendUser(id: $x) { id } }'],
    ['id', 'mutation ($x: ID!) { deleteUser(id: $x, input: { password: "x" }) { id } }'],
    ['id', 'mutation ($x: ID!) { reviewOrganizerProposal(id: $x, input: { decision: APPROVED }) { id } }'],
    ['input.id', 'mutation ($x: ID!) { updateUser(input: { id: $x, name: "Siti" }) { id } }'],
    ['eventId', 'mutation ($x: ID!) { addToWishlist(eventId: $x) { id } }'],
    ['eventId', 'mutation ($x: ID!) { removeFromWishlist(eventId: $x) { id } }'],
    ['filter.search', 'query ($x: String) { users(filter: { search: $x }) { totalCount } }'],
    ['refreshToken', 'mutation ($x: String) { logout(refreshToken: $x) }'],
    ['after', 'query ($x: String) { users(after: $x) { totalCount } }'],
    ['before', 'query ($x: String) { organizerProposals(before: $x) { totalCount } }'],
  ])('is a fault of the caller, who is told that it is %s: %s', async (path, operation) => {
    const { data, code, facts } = await admin.ask(operation, { x: '' })
    expect(code).toBe('BAD_USER_INPUT')
    expect(facts.fields).toMatchObject([{ path }])
    expect(Object.values(data)).toEqual([null])
    expect((await admin.ask('{ me { id } }')).data.me.id).toBe(admin.id)
  })

  it('names nothing as a reference', async () => {
    const { data } = await admin.ask(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { id } } }',
      {
        of: ['', 'x', newId()].map((id) => ({ __typename: 'User', id })),
      },
    )
    expect(data._entities).toEqual([null, null, null])
  })

  it('lists everybody neither as white space', async () => {
    const { code, facts } = await admin.ask('{ users(filter: { search: " \\t " }) { totalCount } }')
    expect(code).toBe('BAD_USER_INPUT')
    expect(facts.fields).toEqual([
      { path: 'filter.search', message: 'must not be empty; leave it out to have all' },
    ])
  })
})

describe('line 12: a cursor', () => {
  const lists = ['users', 'myOrganizerProposals', 'organizerProposals'] as const

  it('is taken by its own list only', async () => {
    // Who became admin after having proposed sees the proposal in both lists.
    await story.sql(`INSERT INTO organizer_proposals (id, user_id, name, category, description, location)
      VALUES (gen_random_uuid(), '${admin.id}', 'a', 'b', 'c', 'd')`)
    const listed = lists.map((list) => `${list} { edges { cursor } }`).join(' ')
    const { data } = await admin.ask(`{ ${listed} }`)
    for (const from of lists) {
      const after = data[from].edges[0].cursor
      for (const list of lists) {
        const { code } = await admin.ask(`query ($after: String) { ${list}(after: $after) { totalCount } }`, {
          after,
        })
        expect([from, list, code]).toEqual([from, list, from === list ? undefined : 'BAD_USER_INPUT'])
      }
    }
  })
})

describe('line 12: null in an update', () => {
  const update = ({ id, ask }: Person, changes: object) => ask(UPDATE, { input: { id, ...changes } })

  it.each(['name', 'email', 'password'])('cannot clear %s, and is no way to keep it', async (field) => {
    expect((await update(siti, { [field]: null })).facts.fields).toEqual([
      { path: `input.${field}`, message: 'cannot be null; leave it out to keep it' },
    ])
  })

  it('clears what may be empty, and undefined keeps everything', async () => {
    const rahma = await story.signUp('Rahma')
    expect((await update(rahma, {})).data.updateUser).toMatchObject({
      name: 'Rahma',
      address: 'Jalan Melati 1',
    })
    const { data } = await update(rahma, { phoneNumber: null, address: null })
    expect(data.updateUser).toMatchObject({ name: 'Rahma', phoneNumber: null, address: null })
  })
})

describe('line 12: an instant that no calendar of ours has', () => {
  it.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'yesterday', ''])(
    'is refused: %s',
    async (since) => {
      const answer = await story.get(`/internal/auth-changes?since=${encodeURIComponent(since)}`)
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )
})

describe('line 13: an e-mail address', () => {
  const local = (length: number) => 'l'.repeat(length)

  it.each([
    [`${local(65)}@karcis.test`, 'must have at most 64 characters before the @'],
    [`siti@${local(64)}.test`, 'must be an e-mail address'],
    [`siti@${'domain.'.repeat(36)}test`, 'must have at most 254 characters'],
    ['siti@karcis', 'must be an e-mail address'],
    ['siti@karcis.test.', 'must be an e-mail address'],
    ['siti@kar%63is.test', 'must be an e-mail address'],
    ['siti@127.1', 'must be an e-mail address'],
    ['siti\u200b@karcis.test', 'must be an e-mail address'],
    ['si\u202eti@karcis.test', 'must be an e-mail address'],
    ['siti\u0000@karcis.test', 'must not contain NUL'],
    ['siti @karcis.test', 'must be an e-mail address'],
    ['siti@@karcis.test', 'must be an e-mail address'],
    ['\ud800@karcis.test', 'must be an e-mail address'],
    ['@karcis.test', 'must be an e-mail address'],
    ['', 'must be an e-mail address'],
  ])('is not %j: %s', async (email, message) => {
    const { facts } = await story.anybody(SIGN_UP, { input: { email, password: PASSWORD, name: 'Siti' } })
    expect(facts.fields).toContainEqual({ path: 'input.email', message })
  })

  it.each([
    [`${local(64)}@karcis.test`, `${local(64)}@karcis.test`],
    ['user@münchen.de', 'user@xn--mnchen-3ya.de'],
    ['user@MÜNCHEN.de', 'user@xn--mnchen-3ya.de'],
    ['user@mu\u0308nchen.de', 'user@xn--mnchen-3ya.de'],
    ['user@xn--mnchen-3ya.de', 'user@xn--mnchen-3ya.de'],
    ['user@例え.テスト', 'user@xn--r8jz45g.xn--zckzah'],
  ])('may be %s, and is one account in every spelling', async (given, stored) => {
    await using story = await startStory() // several of these are the same account
    const input = { email: given, password: PASSWORD, name: 'Siti' }
    expect((await story.anybody(SIGN_UP, { input })).data.createUser.user.email).toBe(stored)
    expect((await story.anybody(SIGN_UP, { input: { ...input, email: stored, name: 'Budi' } })).code).toBe(
      'EMAIL_TAKEN',
    )
    for (const email of [given, stored, ` ${given} `]) expect((await story.login(email)).code).toBeUndefined()
    const { data } = await story.askAs(null, 'ticket')(
      'query ($email: String!) { userByEmail(email: $email) { name } }',
      { email: given },
    )
    expect(data.userByEmail).toEqual({ name: 'Siti' })
  })

  it('is no password for itself, in whatever spelling', async () => {
    for (const password of ['user@münchen.de', 'user@xn--mnchen-3ya.de', 'USER@MÜNCHEN.DE']) {
      const { facts } = await story.anybody(SIGN_UP, {
        input: { email: 'user@münchen.de', password, name: 'Siti' },
      })
      expect(facts.fields).toMatchObject([{ path: 'input.password' }])
    }
  })
})

describe('line 13: a name', () => {
  const hidden = '\u200b\u2060\ufeff'
  const family = '👨‍👩‍👧‍👦'

  it.each([
    ['of characters without width only', hidden, 'must not be empty'],
    ['of joiners only', '\u200d\u200c', 'must have visible characters'],
    [
      'with a bidi override',
      'Siti \u202e\u2066nimda',
      'must not contain characters that turn the direction of text',
    ],
    ['with a bell', 'Si\u0007ti', 'must be one line without control characters'],
    ['with half a character', 'Siti \ud83d', 'must not contain halves of characters (lone surrogates)'],
    ['of 121 characters', family.repeat(121), 'must have at most 120 characters'],
  ])('is none %s, wherever one is given', async (_, name, message) => {
    const { id, ask } = siti
    const signUp = { email: 'budi@karcis.test', password: PASSWORD, name }
    const proposal = { name, category: name, location: name, description: 'Concerts' }
    const submit =
      'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }'
    expect((await story.anybody(SIGN_UP, { input: signUp })).facts.fields).toEqual([
      { path: 'input.name', message },
    ])
    expect((await ask(UPDATE, { input: { id, name } })).facts.fields).toEqual([
      { path: 'input.name', message },
    ])
    expect((await ask(submit, { input: proposal })).facts.fields.slice(0, 2)).toEqual([
      { path: 'input.name', message },
      { path: 'input.category', message },
    ])
  })

  it.each([
    ['  Siti \u00a0  Rahma ', 'Siti Rahma'],
    [`Siti${hidden}`, 'Siti'],
    ['Jose\u0301', 'José'],
    [family.repeat(120), family.repeat(120)],
  ])('is stored as people read it: %j', async (given, stored) => {
    const { id, ask } = siti
    expect((await ask(UPDATE, { input: { id, name: given } })).data.updateUser.name).toBe(stored)
  })

  it('is found by the name as somebody types it', async () => {
    const { id, ask } = await story.signUp('Budi')
    await ask(UPDATE, { input: { id, name: 'José  Pratama' } })
    const find = 'query ($search: String) { users(filter: { search: $search }) { totalCount } }'
    for (const search of ['Jose\u0301 Pratama', ' josé  p', 'pratama'])
      expect((await admin.ask(find, { search })).data.users.totalCount).toBe(1)
  })
})

describe('line 13: a text of several lines', () => {
  it.each(['\u0007', 'a\u202eb', '\u200b', ' \n ', '\ud800'])(
    'is not %j: address, reason, description, message',
    async (text) => {
      const { id, ask } = siti
      const proposal = { name: 'a', category: 'b', location: 'c', description: text }
      const answers = [
        [await ask(UPDATE, { input: { id, address: text } }), 'input.address'],
        [
          await admin.ask(
            'mutation ($id: ID!, $reason: String!) { suspendUser(id: $id, reason: $reason) { id } }',
            { id, reason: text },
          ),
          'reason',
        ],
        [
          await ask(
            'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }',
            { input: proposal },
          ),
          'input.description',
        ],
        [
          await admin.ask(
            'mutation ($id: ID!, $message: String) { reviewOrganizerProposal(id: $id, input: { decision: REJECTED, message: $message }) { id } }',
            { id: newId(), message: text },
          ),
          'input.message',
        ],
      ] as const
      for (const [{ code, facts }, path] of answers) {
        expect(code).toBe('BAD_USER_INPUT')
        expect(facts.fields).toMatchObject([{ path, message: expect.stringMatching(/^must /) }])
      }
    },
  )
})

describe('line 13: a phone number', () => {
  const signUp = async (phoneNumber: string) => {
    const input = { email: `${newId()}@karcis.test`, password: PASSWORD, name: 'Siti', phoneNumber }
    return story.anybody(SIGN_UP, { input })
  }

  it.each([
    '------',
    '(((((((',
    '      ',
    '+12345',
    '1234567890123456',
    '12345\u0000',
    '+62 812 ext 5',
    '٠١٢٣٤٥٦',
  ])('is not %j', async (phoneNumber) => {
    expect((await signUp(phoneNumber)).facts.fields).toMatchObject([{ path: 'input.phoneNumber' }])
  })

  it.each(['+62 (812) 345-6789', '0812345', '(021) 555 01 23'])('may be %s', async (phoneNumber) => {
    expect((await signUp(phoneNumber)).data.createUser.user.phoneNumber).toBe(phoneNumber)
  })
})
