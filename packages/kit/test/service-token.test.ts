import { gql } from '@karcis/testkit/gql'
import { createWsClient } from '@karcis/testkit/ws-client'
import { type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { mayCall, mayTell, mayUse } from '../src/contracts/calls.ts'
import { EVENTS, EVENTS_PATH, type EventType } from '../src/contracts/events.ts'
import { SUBGRAPHS, type ServiceName } from '../src/contracts/subgraphs.ts'
import { createServiceTokens, SERVICE_TOKEN_HEADER, type Untimely } from '../src/service-token.ts'
import { SECRET, startServer } from './start-server.ts'

const booking = createServiceTokens(SECRET, 'booking')
const now = Math.floor(Date.now() / 1000)
const GOOD = { iss: 'router', aud: 'karcis:booking', iat: now, exp: now + 60 }

/** Signed with the right secret, whatever it says. */
const signed = (claims: object, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims as JWTPayload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

const TEN_YEARS = 10 * 365 * 86_400

describe('line 20: service tokens', () => {
  it('are taken by whom they are meant for, and by nobody else', async () => {
    const viewer = { id: 'u1', role: 'CUSTOMER', sessionId: 's1' } as const
    const token = await createServiceTokens(SECRET, 'router').to('booking').sign(viewer)
    expect(await booking.verify(token)).toEqual({ service: 'router', viewer })
    for (const other of ['user', 'event', 'ticket', 'router'])
      expect(await createServiceTokens(SECRET, other).verify(token)).toBeNull()
    expect(await booking.verify(await signed(GOOD))).toEqual({ service: 'router', viewer: null })
  })

  it.each<[string, object]>([
    ['good for ten years', { exp: now + TEN_YEARS }],
    ['good for 61 s', { exp: now + 61 }],
    ['signed in ten years', { iat: now + TEN_YEARS, exp: now + TEN_YEARS + 60 }],
    ['of which the end is a text', { exp: 'zzz' }],
    ['of which the end is a number as a text', { exp: String(now + 60) }],
    ['without an end', { exp: undefined }],
    ['without a beginning', { iat: undefined }],
    ['of which the beginning is a text', { iat: 'zzz' }],
    ['that has expired', { iat: now - 70, exp: now - 10 }],
    ['for all', { aud: 'karcis-subgraph' }],
    ['for another', { aud: 'karcis:ticket' }],
    ['for several', { aud: ['karcis:booking', 'karcis:ticket'] }],
    ['for one, in a list', { aud: ['karcis:booking'] }],
    ['for nobody', { aud: undefined }],
    ['of nobody', { iss: undefined }],
    ['of somebody unknown', { iss: 'stranger' }],
    ['of a name that every object has', { iss: 'constructor' }],
    ['of several', { iss: ['router'] }],
    ['of itself', { iss: 'booking' }],
    ['for somebody who is not a viewer', { viewer: { id: 'u1', role: 'GOD', sessionId: 's1' } }],
    ['for null', { viewer: null }],
  ])('refuse one %s', async (_, claims) => {
    expect(await booking.verify(await signed({ ...GOOD, ...claims }))).toBeNull()
  })

  it.each([
    ['an hour ahead', 3_600],
    ['an hour behind', -3_600],
  ])('line 32: refuse those of a process whose clock is %s, and say so once', async (_, secondsAhead) => {
    const told: Untimely[] = []
    const own = createServiceTokens(SECRET, 'booking', (untimely) => told.push(untimely))
    const at = now + secondsAhead
    for (const iss of ['router', 'router', 'ticket', 'stranger'])
      expect(await own.verify(await signed({ ...GOOD, iss, iat: at, exp: at + 60 }))).toBeNull()
    const elsewhere = { ...GOOD, aud: 'karcis:event', iat: at, exp: at + 60 }
    expect(await own.verify(await signed(elsewhere))).toBeNull()
    expect(
      await own.verify(await signed({ ...GOOD, iat: at, exp: at + 60 }, 'of somebody else, who knows')),
    ).toBeNull()
    expect(told.map(({ service }) => service)).toEqual(['router', 'ticket'])
    for (const one of told) expect(Math.abs(one.secondsAhead - secondsAhead)).toBeLessThan(30)
  })

  it('refuse one of somebody who has nothing to ask here', async () => {
    const token = await createServiceTokens(SECRET, 'booking').to('booking').sign(null)
    expect(await createServiceTokens(SECRET, 'booking').verify(token)).toBeNull()
  })

  it('refuse one of another secret, another algorithm, or none', async () => {
    const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const good = await signed(GOOD)
    const [head, body, signature] = good.split('.')
    const tokens = [
      `${good}.more`,
      `${head}.${body}`,
      `${head}.${body}.`,
      `${head}.${text({ ...GOOD, viewer: { id: 'u1', role: 'ADMIN', sessionId: 's1' } })}.${signature}`,
      await signed(GOOD, 'another secret of thirty-two letters'),
      await signed(GOOD, SECRET, 'HS512'),
      `${text({ alg: 'none' })}.${text(GOOD)}.`,
      '',
      undefined,
    ]
    for (const token of tokens) expect(await booking.verify(token)).toBeNull()
  })

  it('are signed once for a viewer and a callee', async () => {
    const tokens = createServiceTokens(SECRET, 'router')
    const viewer = { id: 'u1', role: 'CUSTOMER', sessionId: 's1' } as const
    const first = await tokens.to('booking').sign(viewer)
    expect(await tokens.to('booking').sign({ ...viewer })).toBe(first)
    expect(await tokens.to('ticket').sign(viewer)).not.toBe(first)
    expect(await tokens.to('booking').sign(null)).not.toBe(first)
  })
})

describe('line 20: who may call what', () => {
  it('is what is listed', () => {
    const processes: ServiceName[] = ['router', ...SUBGRAPHS]
    const of = (may: (caller: ServiceName, callee: string) => boolean) =>
      processes.flatMap((caller) =>
        SUBGRAPHS.filter((callee) => may(caller, callee)).map((callee) => `${caller} ${callee}`),
      )
    const router = SUBGRAPHS.map((name) => `router ${name}`)
    const asks = [
      ...router,
      'user event',
      'user ticket',
      'user booking',
      'event user',
      'event ticket',
      'ticket user',
      'ticket event',
      'ticket booking',
      'booking user',
      'booking event',
      'booking ticket',
    ]
    expect(of((caller, callee) => mayUse(caller, callee, 'graphql'))).toEqual(asks)
    expect(of((caller, callee) => mayUse(caller, callee, 'routes'))).toEqual(router)
    const types = Object.keys(EVENTS) as EventType[]
    const tells = of((caller, callee) => types.some((type) => mayTell(caller, callee, type)))
    expect(tells).toEqual([
      'user event',
      'user ticket',
      'user booking',
      'event user',
      'event ticket',
      'event booking',
      'ticket user',
      'ticket event',
      'ticket booking',
      'booking user',
      'booking event',
    ])
    expect(of(mayCall).toSorted()).toEqual([...new Set([...asks, ...tells])].toSorted())
  })

  it('is that each type of event comes from the subgraph of its name', () => {
    for (const type of Object.keys(EVENTS)) {
      for (const caller of ['router', ...SUBGRAPHS] as const) {
        const told = SUBGRAPHS.some((callee) => mayTell(caller, callee, type))
        expect([type, caller, told]).toEqual([type, caller, type.startsWith(`${caller}.`)])
      }
    }
    expect(mayTell('user', 'booking', 'user.renamed')).toBe(true)
    expect(mayTell('user', 'booking', 'booking.renamed')).toBe(false)
    expect(mayTell('booking', 'ticket', 'booking.renamed')).toBe(false)
  })

  const event = (type: string) => ({
    id: '019a9b6e-0000-7000-8000-000000000001',
    type,
    aggregateId: 'a',
    payload: {},
    occurredAt: '2027-01-01T00:00:00Z',
  })

  it('is refused at the door, events whole', async () => {
    const taken: string[] = []
    await using server = await startServer({
      receive: async (events) => void taken.push(...events.map(({ type }) => type)),
      routes: { '/keys': async () => ({ keys: [] }) },
    })
    const headersOf = async (service: ServiceName) => ({
      'content-type': 'application/json',
      [SERVICE_TOKEN_HEADER]: await createServiceTokens(SECRET, service).to('booking').sign(null),
    })
    const tell = async (service: ServiceName, ...types: string[]) => {
      const body = JSON.stringify({ events: types.map(event) })
      const request = { method: 'POST', headers: await headersOf(service), body }
      return (await fetch(server.url + EVENTS_PATH, request)).status
    }
    expect(await tell('user', 'user.registered')).toBe(200)
    expect(await tell('user', 'user.registered', 'booking.changed')).toBe(403)
    expect(await tell('user', 'event.changed')).toBe(403)
    expect(await tell('ticket', 'user.registered')).toBe(403)
    expect(await tell('router', 'user.registered')).toBe(403)
    expect(await tell('event', 'event.changed')).toBe(200)
    expect(await tell('booking', 'booking.changed')).toBe(401)
    expect(taken).toEqual(['user.registered', 'event.changed'])

    const get = async (service: ServiceName) =>
      (await fetch(`${server.url}/keys`, { headers: await headersOf(service) })).status
    expect([await get('router'), await get('user'), await get('booking')]).toEqual([200, 403, 401])
  })

  it('is refused to those that only tell of events, over HTTP and over WebSocket', async () => {
    await using server = await startServer()
    const token = await createServiceTokens(SECRET, 'event').to('booking').sign(null)
    const { status, body } = await gql(
      `${server.url}/graphql`,
      '{ hello }',
      {},
      {
        [SERVICE_TOKEN_HEADER]: token,
      },
    )
    expect([status, body.errors?.[0]?.extensions?.code]).toEqual([403, 'FORBIDDEN'])
    await using client = createWsClient(`${server.url}/graphql`)
    const refused = client.client.iterate({ query: '{ hello }', extensions: { serviceToken: token } })
    await expect(refused.next()).rejects.toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})
