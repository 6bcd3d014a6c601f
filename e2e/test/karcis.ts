import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBookingSubgraph } from '@karcis/booking/server'
import { createEventSubgraph } from '@karcis/event/server'
import { grantDatabase } from '@karcis/infra/database-role'
import { freePort } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { createRouter } from '@karcis/router/server'
import { createTestDatabase } from '@karcis/testkit/database'
import { type GraphQLBody, gql } from '@karcis/testkit/gql'
import { testRedisUrl } from '@karcis/testkit/redis'
import { USUAL_SETTINGS } from '@karcis/testkit/settings'
import { createWsClient, type TestWsClient } from '@karcis/testkit/ws-client'
import { createTicketSubgraph } from '@karcis/ticket/server'
import { createUserSubgraph } from '@karcis/user/server'

/** What seals the private keys, and the tokens of mails that wait. */
export const KEY_ENCRYPTION_SECRET = 'seals the private keys of one test run'

export const ADMIN = { email: 'admin@karcis.test', password: 'an admin of this test' }

/** A client of the one endpoint. */
export interface Api {
  url: string
  /** Runs one operation as whoever holds the token; gives `data` and fails on any error. */
  run<T = Answer>(query: string, variables?: Record<string, unknown>, token?: string): Promise<T>
  /** Runs one operation that may fail; gives the whole answer. */
  attempt(query: string, variables?: Record<string, unknown>, token?: string): Promise<GraphQLBody<Answer>>
  connect(token?: string): TestWsClient
}

/** The whole system on free ports, each subgraph on a database of its own. */
export interface Karcis extends Api, AsyncDisposable {
  /** Base URLs of the subgraphs, which no client ever sees. */
  subgraphs: Record<SubgraphName, string>
  /** Connection strings of their databases, for who reads them behind everyone's back. */
  databases: Record<SubgraphName, string>
}

// A story knows what it asked for; naming each shape twice would say nothing more.
// oxlint-disable-next-line typescript/no-explicit-any
type Answer = any

/** Settings that a story may change. */
export interface StorySettings {
  /** In development mails are caught, for the page /outbox. */
  NODE_ENV?: 'development'
  PUBLIC_URL?: string
  PASSKEY_ORIGINS?: string[]
  HOLD_SECONDS?: number
  PAYMENT_MARGIN_SECONDS?: number
  ADMIN_EMAIL?: string
  ADMIN_PASSWORD?: string
  GOOGLE_ISSUER?: string
  GOOGLE_CALENDAR_URL?: string
  GOOGLE_CLIENT_ID?: string
  GOOGLE_CLIENT_SECRET?: string
  GOOGLE_REDIRECT_URIS?: string[]
  PUSH_PRIVATE_KEY?: string | undefined
  PUSH_CONTACT?: string
  SMS_URL?: string
  SMS_ACCOUNT?: string
  SMS_TOKEN?: string
  SMS_FROM?: string
  MIDTRANS_SERVER_KEY?: string
  MIDTRANS_SNAP_URL?: string
  MIDTRANS_API_URL?: string
  STRIPE_SECRET_KEY?: string
  STRIPE_WEBHOOK_SECRET?: string
  STRIPE_API_URL?: string
  STRIPE_PAGE_URL?: string
  XENDIT_SECRET_KEY?: string
  XENDIT_CALLBACK_TOKEN?: string
  XENDIT_API_URL?: string
}

/** Starts everything in this process. @param edge port of the router, and where the web app is served; a free port, and no app, unless given. */
export async function startKarcis(
  settings: StorySettings = {},
  edge: { port?: number; webUrl?: string } = {},
): Promise<Karcis> {
  await using undo = new AsyncDisposableStack()
  const ports = Object.fromEntries(
    await Promise.all(SUBGRAPHS.map(async (name) => [name, await freePort()] as const)),
  )
  const url = (name: SubgraphName): string => `http://127.0.0.1:${ports[name]}`
  const common = {
    ...USUAL_SETTINGS,
    REDIS_URL: testRedisUrl(),
    SERVICE_SECRET: 'a secret between the processes of one test',
    KEY_ENCRYPTION_SECRET,
    USER_URL: url('user'),
    EVENT_URL: url('event'),
    TICKET_URL: url('ticket'),
    BOOKING_URL: url('booking'),
    LIVE_POLL_MS: 500,
  }
  const databases = {} as Record<SubgraphName, string>
  const own = async (name: SubgraphName) => {
    const database = undo.use(await createTestDatabase(name))
    databases[name] = database.url
    const url = await grantDatabase(name, database.url, 'a password of this test') // as in production, not as the owner
    return { ...common, PORT: Number(ports[name]), DATABASE_URL: url }
  }
  undo.use(
    await createUserSubgraph({
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      ...(await own('user')),
      PASSWORD_PEPPER: 'pepper of one test',
      BCRYPT_COST: 4,
      PUBLIC_URL: 'http://localhost:4000',
      FILES_FOLDER: undo.adopt(mkdtempSync(join(tmpdir(), 'karcis-files-')), (folder) =>
        rmSync(folder, { recursive: true }),
      ),
      FILES_REGION: 'us-east-1',
      UNUSED_UPLOAD_HOURS: 24,
      EMAIL_PER_SECOND: 10,
      CAMPAIGNS_PER_SECOND: 5,
      EVENT_CHANGE_PAUSE_SECONDS: 0,
      PUSH_PER_SECOND: 100,
      SMS_URL: 'http://127.0.0.1:9', // nobody there
      SMS_PREFIXES: ['+62'],
      SMS_PER_SECOND: 1,
      MESSAGE_ATTEMPTS: 14,
      NOTIFICATION_RETENTION_DAYS: 365,
      DELIVERY_RETENTION_DAYS: 30,
      REFRESH_GRACE_SECONDS: 30,
      SECOND_FACTOR_REQUIRED_FOR: [],
      PASSKEY_RP_ID: 'localhost',
      PASSKEY_ORIGINS: ['http://localhost:4000'],
      SESSION_MAX_DAYS: 90,
      GOOGLE_ISSUER: 'http://127.0.0.1:9', // nobody there
      GOOGLE_CALENDAR_URL: 'http://127.0.0.1:9',
      GOOGLE_REDIRECT_URIS: [],
      REFRESH_TOKEN_RETENTION_DAYS: 30,
      KNOWN_PLACE_RETENTION_DAYS: 90,
      PROPOSAL_RETENTION_DAYS: 730,
      REPORT_RETENTION_DAYS: 730,
      AUDIT_ADDRESS_RETENTION_DAYS: 180,
      GUEST_SESSION_HOURS: 6,
      GUEST_RETENTION_DAYS: 30,
      ...settings,
    }),
  )
  undo.use(
    await createEventSubgraph({
      MAP_EMBED_URL: null,
      MAP_STATIC_URL: null,
      REVIEW_DAYS: 14,
      VIEW_RETENTION_DAYS: 90,
      SEARCH_HISTORY_RETENTION_DAYS: 90,
      ROOM_BLOCK_RETENTION_DAYS: 365,
      ...(await own('event')),
    }),
  )
  undo.use(
    await createTicketSubgraph({
      HOLD_SECONDS: 600,
      MAX_OPEN_PLACES: 10,
      BOOKING_SILENCE_SECONDS: 86_400,
      QUEUE_PASS_SECONDS: 600,
      WAITLIST_OFFER_SECONDS: 900,
      WAITLIST_GATHER_SECONDS: 86_400,
      HOLD_RETENTION_DAYS: 30,
      ...(await own('ticket')),
      ...settings,
    }),
  )
  undo.use(
    await createBookingSubgraph({
      SIGNUP_GRANT_IDR: 1_000_000,
      PUBLIC_URL: 'http://localhost:4000',
      PAYMENT_MARGIN_SECONDS: 30,
      INVOICE_TIMEZONE: 'Asia/Jakarta',
      PAYOUT_HOLD_DAYS: 3,
      PAYOUT_ACCOUNT_RETENTION_DAYS: 90,
      MIDTRANS_SNAP_URL: 'http://127.0.0.1:9', // nobody there
      MIDTRANS_API_URL: 'http://127.0.0.1:9',
      STRIPE_API_URL: 'http://127.0.0.1:9',
      STRIPE_CURRENCIES: ['IDR', 'USD'],
      XENDIT_API_URL: 'http://127.0.0.1:9',
      XENDIT_CURRENCIES: ['IDR'],
      PROVIDER_TIMEOUT_MS: 8_000,
      MANUAL_PAYMENT_HOURS: 24,
      MANUAL_CURRENCIES: ['IDR'],
      ...(await own('booking')),
      ...settings,
    }),
  )
  const router = undo.use(
    await createRouter({
      host: common.HOST,
      port: edge.port ?? 0,
      webUrl: edge.webUrl,
      logLevel: common.LOG_LEVEL,
      serviceSecret: common.SERVICE_SECRET,
      redisUrl: common.REDIS_URL,
      subgraphs: Object.fromEntries(SUBGRAPHS.map((name) => [name, url(name)])),
      userUrl: url('user'),
      supergraphFile: fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url)),
      allowedOrigins: [],
    }),
  )
  const running = undo.move()
  return {
    ...createApi(router.url),
    subgraphs: Object.fromEntries(SUBGRAPHS.map((name) => [name, url(name)])) as Karcis['subgraphs'],
    databases,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** @param url of a running router. @param timeoutMs after how long a client gives up waiting for an answer. */
export function createApi(url: string, timeoutMs?: number): Api {
  const headers = (token?: string): Record<string, string> =>
    token ? { authorization: `Bearer ${token}` } : {}
  const patience = () => (timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs))
  const attempt: Api['attempt'] = async (query, variables, token) =>
    (await gql(`${url}/graphql`, query, variables, headers(token), patience())).body
  return {
    url,
    attempt,
    async run(query, variables, token) {
      const { data, errors } = await attempt(query, variables, token)
      if (errors) throw new Error(`${query}\n${JSON.stringify(errors, null, 2)}`)
      return data
    },
    connect: (token) =>
      createWsClient(`${url}/graphql`, token ? { authorization: `Bearer ${token}` } : undefined),
  }
}
