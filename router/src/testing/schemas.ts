const FEDERATION = `
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.12"
    import: ["@key", "@authenticated", "@requiresScopes", "@policy", "@shareable"]
  )
`

/** Three small subgraphs with an entity across each border, and every kind of access rule. */
export const SCHEMAS = {
  user: `${FEDERATION}
    type Query {
      me: User @authenticated
      user(id: ID!): User
      users(first: Int): [User!] @requiresScopes(scopes: [["admin"]])
      nodes: [Node!]
      risky: String @policy(policies: [["nobody-knows"]])
      account: Account
      required: String! @authenticated
      echo(text: String = "hi"): String
      bug: String
      soldOut: String
    }
    type Mutation {
      rename(id: ID!, name: String!): User @authenticated
      touch: Int
    }
    interface Node { id: ID! label: String }
    type User implements Node @key(fields: "id") {
      id: ID!
      label: String
      name: String!
      email: String @requiresScopes(scopes: [["admin"], ["organizer"]])
      phone: String! @authenticated
      role: String
    }
    type Robot implements Node { id: ID! label: String @authenticated model: String }
    type Account @authenticated { balance: Int }
  `,
  event: `${FEDERATION}
    type Query { events(first: Int): [Event!] event(id: ID!): Event }
    type Event @key(fields: "id") { id: ID! title: String! organizer: User }
    type User @key(fields: "id") { id: ID! organizedEvents(first: Int): [Event!] }
  `,
  ticket: `${FEDERATION}
    type Query { seats: Int }
    type Subscription {
      seatMapChanged(eventId: ID!, sinceRevision: Int): SeatMapChange
      stock(eventId: ID!): Stock
      ledger: Stock @requiresScopes(scopes: [["admin"]])
      broken: Int
    }
    type SeatMapChange { revision: Int! snapshot: Boolean seats: [ID!]! event: Event! audit: String @requiresScopes(scopes: [["admin"]]) }
    type Stock { available: Int! event: Event }
    type Event @key(fields: "id") { id: ID! }
  `,
}

export type SubgraphName = keyof typeof SCHEMAS
