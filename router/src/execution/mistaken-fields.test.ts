import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOpenWorld } from '../testing/open-world.ts'

const link = (...names: string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ${JSON.stringify(names)})`

/** Halls have prices per currency and seats in rows; the insurer computes from those that it is given. */
const HALLS: Record<string, { name: string; price: number; seats: string[] }> = {
  h1: { name: 'Great Hall', price: 100, seats: ['A1', 'A2', 'A3'] },
  h2: { name: 'Cellar', price: 0, seats: [] },
}
const RATES: Record<string, number> = { IDR: 1, USD: 2 }
const hallOf = ({ id }: { id: string }) => (HALLS[id] ? { id, ...HALLS[id] } : null)

const halls = {
  sdl: `${link('@key')}
    type Query { halls: [Hall!] hall(id: ID!): Hall }
    type Hall @key(fields: "id") { id: ID! name: String note: String price(currency: String!): Int seats(first: Int): [Seat!] house: House }
    type Seat @key(fields: "code") { code: ID! }
    type House { rent(currency: String!): Int }
  `,
  resolvers: {
    Query: {
      halls: () => Object.keys(HALLS).map((id) => hallOf({ id })),
      hall: (_: unknown, args: { id: string }) => hallOf(args),
    },
    Hall: {
      __resolveReference: hallOf,
      price: ({ price }: { price: number }, { currency }: { currency: string }) => {
        if (currency === 'XXX') throw new Error('no such currency')
        return price * (RATES[currency] ?? 0)
      },
      seats: ({ seats }: { seats: string[] }, { first }: { first?: number }) =>
        seats.slice(0, first ?? 99).map((code) => ({ code })),
      house: () => ({}),
    },
    House: { rent: (_: unknown, { currency }: { currency: string }) => 7 * (RATES[currency] ?? 0) },
  },
}
const floors = {
  sdl: `${link('@key')}
    type Query { floors: Int }
    type Seat @key(fields: "code") { code: ID! floor: Int }
  `,
  resolvers: {
    Seat: {
      __resolveReference: ({ code }: { code: string }) => ({ code, floor: Number(code.slice(1)) }),
    },
  },
}
const insurer = {
  sdl: `${link('@key', '@external', '@requires')}
    type Query { insured: Int }
    type Hall @key(fields: "id") {
      id: ID!
      name: String @external
      price(currency: String!): Int @external
      seats(first: Int): [Seat!] @external
      house: House @external
      premium: Int @requires(fields: "price(currency: \\"IDR\\")")
      premiumUsd(times: Int = 1): Int @requires(fields: "price(currency: \\"USD\\")")
      badPremium: Int @requires(fields: "price(currency: \\"XXX\\")")
      climb: [Int] @requires(fields: "seats(first: 2) { floor }")
      allSeats: Int @requires(fields: "seats { code }")
      sign: String @requires(fields: "name")
      rentShare: Int @requires(fields: "house { rent(currency: \\"USD\\") } price(currency: \\"IDR\\")")
    }
    type Seat @key(fields: "code") { code: ID! floor: Int @external }
    type House @external { rent(currency: String!): Int }
  `,
  resolvers: {
    Hall: {
      __resolveReference: (hall: object) => hall,
      premium: ({ price }: { price: number }) => price,
      premiumUsd: ({ price }: { price: number }, { times }: { times: number }) => price * times,
      climb: ({ seats }: { seats: { floor: number }[] }) => seats.map(({ floor }) => floor),
      allSeats: ({ seats }: { seats: object[] }) => seats.length,
      sign: ({ name }: { name: string }) => `* ${name} *`,
      rentShare: ({ house, price }: { house: { rent: number }; price: number }) => price + house.rent,
    },
  },
}

describe('a field with arguments that another requires', () => {
  let world: Awaited<ReturnType<typeof createOpenWorld<'halls' | 'floors' | 'insurer'>>>
  const ask = async (query: string, variables?: Record<string, unknown>) =>
    (await gql(world.url, query, variables)).body
  beforeAll(async () => {
    world = await createOpenWorld({ halls, floors, insurer })
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(() => void world.subgraphs.insurer.asked.splice(0))

  it('does not share the arguments of the client', async () => {
    const query =
      'query ($first: Int) { hall(id: "h1") { climb seats(first: $first) { code floor } allSeats } }'
    expect(await ask(query, { first: 1 })).toEqual({
      data: { hall: { climb: [1, 2], seats: [{ code: 'A1', floor: 1 }], allSeats: 3 } },
    })
    expect(await ask('{ hall(id: "h1") { price(currency: "USD") premium } }')).toEqual({
      data: { hall: { price: 200, premium: 100 } },
    })
  })

  it('may be required with different arguments at once', async () => {
    const query = 'query ($times: Int) { halls { premium premiumUsd(times: $times) rentShare sign } }'
    expect(await ask(query, { times: 3 })).toEqual({
      data: {
        halls: [
          { premium: 100, premiumUsd: 600, rentShare: 114, sign: '* Great Hall *' },
          { premium: 0, premiumUsd: 0, rentShare: 14, sign: '* Cellar *' },
        ],
      },
    })
    // Two prices do not fit into one representation; everything else goes together. What is slow to be answered is asked twice.
    expect(new Set(world.subgraphs.insurer.asked.map((asked) => JSON.stringify(asked.query))).size).toBe(2)
  })

  it('is sent under its public name, also where it is null', async () => {
    await ask('{ hall(id: "h2") { premium allSeats } }')
    const [{ variables } = {}] = world.subgraphs.insurer.asked
    expect(variables?.representations).toEqual([{ __typename: 'Hall', id: 'h2', price: 0, seats: [] }])
  })

  it('fails where a client finds it, or at no place of its response', async () => {
    const { errors } = await ask('{ hall(id: "h1") { badPremium } }')
    expect(errors?.map(({ path }) => path)).toEqual([undefined])
    expect(JSON.stringify(errors)).not.toContain('karcis')
    // Not at a null that only has its name.
    const { data, ...named } = await ask('{ hall(id: "h1") { price: note badPremium } }')
    expect(data).toEqual({ hall: { price: null, badPremium: null } })
    expect(named.errors?.map(({ path }) => path)).toEqual([undefined])
  })

  it('adds nothing to the schema that clients see', async () => {
    const { data } = await ask('{ __type(name: "Hall") { fields { name } } }')
    expect(JSON.stringify(data)).not.toContain('karcis')
    expect((await ask('{ halls { karcisRequired0_price } }')).errors?.[0]?.extensions?.code).toBe(
      'BAD_USER_INPUT',
    )
  })
})

describe('an alias that is the name of a field', () => {
  let world: Awaited<ReturnType<typeof createOpenWorld<'halls' | 'floors' | 'insurer'>>>
  beforeAll(async () => {
    world = await createOpenWorld({ halls, floors, insurer })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each([
    ['the key of the object', '{ hall(id: "h1") { id: name premium } }', { id: 'Great Hall', premium: 100 }],
    [
      'what another field requires',
      '{ hall(id: "h1") { name: id sign } }',
      { name: 'h1', sign: '* Great Hall *' },
    ],
    [
      'the type of the object',
      '{ hall(id: "h1") { __typename: name sign } }',
      { __typename: 'Great Hall', sign: '* Great Hall *' },
    ],
    [
      'the type under another name',
      '{ hall(id: "h1") { id: __typename sign } }',
      { id: 'Hall', sign: '* Great Hall *' },
    ],
    [
      'a list of objects',
      '{ hall(id: "h1") { ...F climb } } fragment F on Hall { price: seats(first: 1) { code: floor floor: code } }',
      { price: [{ code: 1, floor: 'A1' }], climb: [1, 2] },
    ],
  ])('is not taken for %s', async (_, query, hall) => {
    expect((await gql(world.url, query)).body).toEqual({ data: { hall } })
  })

  it('is in the paths of errors as the client wrote it', async () => {
    const { body } = await gql(world.url, '{ hall(id: "h1") { name: price(currency: "XXX") } }')
    expect(body).toMatchObject({ data: { hall: { name: null } }, errors: [{ path: ['hall', 'name'] }] })
  })

  it('is refused when it is an internal name', async () => {
    const { body } = await gql(world.url, '{ hall(id: "h1") { karcisAs_id: name } }')
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('reserved'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })
})

describe('what no subgraph can give', () => {
  const keeper = {
    sdl: `${link('@key', '@interfaceObject')}
      type Query { thing: Thing kept: Int }
      interface Thing @key(fields: "id") { id: ID! }
    `,
    resolvers: { Query: { thing: () => ({ __typename: 'Thing', id: 't1' }), kept: () => 1 } },
  }
  const describer = {
    sdl: `${link('@key', '@interfaceObject')}
      type Query { described: Thing }
      type Thing @key(fields: "id", resolvable: false) @interfaceObject { id: ID! text: String }
    `,
    resolvers: { Query: { described: () => ({ id: 't1' }) }, Thing: { text: () => 'said' } },
  }

  it('is reported, and not passed off as null', async () => {
    await using world = await createOpenWorld({ keeper, describer })
    const refused = await gql(world.url, '{ kept other: thing { text } }')
    expect(refused.body).toEqual({
      errors: [{ message: expect.stringContaining('"other"'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
    expect((await gql(world.url, '{ kept described { text } }')).body).toEqual({
      data: { kept: 1, described: { text: 'said' } },
    })
  })
})

describe('a key that cannot be resolved', () => {
  it('is not used to come back to a subgraph with what it requires', async () => {
    const seller = {
      sdl: `${link('@key', '@external', '@requires')}
        type Query { offer: Offer }
        type Offer
          @key(fields: "slip { part }", resolvable: false) @key(fields: "slip { part number }") @key(fields: "id", resolvable: false)
        { id: ID! slip: Slip! rate: Int @external text: String @requires(fields: "rate") }
        type Slip { part: ID! number: ID! }
      `,
      resolvers: {
        Query: { offer: () => ({ id: 'o1', slip: { part: 'p', number: 'n' } }) },
        Offer: {
          __resolveReference: (offer: { slip: { number?: string } }) => (offer.slip.number ? offer : null),
          text: ({ rate }: { rate: number }) => `at ${rate}`,
        },
      },
    }
    const bank = {
      sdl: `${link('@key')} type Query { open: Int } type Offer @key(fields: "id") { id: ID! rate: Int }`,
      resolvers: { Offer: { __resolveReference: ({ id }: { id: string }) => ({ id, rate: 5 }) } },
    }
    await using world = await createOpenWorld({ seller, bank })
    expect((await gql(world.url, '{ offer { text } }')).body).toEqual({ data: { offer: { text: 'at 5' } } })
  })
})
