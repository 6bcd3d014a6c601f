import { newId } from '@karcis/kit/ids'
import {
  createServiceTokens,
  SERVICE_TOKEN_EXTENSION,
  SERVICE_TOKEN_HEADER,
  type Viewer,
} from '@karcis/kit/service-token'
import type { RunningSubgraph } from '@karcis/kit/subgraph'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { gql } from '@karcis/testkit/gql'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createWsClient } from '@karcis/testkit/ws-client'
import type { Db } from '../src/domain/database.ts'
import type { Deps } from '../src/domain/deps.ts'
import type { BookingSettings } from '../src/env.ts'
import { createBookingSubgraph } from '../src/server.ts'
import { WALLET } from './operations.ts'

export const SECRET = 'a secret of the tests, long enough for HS256'

/** Nothing listens on the discard port: calls fail at once. */
export const NOBODY = 'http://127.0.0.1:9'

// A test knows the shape of what it asked for; naming each shape twice would say nothing more.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

/** What a test sees of one answer. */
export interface Answer {
  data: Loose
  /** Codes of the errors, in order. */
  codes: (string | undefined)[]
  errors: { message: string; path?: readonly (string | number)[]; extensions?: Record<string, unknown> }[]
}

/** The next result of a subscription; waits for it. */
export type Watch = () => Promise<Pick<Answer, 'data' | 'codes'>>

/** The booking subgraph on a database of its own, and ways to talk to it. */
export interface BookingProcess extends AsyncDisposable {
  subgraph: RunningSubgraph<Deps>
  db: Db
  /** One operation, as the router sends it for this viewer. */
  ask(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<Answer>
  /** Sends an event to this process as another subgraph would. */
  sendEvent(from: string, type: string, aggregateId: string, payload: unknown): Promise<void>
  /** One subscription, as the router opens it for this viewer: what comes, oldest first. */
  watch(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<Watch>
}

export const person = (role: Viewer['role'] = 'CUSTOMER'): Viewer => ({
  id: newId(),
  role,
  sessionId: newId(),
})

/** Starts the booking subgraph. @param settings what differs from a world in which it is alone. */
export async function startBooking(
  settings: Partial<BookingSettings> = {},
  existing?: TestDatabase,
): Promise<BookingProcess> {
  await using stack = new AsyncDisposableStack()
  const database = existing ?? stack.use(await createTestDatabase('booking'))
  const subgraph = stack.use(
    await createBookingSubgraph({
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: 0,
      LOG_LEVEL: 'silent',
      SERVICE_SECRET: SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      USER_URL: NOBODY,
      TICKET_URL: NOBODY,
      SIGNUP_GRANT_IDR: 1_000_000,
      PAYMENT_MARGIN_SECONDS: 30,
      LIVE_POLL_MS: 2_000,
      ...settings,
    }),
  )
  const sockets = stack.use(createWsClient(`${subgraph.url}/graphql`))
  const tokens = createServiceTokens(SECRET, 'router')
  const running = stack.move()
  return {
    subgraph,
    db: subgraph.deps.db,
    ask: async (viewer, query, variables = {}) =>
      askSubgraph(subgraph.url, await tokens.sign(viewer), query, variables),
    sendEvent: (from, type, aggregateId, payload) =>
      sendEventTo(subgraph.url, from, type, aggregateId, payload),
    async watch(viewer, query, variables = {}) {
      const extensions = { [SERVICE_TOKEN_EXTENSION]: await tokens.sign(viewer) }
      const results = sockets.client.iterate({ query, variables, extensions })
      return async () => {
        const { value } = await results.next()
        return {
          data: value?.data,
          codes: (value?.errors ?? []).map(
            (error: { extensions: { code: string } }) => error.extensions.code,
          ),
        }
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export async function askSubgraph(
  url: string,
  token: string,
  query: string,
  variables: Record<string, unknown>,
): Promise<Answer> {
  const { body } = await gql(`${url}/graphql`, query, variables, { [SERVICE_TOKEN_HEADER]: token })
  const errors = (body.errors ?? []) as Answer['errors']
  return {
    data: body.data,
    errors,
    codes: errors.map((error) => error.extensions?.code as string | undefined),
  }
}

export async function sendEventTo(
  url: string,
  from: string,
  type: string,
  aggregateId: string,
  payload: unknown,
): Promise<void> {
  const event = { id: newId(), type, aggregateId, payload, occurredAt: new Date().toISOString() }
  const response = await fetch(`${url}/internal/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [SERVICE_TOKEN_HEADER]: await createServiceTokens(SECRET, from).sign(null),
    },
    body: JSON.stringify({ events: [event] }),
  })
  if (response.status !== 200) throw new Error(`event ${type} was answered with ${response.status}`)
}

/** What is in the viewer's wallet, as its owner sees it. */
export async function balanceOf({ ask }: BookingProcess, viewer: Viewer): Promise<number> {
  const { data } = await ask(viewer, WALLET, { refs: [{ __typename: 'User', id: viewer.id }] })
  return data._entities[0].balance
}
