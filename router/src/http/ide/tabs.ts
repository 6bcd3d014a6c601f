/** An operation that the IDE opens with. */
export interface Tab {
  query: string
  variables?: string
}

const json = (value: object): string => JSON.stringify(value, null, 2)

/** Accounts that exist in development only, with what they are told by in the README. */
const DEMO = { email: 'budi@karcis.local', password: 'karcis-demo-1' }

/**
 * A first purchase, from what is on to the ticket. The first has no variables, as GraphiQL would not show them. Empty variables are filled with what the tabs before have found or made, see
 * `createIdeMemory`.
 * @param hasDemo whether there are demo accounts.
 */
export const firstPurchase = (hasDemo: boolean): Tab[] => [
  {
    query: `# A first purchase: run each tab, left to right.
# What one finds or makes goes into the variables of
# the next: here the first ticket type on sale.
query WhatIsOn {
  events(first: 5) {
    edges {
      node {
        id
        title
        startsAt
        venue { name city }
        ticketTypes { id name price currency available saleStatus }
      }
    }
  }
}
`,
  },
  {
    query: `# Whoever signs in here is in the headers of all tabs.
mutation LogIn($email: String!, $password: String!) {
  login(input: { email: $email, password: $password }) {
    accessToken
    user { name role balance balanceCurrency }
  }
}
`,
    variables: json(hasDemo ? DEMO : { email: 'you@example.com', password: 'your password' }),
  },
  {
    query: `# Takes the best places, and keeps them until expiresAt.
mutation Book($ticketTypeId: ID!) {
  booking: createBooking(input: { ticketTypeId: $ticketTypeId, quantity: 2 }) {
    id
    status
    totalPrice
    currency
    expiresAt
    items { name quantity seatLabel unitPrice }
  }
}
`,
    variables: json({ ticketTypeId: '' }),
  },
  {
    query: `mutation Pay($bookingId: ID!) {
  confirmPayment(id: $bookingId, input: { method: WALLET }) {
    id
    status
    tickets { id status }
  }
}
`,
    variables: json({ bookingId: '' }),
  },
  {
    query: `query MyTickets {
  myTickets(first: 10) {
    edges {
      node {
        id
        code
        status
        event { title startsAt }
        ticketType { name }
        seat { section row number }
      }
    }
  }
}
`,
  },
  {
    query: `# Goes on until stopped: book in another window,
# and see what is left.
subscription WhatIsLeft($eventId: ID!) {
  ticketStockChanged(eventId: $eventId) { name available held sold saleStatus }
}
`,
    variables: json({ eventId: '' }),
  },
]
