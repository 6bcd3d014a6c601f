import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createPair } from '../testing/monolith/compare.ts'

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@requires", "@external", "@shareable", "@interfaceObject"])\n'

/** Two kinds of objects behind an interface and a union, what is in them known elsewhere. */
const MEMBERS = {
  s0: `${LINK} type Query { us: [U] is: [I!] a: A }
    union U = A | B
    interface I { id: ID! items: [C!] }
    type A implements I @key(fields: "id") { id: ID! items: [C!] self: A name: String org: Org! }
    type B implements I @key(fields: "id") { id: ID! items: [C!] name: String! }
    type C @key(fields: "id") { id: ID! }
    type Org @shareable { code: ID! }`,
  s1: `${LINK} type Query { n: Int }
    type A @key(fields: "id") { id: ID! title: String worst: Int! name: String @external sum: String! @requires(fields: "name") }
    type C @key(fields: "id") { id: ID! val(arg: Int = 1): Int more: String }`,
}

/** An interface that one subgraph knows with its objects, of which one is stricter, and the other as an object. */
const INTERFACE_OBJECT = {
  s0: `${LINK} type Query { i: I is: [I!] b: B us: [U!] }
    interface I @key(fields: "id") { id: ID! name: String }
    interface N { id: ID! }
    type A implements I & N @key(fields: "id") { id: ID! name: String title: String sure: String! }
    type B implements I @key(fields: "id") { id: ID! name: String! }
    union U = A | B
    type C @key(fields: "id") { id: ID! more: String! }`,
  s1: `${LINK} type Query { o: I os: [I!] }
    type I @key(fields: "id") @interfaceObject { id: ID! likes: Int rank(arg: Int): String! fan: W friend: C }
    type C @key(fields: "id") { id: ID! }
    type W { tag(arg: Int): Int inner: W }`,
}

/** An interface of which one object is stricter, by what another subgraph knows. */
const STRICT = {
  s0: `${LINK} type Query { is: [I] us: [U] }
    interface I { id: ID! name: String }
    type A implements I @key(fields: "id") { id: ID! name: String @external more: String @requires(fields: "name") }
    type B implements I @key(fields: "id") { id: ID! name: String! @external }
    union U = A | B`,
  s1: `${LINK} type Query { n: Int }
    type A @key(fields: "id") { id: ID! name: String }
    type B @key(fields: "id") { id: ID! name: String! }`,
}

/** Lists that two subgraphs give in parts. */
const PARTS = {
  s0: `${LINK} type Query { a: A }
    type A @key(fields: "id") { id: ID! items: [[C]] @shareable name: String }
    type C @key(fields: "id") { id: ID! val: Int }`,
  s1: `${LINK} type Query { n: Int }
    type A @key(fields: "id") { id: ID! items: [[C]] @shareable title: String }
    type C @key(fields: "id", resolvable: false) { id: ID! code: Int @shareable }`,
}

/** Objects that two subgraphs give, of which one may not be without what fails, and a third adds to. */
const TAKEN = {
  s0: `${LINK} type Query { as: [A] @shareable } type A @key(fields: "id") { id: ID! name: String }`,
  s1: `${LINK} type Query { as: [A] @shareable } type A { sure(arg: Int): String! }`,
  s2: `${LINK} type A @key(fields: "id") { id: ID! val(arg: Int): Int }`,
}

const LISTS = {
  s0: `${LINK} type Query { a: A as: [A!] }
    type A @key(fields: "id") { id: ID! items(arg: Int): [[V]] }
    type V @shareable { x: Int }`,
  s1: `${LINK} type Query { n: Int }
    type A @key(fields: "id") { id: ID! items(arg: Int): [[V]] @external sum: String! @requires(fields: "items(arg: 2) { x }") }
    type V @shareable { x: Int }`,
}

/** An object that says which object a field of its interface is. */
const NARROWER = {
  s0: `${LINK} type Query { us: [U!] }
    union U = A
    type A @key(fields: "id") { id: ID! name: String }`,
  s1: `${LINK} type Query { is: [I] }
    interface I { next: I }
    type A implements I @key(fields: "id") { id: ID! next: A title: String }
    type B implements I @key(fields: "id") { id: ID! next: I sure: String! }`,
}

/** The same, where the interface has one object. */
const NARROWER_ALONE = {
  s0: `${LINK} type Query { us: [U!] }
    union U = A
    type A @key(fields: "id") { id: ID! }`,
  s1: `${LINK} interface I { next: I }
    type A implements I @key(fields: "id") { id: ID! next: A name: String }`,
}

/** Objects whose fields one key may not stand for in one fetch, as they say other things of a field of their interface. */
const NARROWED_OTHERWISE = {
  s0: `${LINK} type A @key(fields: "sku") { sku: String! sum: String! }
    type B @key(fields: "sku") { sku: String! tag: B @shareable code: String }
    interface I { sku: String! }`,
  s1: `${LINK} type Query { us: [U!] ns: [N] b: B }
    union U = A | B
    interface N { id: ID! }
    interface I { tag: I items: [I!] val: Float }
    type A implements I & N @key(fields: "sku") { sku: String! id: ID! tag: I! items: [A!] val: Float }
    type B implements I & N @key(fields: "sku") { sku: String! id: ID! tag: B @shareable items: [I!]! val: Float! }`,
}

/** Of the plans for two fields that require another, below an object that is known as an interface elsewhere, some are too much for the planner. */
const FAILING_PLANS = {
  s0: `${LINK} type C @key(fields: "org { code }") { org: Org! title: [Boolean!]! }
    type I @key(fields: "org { code }") @interfaceObject { org: Org! fan: C }
    type Org @shareable { code: ID! }`,
  s1: `${LINK} type Query { us: [U!] }
    union U = A | B
    interface I { items: [I!] }
    type A implements I @key(fields: "org { code }") { org: Org! items: [I!] @shareable }
    type B implements I @key(fields: "org { code }") { org: Org! items: [I!] @shareable }
    type C @key(fields: "org { code }") { org: Org! self: String }
    type Org @shareable { code: ID! }`,
  s2: `${LINK} type C @key(fields: "org { code }") { org: Org! title: [Boolean!]! @external sum: Int @requires(fields: "title") avg: [Int] @requires(fields: "title") }
    type Org @shareable { code: ID! }`,
  s3: `${LINK} interface I { items: [I!] }
    type A implements I @key(fields: "org { code }") { org: Org! items: [I!] @shareable }
    type B implements I @key(fields: "org { code }") { org: Org! items: [I!] @shareable }
    type Org @shareable { code: ID! }`,
}

type Cases = [what: string, query: string, variables?: Record<string, unknown>][]

function equalsOneSchema(kind: string, schemas: Record<string, string>, cases: Cases): void {
  describe.each([kind])('%s', () => {
    it.each(cases)('%s', async (_, query, variables = {}) => {
      await using pair = await createPair(schemas)
      for (const mood of [
        { nulls: 0, errors: 0 },
        { nulls: 0.3, errors: 0 },
        { nulls: 0.1, errors: 0.2 },
      ])
        for (let seed = 0; seed < 5; seed++) {
          const one = { document: parse(query), variables, mood: { ...mood, seed } }
          expect(await pair.difference(one), JSON.stringify(one.mood)).toBeNull()
        }
    })
  })
}

equalsOneSchema('@defer', MEMBERS, [
  ['where nothing else is selected', '{ is { ... @defer { id items { more } } } }'],
  ['within another', '{ a { ... @defer { ... @defer { title } } } }'],
  ['of objects of one type', '{ us { ... on A @defer { title __typename } } }'],
])

equalsOneSchema('an interface object', INTERFACE_OBJECT, [
  ['of which the type is asked', '{ b { __typename rank likes } }'],
  ['with the type in a fragment', '{ o { id ... on A { __typename title } ... on B { __typename } } }'],
  ['with the type under another name', '{ os { likes rank kind: __typename ... on A { name } } }'],
  ['without its type', '{ os { likes rank } }'],
  ['in a union', '{ o { ... on U { __typename } likes } us { ... on I { rank } } }'],
  ['in another interface', '{ os { ... on N { id __typename } } is { ... on N { id ... on A { likes } } } }'],
  [
    'with other arguments for each of its objects',
    '{ us { ... on B { rank(arg: 4) } ... on A { rank(arg: 2) } } }',
  ],
  ['of which one object is stricter', '{ os { name } o { name likes } }'],
  [
    'with what may fail for some of its objects',
    '{ is { ... on B { rank } likes } us { ... on A { rank(arg: 2) } } }',
  ],
  [
    'with a fragment of which nothing is left beside its type',
    '{ us { ... on A { title: likes } ... on B { ... on U { ... on A { sure } } title: __typename } __typename } }',
  ],
  [
    'of which something fails below a fragment that does not tell its objects apart',
    '{ o { ... on I { likes friend { more } } } os { ...F ... on N { id } } } fragment F on I { friend { more } }',
  ],
  [
    'of which something fails below what is asked of each object alike',
    '{ os { ... on A { friend { more } } ... on B { friend { more } } } }',
  ],
  ['of which no type is told, as what it may not be without fails', '{ o { ... on A { sure } } }'],
  [
    'with a fragment that is used for some of its objects',
    '{ is { likes ... on A { fan { ...F inner { ...F } } } } } fragment F on W { tag __typename }',
  ],
  [
    'with a variable in a fragment that is used for some of its objects',
    'query ($v: Int) { is { likes ... on B { fan { ...F inner { ...F } } } } } fragment F on W { tag(arg: $v) __typename }',
    { v: 4 },
  ],
])

equalsOneSchema('one response key', MEMBERS, [
  [
    'with other arguments below another type',
    '{ us { ... on A { items { val(arg: 1) } } ... on B { items { val(arg: 2) } } } }',
  ],
  [
    'with other fields below another type, and what all have',
    '{ is { items { id } ... on A { items { x: val(arg: 3) } } ... on B { items { x: val more } } } }',
  ],
  [
    'that is a key elsewhere',
    '{ us { ... on A { id: name title } ... on B { other: name } } a { name: title sum } }',
  ],
])

equalsOneSchema('conditions', MEMBERS, [
  [
    'on a field that requires another',
    'query ($v: Boolean!) { a { id title sum @skip(if: $v) } }',
    { v: true },
  ],
  [
    'on two fields of one fetch',
    'query ($v: Boolean!, $w: Boolean!) { a { title @skip(if: $v) sum @include(if: $w) } }',
    { v: true, w: true },
  ],
  [
    'within others',
    'query ($v: Boolean!, $w: Boolean!) { a @skip(if: $w) { title @skip(if: $v) } is { items @include(if: $v) { more @skip(if: $v) } } }',
    { v: true, w: false },
  ],
  [
    'that leave nothing',
    'query ($v: Boolean!) { a { org { code @skip(if: $v) } } is @skip(if: $v) { id } }',
    { v: true },
  ],
])

equalsOneSchema('fragments', MEMBERS, [
  [
    'that apply through a union and an interface',
    '{ a { self { ... on U { ... on I { id items { id } } } } } }',
  ],
  [
    'with fields of another nullability',
    '{ us { ... on A { name } ... on B { other: name } } is { ... on A { x: name } ... on B { y: name } } }',
  ],
])

equalsOneSchema('an object that is stricter than its interface', STRICT, [
  ['is asked as the interface', '{ is { name } }'],
  ['is asked as itself', '{ us { ... on A { ... on I { name } } ... on B { ... on I { name } } } }'],
  ['is in a union', '{ is { name ... on U { ... on I { name id } } } }'],
])

equalsOneSchema('lists of lists in parts', PARTS, [['have both parts', '{ a { title items { val code } } }']])

equalsOneSchema('an object that a null replaces while more is fetched for it', TAKEN, [
  [
    'is where the errors of that are',
    '{ as { name a: sure(arg: 1) b: sure(arg: 2) c: val(arg: 1) d: val(arg: 2) e: val(arg: 3) } }',
  ],
])

// Apollo Server has seen a request by then, and what it takes hold of.
equalsOneSchema('an alias beside an error', MEMBERS, [
  ['keeps its value', '{ first: a { kind: title worst } second: a { id } }'],
])

equalsOneSchema('lists of lists', LISTS, [['that are required', '{ a { sum } as { items { x } sum } }']])

equalsOneSchema('an operation of which some plans fail', FAILING_PLANS, [
  ['has another', '{ us { ... on I { items { fan { self sum avg } } } } }'],
])

equalsOneSchema('a field that is narrower in an object than in its interface', NARROWER, [
  ['in a fragment within another', '{ us { ... on I { next { ... on I { ... on A { id name } } } } } }'],
  [
    'among objects in which it is not',
    '{ is { next { ... on I { __typename ... on A { title } ... on B { sure next { ... on A { name } } } } } } }',
  ],
])

equalsOneSchema('a field that is narrower in the only object of its interface', NARROWER_ALONE, [
  ['in a fragment within another', '{ us { ... on I { next { ... on I { ... on A { id name } } } } } }'],
])

equalsOneSchema('a field that two objects of an interface narrow otherwise', NARROWED_OTHERWISE, [
  ['with a fragment on another interface', '{ ns { ... on I { items { ... on N { ... on I { val } } } } } }'],
  ['in itself', '{ b { items { items { ... on U { ... on I { val } } } } } }'],
])
