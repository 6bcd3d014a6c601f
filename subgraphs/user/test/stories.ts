import { USER_AGENT_HEADER } from '@karcis/kit/contracts/browser'
import { accessTokenClaims, ENROLLING_ROLE } from '@karcis/kit/contracts/tokens'
import { type Bearer, SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import type { ServiceName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import { type Answer, tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { gql, type Loose } from '@karcis/testkit/gql'
import { NOBODY, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { type UserSettings, userSettings } from '../src/env.ts'
import { createUserSubgraph } from '../src/server.ts'
import type { LinkKind } from '../src/domain/notifications/kinds.ts'
import { startNeighbours } from './neighbours.ts'

export const PASSWORD = 'correct horse battery'
export const ADMIN = { email: 'admin@karcis.test', password: 'the first of all admins' }

type Ask = (operation: string, variables?: Record<string, unknown>) => Promise<Answer>

/** Somebody with an account who has signed in. */
export interface Person {
  id: string
  email: string
  name: string
  accessToken: string
  refreshToken: string
  deviceToken: string
  viewer: Viewer
  /** Asks as this person, as the router would after it has checked the access token. */
  ask: Ask
}

const SIGNED_IN = 'accessToken refreshToken expiresIn deviceToken user { id email name role }'

/** Where somebody signs in. */
export interface From {
  address?: string
  deviceToken?: string
  userAgent?: string
}

/** Settings that a test subgraph runs with. */
export const settingsFor = (databaseUrl: string, overrides: Record<string, string> = {}): UserSettings =>
  userSettings.parse({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    SERVICE_SECRET,
    DATABASE_URL: databaseUrl,
    REDIS_URL: testRedisUrl(),
    KEY_ENCRYPTION_SECRET: 'a secret that seals private keys at rest',
    PASSWORD_PEPPER: 'a pepper for tests only',
    BCRYPT_COST: '4',
    EVENT_CHANGE_PAUSE_SECONDS: '0',
    EVENT_URL: NOBODY, // events for others wait in the outbox
    TICKET_URL: NOBODY,
    BOOKING_URL: NOBODY,
    ...overrides,
  })

/** Whom the router passes on for the bearer of an access token. */
export function bearerOf(accessToken: string): Bearer {
  const { sub, role, sid, auth_time, amr, enrol } = accessTokenClaims.parse(decodeJwt(accessToken))
  return { id: sub, role: enrol ? ENROLLING_ROLE : role, sessionId: sid, authTime: auth_time, amr }
}

/** A user subgraph with a database of its own. */
export async function startStory(overrides: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack()
  const database: TestDatabase = stack.use(await createTestDatabase('user'))
  const neighbours = stack.use(await startNeighbours())
  const settings = settingsFor(database.url, {
    EVENT_URL: neighbours.url,
    TICKET_URL: neighbours.url,
    BOOKING_URL: neighbours.url,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    ...overrides,
  })
  const subgraph = stack.use(await createUserSubgraph(settings))
  let people = 0

  /**
   * Asks with a service token of this process, for this viewer.
   * @param address which the router says that the client has. @param further what else it says of it, as headers.
   * @param url of another process on the same database.
   */
  const askAs =
    (
      viewer: Bearer | null,
      service: ServiceName = 'router',
      address?: string,
      further: Record<string, string> = {},
      url = subgraph.url,
    ): Ask =>
    async (operation, variables = {}) => {
      const headers = {
        [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'user', service),
        ...(address && { [CLIENT_ADDRESS_HEADER]: address }),
        ...further,
      }
      const { body } = await gql(`${url}/graphql`, operation, variables, headers)
      const { errors = [] } = body
      const { code, ...facts } = errors[0]?.extensions ?? {}
      return { data: body.data, errors, code, facts }
    }
  const anybody = askAs(null)

  function person(payload: Loose): Person {
    const viewer = bearerOf(payload.accessToken) as Viewer // whoever may do nothing yet: see `bearerOf`
    return { ...payload.user, ...payload, viewer, ask: askAs(viewer) }
  }

  const story = {
    subgraph,
    neighbours,
    settings,
    databaseUrl: settings.DATABASE_URL,
    askAs,
    anybody,

    /** Signs somebody up; the name also makes the address. */
    async signUp(name = `Person ${(people += 1)}`): Promise<Person> {
      const email = `${name.toLowerCase().replaceAll(' ', '.')}@karcis.test`
      const { data } = await anybody(
        `mutation ($input: CreateUserInput!) { createUser(input: $input) { ${SIGNED_IN} } }`,
        {
          input: { email, password: PASSWORD, name, phoneNumber: '+62 812 3456', address: 'Jalan Melati 1' },
        },
      )
      return person(data.createUser)
    },

    /** Goes on as a guest, with this address. */
    async guest(email: string, name = 'Tamu'): Promise<Person> {
      const { data } = await anybody(
        `mutation ($input: ContinueAsGuestInput!) { continueAsGuest(input: $input) { ${SIGNED_IN} } }`,
        { input: { email, name } },
      )
      return person(data.continueAsGuest)
    },

    /** Booking says that somebody has paid for something. */
    paid: ({ id }: { id: string }, bookingId = newId()): Promise<void> =>
      tell(subgraph, 'booking', {
        type: 'booking.changed',
        aggregateId: bookingId,
        payload: { bookingId, userId: id, status: 'PAID' },
      }),

    /** Tries to sign in. @param from which device, and which address. */
    login: (email: string, password = PASSWORD, from: From = {}): Promise<Answer> =>
      askAs(
        null,
        'router',
        from.address,
        from.userAgent === undefined ? {} : { [USER_AGENT_HEADER]: from.userAgent },
      )(`mutation ($input: LoginInput!) { login(input: $input) { ${SIGNED_IN} } }`, {
        input: { email, password, ...(from.deviceToken && { deviceToken: from.deviceToken }) },
      }),

    /** Whoever was given this by a sign-in. */
    person,

    /** Signs in. */
    async comeBack(email: string, password = PASSWORD, from: From = {}): Promise<Person> {
      const { data } = await story.login(email, password, from)
      return person(data.login)
    },

    admin: (): Promise<Person> => story.comeBack(ADMIN.email, ADMIN.password),

    /** The token of the newest link of this kind on its way to an address. */
    async mailed(email: string, kind: LinkKind): Promise<string> {
      const secret = await eventually(async () => {
        const [found] = await story.sql<{
          secret: Uint8Array
        }>(`SELECT secret FROM deliveries JOIN notifications told ON told.id = notification_id
          WHERE address = '${email}' AND kind = '${kind}' AND secret IS NOT NULL ORDER BY seq DESC LIMIT 1`)
        if (!found) throw new Error(`${email} is mailed no ${kind}`)
        return found.secret
      })
      return subgraph.deps.messageSealer.unseal(secret)
    },

    /** Moves somebody to another address, by what both are mailed. */
    async moveTo(person: Person, email: string, currentPassword = PASSWORD): Promise<void> {
      const CHANGE =
        'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { newEmail emailVerified } }'
      const { data } = await person.ask(CHANGE, { input: { id: person.id, email, currentPassword } })
      expect(data.updateUser.newEmail).toBe(email)
      const tokens = [await story.mailed(email, 'CONFIRM_NEW_EMAIL')]
      if (data.updateUser.emailVerified) tokens.push(await story.mailed(person.email, 'CONFIRM_OLD_EMAIL'))
      for (const token of tokens) {
        const { code } = await anybody(
          'mutation ($token: String!) { confirmEmailChange(token: $token) { id } }',
          { token },
        )
        expect(code).toBeUndefined()
      }
    },

    /** What kinds of messages were written for an address, in order. */
    told: async (email: string): Promise<string[]> =>
      (
        await story.sql<{
          kind: string
        }>(`SELECT kind FROM deliveries JOIN notifications told ON told.id = notification_id
          WHERE address = '${email}' ORDER BY seq`)
      ).map(({ kind }) => kind),

    refresh: (refreshToken: string): Promise<Answer> =>
      anybody(`mutation ($token: String!) { refreshToken(refreshToken: $token) { ${SIGNED_IN} } }`, {
        token: refreshToken,
      }),

    /** What another process of the system gets from a GET route. */
    async get(path: string): Promise<Loose> {
      const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') }
      const response = await fetch(`${subgraph.url}${path}`, { headers })
      return response.json()
    },

    /** Straight to the database, for what no operation does: taking out a guard, moving the clock on, looking inside. */
    sql: <Row = Loose>(statement: string): Promise<Row[]> =>
      subgraph.deps.db.$queryRawUnsafe<Row[]>(statement),
  }
  const running = stack.move()
  return { ...story, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

export type Story = Awaited<ReturnType<typeof startStory>>
