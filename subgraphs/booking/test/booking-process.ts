import type { ServiceName } from '@karcis/kit/contracts/subgraphs'
import { SERVICE_TOKEN_EXTENSION, type Viewer } from '@karcis/kit/service-token'
import type { RunningSubgraph } from '@karcis/kit/subgraph'
import { type Answer, ask, tell } from '@karcis/testkit/ask'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { NOBODY, person, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { USUAL_SETTINGS } from '@karcis/testkit/settings'
import { createWsClient } from '@karcis/testkit/ws-client'
import type { Db } from '../src/domain/database.ts'
import type { Deps } from '../src/domain/deps.ts'
import type { BookingSettings } from '../src/env.ts'
import { createBookingSubgraph } from '../src/server.ts'
import { WALLET } from './operations.ts'

/** The next result of a subscription; waits for it. */
export type Watch = () => Promise<Pick<Answer, 'data' | 'code'>>

/** The booking subgraph on a database of its own, and ways to talk to it. */
export interface BookingProcess extends AsyncDisposable {
  subgraph: RunningSubgraph<Deps>
  db: Db
  /** One operation, as the router sends it for this viewer. */
  ask(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<Answer>
  /** One operation, as another subgraph asks it in nobody's name. */
  askAs(service: ServiceName, query: string, variables?: Record<string, unknown>): Promise<Answer>
  /** Tells this process, as the user subgraph would, that somebody has signed up. */
  signUp(viewer: Viewer, personHash?: string): Promise<void>
  /** Somebody who has signed up, and so has a wallet with the grant in it. */
  buyer(): Promise<Viewer>
  /** One subscription, as the router opens it for this viewer: what comes, oldest first. */
  watch(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<Watch>
}

/** Starts the booking subgraph. @param settings what differs from a world in which it is alone. */
export async function startBooking(
  settings: Partial<BookingSettings> = {},
  existing?: TestDatabase,
): Promise<BookingProcess> {
  await using stack = new AsyncDisposableStack()
  const database = existing ?? stack.use(await createTestDatabase('booking'))
  const subgraph = stack.use(
    await createBookingSubgraph({
      ...USUAL_SETTINGS,
      PORT: 0,
      SERVICE_SECRET,
      KEY_ENCRYPTION_SECRET: SERVICE_SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      USER_URL: NOBODY,
      EVENT_URL: NOBODY,
      TICKET_URL: NOBODY,
      SIGNUP_GRANT_IDR: 1_000_000,
      PUBLIC_URL: 'http://localhost:4000',
      PAYMENT_MARGIN_SECONDS: 30,
      INVOICE_TIMEZONE: 'Asia/Jakarta',
      PAYOUT_HOLD_DAYS: 3,
      PAYOUT_ACCOUNT_RETENTION_DAYS: 90,
      MIDTRANS_SNAP_URL: NOBODY,
      MIDTRANS_API_URL: NOBODY,
      STRIPE_API_URL: NOBODY,
      STRIPE_CURRENCIES: ['IDR', 'USD'],
      XENDIT_API_URL: NOBODY,
      XENDIT_CURRENCIES: ['IDR'],
      PROVIDER_TIMEOUT_MS: 8_000,
      MANUAL_PAYMENT_HOURS: 24,
      MANUAL_CURRENCIES: ['IDR'],
      LIVE_POLL_MS: 2_000,
      ...settings,
    }),
  )
  const sockets = stack.use(createWsClient(`${subgraph.url}/graphql`))
  const running = stack.move()
  const signUp: BookingProcess['signUp'] = ({ id }, personHash = `person ${id}`) =>
    tell(subgraph, 'user', { type: 'user.registered', aggregateId: id, payload: { userId: id, personHash } })
  return {
    subgraph,
    db: subgraph.deps.db,
    ask: (viewer, query, variables) => ask(subgraph, viewer, query, variables),
    askAs: (service, query, variables) => ask(subgraph, null, query, variables, service),
    signUp,
    async buyer() {
      const viewer = person()
      await signUp(viewer)
      return viewer
    },
    async watch(viewer, query, variables = {}) {
      const extensions = { [SERVICE_TOKEN_EXTENSION]: await tokenOf(viewer, 'booking') }
      const results = sockets.client.iterate({ query, variables, extensions })
      return async () => {
        const { value } = await results.next()
        return { data: value?.data, code: value?.errors?.[0]?.extensions?.code }
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** What is in the viewer's wallet, as its owner sees it. */
export async function balanceOf({ ask }: BookingProcess, viewer: Viewer): Promise<number> {
  const { data } = await ask(viewer, WALLET, { refs: [{ __typename: 'User', id: viewer.id }] })
  return data._entities[0].balance
}
