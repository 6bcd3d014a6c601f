import { operationFromDocument } from '@apollo/federation-internals'
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { createRandom } from '../../testing/differential/random.ts'
import { createWorld } from '../../testing/differential/world.ts'
import { BROKEN } from './json-text.ts'
import { compileVariant } from './variant.ts'

const world = createWorld({
  shop: `type Query { shelf: Shelf! }
    type Shelf { items: [[Item!]] note: String }
    scalar Time
    type Item { id: ID! name: String! count: Int price: Float! sold: Boolean state: State kind: State! at: Time! }
    enum State { OPEN CLOSED }`,
})

const operation = operationFromDocument(
  world.apiSchema,
  parse('{ shelf { items { id name count price sold state kind at } note __typename } }'),
)
const variant = compileVariant(operation, true)
const { passthrough, projection } = variant
if (!passthrough) throw new Error('not compiled')

const item = {
  id: 'a',
  name: 'Über ☃',
  count: -12,
  price: 0.5,
  sold: true,
  state: null,
  kind: 'OPEN',
  at: '2026-11-20T12:00:00Z',
}
const other = {
  id: 'b',
  name: '',
  count: null,
  price: -1e-7,
  sold: false,
  state: 'CLOSED',
  kind: 'OPEN',
  at: 5,
}
const response = { data: { shelf: { items: [[item, other], [], null], note: 'x', __typename: 'Shelf' } } }

const bytesOf = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

it('passes bytes through as they came, except for a newline at the end', () => {
  const bytes = bytesOf({ data: { shelf: { items: [[item], [], null], note: 'x', __typename: 'Shelf' } } })
  expect(passthrough(bytes)).toEqual(bytes)
  expect(passthrough(Buffer.concat([bytes, Buffer.from('\n')]))).toEqual(bytes)
})

it('passes through what JSON writes as it was read, and nothing else', () => {
  const withPrice = (price: string) =>
    bytesOf(response).toString().replace('0.5', price).replace('-1e-7', '1')
  for (const price of [
    '0',
    '-1',
    '0.5',
    '-12.25',
    '14285.571428571428',
    '123456789012345680000',
    '0.000001',
  ]) {
    expect(passthrough(bytesOf(withPrice(price))), price).not.toBeNull()
  }
  for (const price of [
    '-0',
    '00',
    '0.50',
    '1.0',
    '1e3',
    '0.0000001',
    '14285.5714285714281',
    '.5',
    '1.',
    '"1"',
    'null',
    '',
  ]) {
    expect(passthrough(bytesOf(withPrice(price))), price).toBeNull()
  }
})

it.each([
  ['an escape', { ...response.data.shelf, note: 'a"b' }],
  ['another order', { items: null, __typename: 'Shelf', note: null }],
  ['another type', { items: null, note: null, __typename: 'Other' }],
  ['a key too many', { items: null, note: null, __typename: 'Shelf', more: 1 }],
  ['null where none may be', { items: [[{ ...item, name: null }]], note: null, __typename: 'Shelf' }],
  ['an unknown value', { items: [[{ ...item, kind: 'OTHER' }]], note: null, __typename: 'Shelf' }],
  ['an object for a list', { items: {}, note: null, __typename: 'Shelf' }],
])('leaves %s to be parsed', (_, shelf) => {
  expect(passthrough(bytesOf({ data: { shelf } }))).toBeNull()
})

it('leaves errors and bytes that are not UTF-8 to be parsed', () => {
  expect(passthrough(bytesOf({ ...response, errors: [] }))).toBeNull()
  expect(passthrough(bytesOf({ errors: [], data: response.data }))).toBeNull()
  const broken = bytesOf({ data: { shelf: { items: null, note: 'x', __typename: 'Shelf' } } })
  broken[broken.indexOf(Buffer.from('"x"')) + 1] = 0xff
  expect(passthrough(broken)).toBeNull()
})

it('never passes through what would have been written otherwise, whatever the bytes', () => {
  const random = createRandom(1)
  const alphabet = Buffer.from('"\\{}[],:.-+eE0123456789 \n\u0001ntfaxO\u00fc')
  const valid = bytesOf({
    data: { shelf: { items: [[item, { ...other, price: 3 }]], note: 'x', __typename: 'Shelf' } },
  })
  let passed = 0
  for (let round = 0; round < 100_000; round++) {
    const bytes = Buffer.from(valid)
    const edits = 1 + random.below(3)
    for (let i = 0; i < edits; i++) bytes[random.below(bytes.length)] = random.pick([...alphabet])
    const through = passthrough(bytes)
    if (!through) continue
    passed += 1
    expect(written(bytes)).toBe(Buffer.from(through).toString())
  }
  expect(passed).toBeGreaterThan(1_000)
})

function written(bytes: Buffer): string {
  try {
    return `{"data":${projection((JSON.parse(bytes.toString()) as typeof response).data)}}`
  } catch (error) {
    return error === BROKEN ? 'broken' : String(error)
  }
}
