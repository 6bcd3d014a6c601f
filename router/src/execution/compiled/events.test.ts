import type { PlanNode, SubscriptionNode } from '@apollo/query-planner'
import { OperationTypeNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { executeByReference } from '../../testing/differential/reference.ts'
import { compileIn, createWorld, parseAndPlan } from '../../testing/differential/world.ts'
import { executeCompiled } from './execute.ts'
import type { FetchSubgraph } from './run.ts'

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])\n'
const world = createWorld({
  seats: `${LINK} type Query { a: Int }
    type Subscription { changed(since: Int): Change }
    type Change { revision: Int! seats: [Seat!] buyer: User note: String! }
    type Seat @key(fields: "id") { id: ID! status: Status! }
    enum Status { FREE HELD }
    type User @key(fields: "id") { id: ID! }`,
  users: `${LINK} type Query { b: Int } type User @key(fields: "id") { id: ID! name: String! age: Int }`,
})
const { document, plan } = parseAndPlan(
  world,
  'subscription S { changed { revision note seats { id status } buyer { ... on User { name } age } } }',
)
const { primary, rest } = plan.node as SubscriptionNode
const node: PlanNode = {
  kind: 'Sequence',
  nodes: [
    { ...primary, operationKind: OperationTypeNode.QUERY, variableUsages: [] },
    ...(rest ? [rest] : []),
  ],
}

const seat = { __typename: 'Seat', id: '1', status: 'HELD' }
const change = {
  __typename: 'Change',
  revision: 7,
  note: 'é "',
  seats: [seat],
  buyer: { __typename: 'User', id: 'u1' },
}
const EVENTS: [what: string, event: object][] = [
  ['all there is', { data: { changed: change } }],
  ['nobody', { data: { changed: { ...change, buyer: null } } }],
  [
    'somebody whom no subgraph knows',
    { data: { changed: { ...change, buyer: { __typename: 'User', id: 'none' } } } },
  ],
  ['nothing', { data: { changed: null } }],
  [
    'no data',
    { data: null, errors: [{ message: 'no', path: ['changed'], extensions: { code: 'SOLD_OUT' } }] },
  ],
  [
    'an error beside data',
    {
      data: { changed: { ...change, seats: null } },
      errors: [{ message: 'no', path: ['changed', 'seats'] }],
    },
  ],
  ['a null that may not be', { data: { changed: { ...change, note: null } } }],
  ['a null in a list', { data: { changed: { ...change, seats: [seat, null] } } }],
  ['an unknown value', { data: { changed: { ...change, seats: [{ ...seat, status: 'GONE' }] } } }],
  ['a missing field', { data: { changed: { ...change, note: undefined } } }],
]

const REQUEST = { variables: {}, scopeKey: '', scope: null }

describe('an event', () => {
  it.each(EVENTS)('that is %s is answered as the reference does', async (_, event) => {
    const compiled = compileIn(world, { kind: 'QueryPlan', node }, document)
    const fetchSubgraph: FetchSubgraph<unknown> = async (service, { variables }) => {
      if (service === 'seats') return structuredClone(event)
      const { representations } = variables as { representations: { id: string }[] }
      const users = representations.map(({ id }) => (id === 'u1' ? { name: 'Ani', age: 30 } : null))
      return { data: { _entities: users } }
    }
    const expected = await executeByReference(
      world,
      { plan: { kind: 'QueryPlan', node }, document },
      {},
      fetchSubgraph,
    )
    const response = await executeCompiled(compiled, { ...REQUEST, fetchSubgraph })
    const { extensions, ...others } = expected
    const { valueCompletion: errors } = (extensions ?? {}) as { valueCompletion?: { path: unknown }[] }
    if (!errors) expect(JSON.stringify(response)).toBe(JSON.stringify(others))
    else {
      expect(response.data).toEqual(others.data)
      expect(response.errors).toMatchObject(errors.map(({ path }) => ({ path })))
    }
  })

  it('that is something else is null, which is reported', async () => {
    const compiled = compileIn(world, { kind: 'QueryPlan', node }, document)
    const fetchSubgraph: FetchSubgraph<unknown> = async () => ({ data: { changed: 7 } })
    expect(await executeCompiled(compiled, { ...REQUEST, fetchSubgraph })).toMatchObject({
      data: { changed: null },
      errors: [{ path: ['changed'] }],
    })
  })
})
