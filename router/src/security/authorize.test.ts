import { gql } from '@karcis/testkit/gql'
import { buildSchema, parse } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../testing/world.ts'
import type { AccessRules } from './access-rules.ts'
import { authorize } from './authorize.ts'

const code = (errors: readonly { path?: unknown; extensions?: { code?: string } }[] | undefined) =>
  errors?.map(({ path, extensions }) => [path, extensions?.code])

describe('access rules, enforced before any fetch', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(() => world.calls.splice(0))

  it('answers a forbidden root field with null and an error, and its siblings with data', async () => {
    const { status, body } = await gql(world.url, '{ me { id } seats }')
    expect(status).toBe(200)
    expect(body.data).toEqual({ me: null, seats: 500 })
    expect(code(body.errors)).toEqual([[['me'], 'UNAUTHENTICATED']])
    expect(world.calls.map(({ subgraph }) => subgraph)).toEqual(['ticket'])
  })

  it('fetches nothing when no allowed field is left', async () => {
    const { body } = await gql(world.url, '{ users { id } risky }')
    expect(body.data).toEqual({ users: null, risky: null })
    expect(world.calls).toEqual([])
  })

  it('nulls the whole response when the forbidden field may not be null', async () => {
    const { body } = await gql(world.url, '{ seats required }')
    expect(body.data).toBeNull()
    expect(code(body.errors)).toEqual([[['required'], 'UNAUTHENTICATED']])
  })

  it('runs no mutation that is forbidden', async () => {
    const { body } = await gql(world.url, 'mutation { first: rename(id: "u1", name: "X") { name } touch }')
    expect(body.data).toEqual({ first: null, touch: world.counts.touch })
    expect(code(body.errors)).toEqual([[['first'], 'UNAUTHENTICATED']])
  })

  it.each([
    ['ADMIN', { users: [{ email: 'ani@example.com' }, { email: 'budi@example.com' }] }, undefined],
    ['ORGANIZER', { users: null }, [[['users'], 'FORBIDDEN']]],
    ['CUSTOMER', { users: null }, [[['users'], 'FORBIDDEN']]],
    ['GUEST', { users: null }, [[['users'], 'FORBIDDEN']]],
  ] as const)('gives a %s the scopes of the role', async (role, data, errors) => {
    const { body } = await gql(world.url, '{ users { email } }', {}, await world.as({ role }))
    expect(body.data).toEqual(data)
    expect(code(body.errors)).toEqual(errors)
  })

  it('needs one of several scopes', async () => {
    const query = '{ user(id: "u1") { email } }'
    const organizer = await gql(world.url, query, {}, await world.as({ role: 'ORGANIZER' }))
    expect(organizer.body).toEqual({ data: { user: { email: 'ani@example.com' } } })
    const customer = await gql(world.url, query, {}, await world.as())
    expect(customer.body.data).toEqual({ user: { email: null } })
    expect(code(customer.body.errors)).toEqual([[['user', 'email'], 'FORBIDDEN']])
  })

  it('refuses a policy that nobody knows, even to an admin', async () => {
    const { body } = await gql(world.url, '{ risky }', {}, await world.as({ role: 'ADMIN' }))
    expect(body.data).toEqual({ risky: null })
    expect(code(body.errors)).toEqual([[['risky'], 'FORBIDDEN']])
  })

  it('guards a type wherever a field gives it', async () => {
    expect((await gql(world.url, '{ account { balance } }')).body.data).toEqual({ account: null })
    const { body } = await gql(world.url, '{ account { balance } }', {}, await world.as())
    expect(body).toEqual({ data: { account: { balance: 7 } } })
  })

  it('nulls a nested field at each path where it occurs, under its alias and in its order', async () => {
    const { body } = await gql(world.url, '{ events { organizer { first: id mail: email last: name } } }')
    expect(JSON.stringify(body.data)).toBe(
      '{"events":[{"organizer":{"first":"u1","mail":null,"last":"Ani"}},{"organizer":{"first":"u2","mail":null,"last":"Budi"}}]}',
    )
    expect(code(body.errors)).toEqual([
      [['events', 0, 'organizer', 'mail'], 'UNAUTHENTICATED'],
      [['events', 1, 'organizer', 'mail'], 'UNAUTHENTICATED'],
    ])
  })

  it('lets a null rise from a nested field that may not be null', async () => {
    const { body } = await gql(world.url, '{ events { title organizer { name phone } } }')
    expect(body.data).toEqual({
      events: [
        { title: 'Jazz', organizer: null },
        { title: 'Rock', organizer: null },
      ],
    })
    expect(body.errors?.map(({ path }) => path)).toEqual([
      ['events', 0, 'organizer', 'phone'],
      ['events', 1, 'organizer', 'phone'],
    ])
  })

  it.each([
    ['a fragment', '{ user(id: "u1") { ...F } } fragment F on User { email }'],
    [
      'a fragment in a fragment',
      '{ ...Q } fragment Q on Query { user(id: "u1") { ...F } } fragment F on User { email }',
    ],
    ['an inline fragment', '{ user(id: "u1") { ... on User { email } } }'],
    ['an interface', '{ user(id: "u1") { ... on Node { ... on User { email } } } }'],
    ['a directive that includes it', '{ user(id: "u1") { email @include(if: true) } }'],
    [
      'the same field twice',
      '{ user(id: "u1") { email } ...F } fragment F on Query { user(id: "u1") { email } }',
    ],
  ])('is not fooled by %s', async (_, query) => {
    const { body } = await gql(world.url, query)
    expect(body.data).toEqual({ user: { email: null } })
    expect(code(body.errors)).toEqual([[['user', 'email'], 'UNAUTHENTICATED']])
  })

  it('has nothing to refuse where the field is skipped', async () => {
    const query =
      'query ($no: Boolean = false) { user(id: "u1") { id email @include(if: $no) phone @skip(if: true) } }'
    expect((await gql(world.url, query)).body).toEqual({ data: { user: { id: 'u1' } } })
  })

  it('guards an interface field by what any of its objects demands', async () => {
    const { body } = await gql(world.url, '{ nodes { __typename id label } }')
    expect(body.data).toEqual({
      nodes: [
        { __typename: 'User', id: 'u1', label: null },
        { __typename: 'Robot', id: 'r1', label: null },
      ],
    })
    expect(body.errors).toHaveLength(2)
  })

  it('refuses by type where the client asks by type', async () => {
    const { body } = await gql(world.url, '{ nodes { ... on User { label } ... on Robot { label model } } }')
    expect(body.data).toEqual({ nodes: [{ label: 'ani' }, { label: null, model: 'T' }] })
    expect(code(body.errors)).toEqual([[['nodes', 1, 'label'], 'UNAUTHENTICATED']])
  })

  it('keeps what an interface demands of all its objects when none of them says so itself', () => {
    const schema = buildSchema(
      'type Query { node: Node } interface Node { secret: Int } type A implements Node { secret: Int }',
    )
    const rules: AccessRules = new Map([['Node.secret', [{ kind: 'authenticated' }]]])
    const document = parse('{ node { ... on A { secret } } }')
    expect(authorize(document, schema, rules, null).denied.size).toBe(1)
    expect(authorize(document, schema, rules, 'CUSTOMER').denied.size).toBe(0)
  })

  it('cannot be made to show a field by naming it like a placeholder', async () => {
    const { body } = await gql(world.url, '{ user(id: "u1") { karcisDenied0: email karcisDenied1: email } }')
    expect(JSON.stringify(body)).not.toContain('ani@example.com')
  })
})
