import { expect, it } from 'vitest'
import { parseJson } from '../../exact-json.ts'
import { createRandom } from '../../testing/differential/random.ts'
import { compileExpectedReader, type ExpectedReader } from './expected-json.ts'

const TEXTS = 60_000
const OPERATION = `query Reviewed__reviews__1($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Product { reviews { body author { __typename id } } rating: stars constructor tags } } }`

const reader = (operation: string): ExpectedReader => {
  const read = compileExpectedReader(operation)
  if (!read) throw new Error('not compiled')
  return read
}
const read = reader(OPERATION)
const field = reader('{ a }')
/** A response to `{ a }`. */
const withValue = (value: string): string => `{"data":{"a":${value}}}`

const response = {
  data: {
    _entities: [
      {
        reviews: [
          { body: 'Good "seats" \\ Ünder\nthe ☃ 🎷', author: { __typename: 'User', id: '7' } },
          { body: '', author: null },
          null,
        ],
        rating: 4.5,
        constructor: true,
        tags: [['a', null], []],
      },
      null,
      { reviews: [], rating: -3, constructor: false, tags: null },
    ],
  },
}

it('reads what servers mostly send as JSON.parse does', () => {
  const text = JSON.stringify(response)
  expect(read(text)).toStrictEqual(JSON.parse(text))
  expect(JSON.stringify(read(text))).toBe(text)
})

it.each([
  ['a null for all', '{"data":null}'],
  ['errors', '{"errors":[],"data":{"_entities":[]}}'],
  ['errors behind', '{"data":{"_entities":[]},"errors":[]}'],
  ['a space', '{"data": {"_entities":[]}}'],
  ['a space at the end', '{"data":{"_entities":[]}} '],
  ['fields in another order', '{"data":{"_entities":[{"rating":1,"reviews":[],"constructor":1,"tags":1}]}}'],
  ['a field too few', '{"data":{"_entities":[{"reviews":[],"rating":1,"constructor":1}]}}'],
  ['a field too many', '{"data":{"_entities":[{"reviews":[],"rating":1,"constructor":1,"tags":1,"x":1}]}}'],
  ['a value for an object', '{"data":{"_entities":[{"reviews":1,"rating":1,"constructor":1,"tags":1}]}}'],
  ['an object for a value', '{"data":{"_entities":[{"reviews":[],"rating":{},"constructor":1,"tags":1}]}}'],
  ['nothing', ''],
  ['half', JSON.stringify(response).slice(0, 60)],
])('leaves %s to JSON.parse', (_, text) => {
  expect(read(text)).toBeUndefined()
})

it.each([
  '0',
  '-0',
  '7',
  '-12',
  '999999999999999',
  '1.5',
  '-1e-7',
  '1E400',
  '0.1234567890123456789',
  '[1,[2]]',
])('reads the number %s', (number) => {
  expect(field(withValue(number))).toStrictEqual(parseJson(withValue(number)))
})

it.each([
  '01',
  '-',
  '1.',
  '.5',
  '1e',
  '+1',
  '0x1',
  '00',
  'NaN',
  'tru',
  'nul',
  '"\t"',
  '"\\x"',
  '"',
  '[',
  '[1,]',
  '[1',
  '1 ',
])('gives nothing for %j, which is no JSON, or not in the usual form', (value) => {
  expect(field(withValue(value))).toBeUndefined()
})

it('leaves integers to what keeps their digits where a number of JavaScript may not', () => {
  expect(field(withValue('1234567890123456'))).toBeUndefined()
  expect(field(withValue('[1,-9007199254740993]'))).toBeUndefined()
})

it('leaves lists of any depth to what can read them', () => {
  expect(field(withValue(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toBeUndefined()
})

it.each([
  ['what depends on the type', '{ a { ... on B { c } ... on D { e } } }'],
  ['what depends on the type, beside what does not', '{ a { id ... on B { c } } }'],
  ['what depends on a variable', 'query($v: Boolean!) { a b @skip(if: $v) }'],
  ['a part that depends on a variable', 'query($v: Boolean!) { a { ... on B @include(if: $v) { c } } }'],
  ['one key twice', '{ a { b } a { c } }'],
  ['a fragment', '{ a { ...F } } fragment F on A { b }'],
  ['a key that is no key of an object', '{ __proto__: a }'],
])('does not foresee %s', (_, operation) => {
  expect(compileExpectedReader(operation)).toBeNull()
})

it(`gives for ${TEXTS} responses with slips in them what JSON.parse gives, or nothing`, () => {
  const random = createRandom(7)
  const whole = JSON.stringify(response)
  const slips = [
    ...Array.from('{}[]",:\\0123456789.eE-+ntfu \n\u0000☃'),
    '"a"',
    'null',
    'true',
    '\\u0041',
    ',"x":1',
    '[]',
    '{}',
  ]
  let given = 0
  for (let count = 0; count < TEXTS; count++) {
    let text = whole
    for (let slip = random.below(3); slip >= 0; slip--) {
      const at = random.below(text.length)
      text = text.slice(0, at) + random.pick([...slips, '']) + text.slice(at + random.below(3))
    }
    const value = read(text)
    if (value === undefined) continue
    given++
    expect(value, text).toStrictEqual(parseJson(text))
  }
  expect(given).toBeGreaterThan(TEXTS / 30)
})
