import { KarcisError } from '@karcis/kit/errors'
import { createTopic } from './topic.ts'

export interface SeatMapChange {
  revision: number
  snapshot?: boolean
  seats: string[]
  event: { id: string }
  audit?: string
}

const USERS = [
  { __typename: 'User', id: 'u1', name: 'Ani', label: 'ani', email: 'ani@example.com', phone: '1' },
  { __typename: 'User', id: 'u2', name: 'Budi', label: 'budi', email: 'budi@example.com', phone: '2' },
]
const ROBOT = { __typename: 'Robot', id: 'r1', label: 'secret robot', model: 'T' }
const EVENTS = [
  { id: 'e1', title: 'Jazz', organizer: { id: 'u1' } },
  { id: 'e2', title: 'Rock', organizer: { id: 'u2' } },
]

const find = <T extends { id: string }>(list: T[], id: string): T | null =>
  list.find((item) => item.id === id) ?? null

/** Resolvers of the three subgraphs, and what a test controls them by. */
export function createResolvers() {
  const topics = {
    seatMapChanged: createTopic<SeatMapChange>(),
    stock: createTopic<{ available: number; event: { id: string } | null }>(),
    ledger: createTopic<{ available: number }>(),
  }
  const counts = { touch: 0 }
  /** A test may hold back the response to `echo`. */
  const gate: { wait: Promise<void> | null; reached: () => void } = { wait: null, reached: () => undefined }

  const subscription = <T>(name: keyof typeof topics) => ({
    subscribe: (_: unknown, args: Record<string, unknown>) => topics[name].subscribe(args),
    resolve: (value: T) => value,
  })

  return {
    topics,
    counts,
    gate,
    resolvers: {
      user: {
        Query: {
          me: (_: unknown, __: unknown, { viewer }: { viewer: { id: string; role: string } | null }) =>
            viewer && { ...find(USERS, viewer.id), role: viewer.role },
          user: (_: unknown, { id }: { id: string }) => find(USERS, id),
          users: () => USERS,
          nodes: () => [USERS[0], ROBOT],
          risky: () => 'risk',
          account: () => ({ balance: 7 }),
          required: () => 'there',
          echo: async (_: unknown, { text }: { text: string }) => {
            gate.reached()
            await gate.wait
            return text
          },
          bug: () => {
            throw new Error('select * from secrets')
          },
          soldOut: () => {
            throw new KarcisError('SOLD_OUT', 'Nothing is left.', { remaining: 0 })
          },
        },
        Mutation: {
          rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ ...find(USERS, id), name }),
          touch: () => ++counts.touch,
        },
        Node: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
        User: { __resolveReference: ({ id }: { id: string }) => find(USERS, id) },
      },
      event: {
        Query: { events: () => EVENTS, event: (_: unknown, { id }: { id: string }) => find(EVENTS, id) },
        Event: { __resolveReference: ({ id }: { id: string }) => find(EVENTS, id) },
        User: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          organizedEvents: ({ id }: { id: string }) => EVENTS.filter(({ organizer }) => organizer.id === id),
        },
      },
      ticket: {
        Query: { seats: () => 500 },
        Subscription: {
          seatMapChanged: subscription<SeatMapChange>('seatMapChanged'),
          stock: subscription('stock'),
          ledger: subscription('ledger'),
          broken: {
            subscribe: () => {
              throw new Error('select * from secrets')
            },
          },
        },
      },
    },
  }
}
