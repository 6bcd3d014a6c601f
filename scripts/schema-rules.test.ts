import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { ruleViolations } from './schema-rules.ts'

const violations = (...sdl: string[]) =>
  ruleViolations(sdl.map((text, index) => ({ name: `s${index}`, document: parse(text) })))

describe('the rules for our schemas', () => {
  it('ask for a description on everything a client sees', () => {
    const sdl = `
      type Query { "A seat." seat(id: ID!): Seat }
      type Seat { id: ID! }
      enum Status { FREE }
      input SeatInput { row: String }`
    expect(violations(sdl)).toEqual(
      [
        's0.graphql: Query.seat(id:) has no description',
        's0.graphql: Seat has no description',
        's0.graphql: Seat.id has no description',
        's0.graphql: Status has no description',
        's0.graphql: Status.FREE has no description',
        's0.graphql: SeatInput has no description',
        's0.graphql: SeatInput.row has no description',
      ].map((line) => `schema/${line}`),
    )
  })

  it('take the description of whichever subgraph gives one', () => {
    expect(violations('"A seat." type Seat { "Its id." id: ID! }', 'type Seat { id: ID! }')).toEqual([])
  })

  it('refuse @requires with arguments, which the planner gets wrong', () => {
    const sdl = (fields: string) => `"Post." type Post { "N." n: Int @requires(fields: "${fields}") }`
    expect(violations(sdl('comments(limit: 3) { id }'))).toEqual([
      'schema/s0.graphql: @requires(fields: "comments(limit: 3) { id }") uses arguments',
    ])
    expect(violations(sdl('comments { id }'))).toEqual([])
  })

  it('line 15: ask how long a list can be that is not paged', () => {
    const sdl = `
      "Root." type Query {
        "All." all: [Seat!]!
        "Some." some: [Seat!]! @listSize(assumedSize: 10)
        "Paged." paged: SeatConnection
        "For us." internal: [Seat] @inaccessible
      }
      "Page." type SeatConnection { "In it." edges: [Seat!]! "Where." pageInfo: Int "Beside." notes: [String] }
      "Ours." type Internal @inaccessible { "Many." many: [Seat] }
      "Seat." type Seat { "Its id." id: ID! }
      "Which." input SeatsInput { "Ids." ids: [ID!] }`
    const problem = (coordinate: string) =>
      `schema/s0.graphql: ${coordinate} is a list without @listSize, which says how long it can be`
    expect(violations(sdl)).toEqual([problem('Query.all'), problem('SeatConnection.notes')])
  })
})
