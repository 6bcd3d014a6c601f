import { AUTH_CHANGED_CHANNEL } from '@karcis/kit/contracts/auth-changes'
import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import { createLog } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createWsClient } from '@karcis/testkit/ws-client'
import { describe, expect, it } from 'vitest'
import { createRouter } from '../server.ts'
import { createWorld } from '../testing/world.ts'

const ME = '{ me { id role } }'
const WATCH = 'subscription { stock(eventId: "e1") { available } }'

describe('what happens to a session after its token was signed', () => {
  it('asks for all that can still matter, then for what is new since the last response', async () => {
    await using world = await createWorld({ revocationPollMs: 20 })
    const { asked, answered } = world.identity
    await eventually(() => expect(asked.changes.length).toBeGreaterThan(2))
    expect(asked.changes.slice(0, 3)).toEqual([null, ...answered.slice(0, 2)])
  })

  it('ends a revoked session: its requests, and its open sockets with a code after which clients come back', async () => {
    await using world = await createWorld({ revocationPollMs: 20 })
    const mine = await world.as({ session: 'laptop' })
    const other = await world.as({ session: 'phone' })
    await using laptop = createWsClient(world.url, mine)
    await using phone = createWsClient(world.url, other)
    laptop.subscribe(WATCH)
    const stays = phone.subscribe(WATCH)
    await eventually(() => expect(world.topics.stock.subscribers).toBe(2))

    world.identity.revokeSession('laptop')
    expect(await laptop.closed).toMatchObject({ code: 4403 })
    const { status, body } = await gql(world.url, ME, {}, mine)
    expect({ status, code: body.errors?.[0]?.extensions?.code }).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    })

    expect((await gql(world.url, ME, {}, other)).status).toBe(200)
    world.topics.stock.publish({ available: 1, event: null })
    expect((await stays.next()).data).toEqual({ stock: { available: 1 } })
  })

  it('learns of it at once over Redis', async () => {
    await using world = await createWorld({ revocationPollMs: 3_600_000 })
    const headers = await world.as()
    await using socket = createWsClient(world.url, headers)
    socket.subscribe(WATCH)
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    world.identity.revokeSession('s-u1')
    const redis = connectRedis(testRedisUrl(), createLog('test', 'silent'))
    await eventually(async () =>
      expect(await redis.commands.publish(AUTH_CHANGED_CHANNEL, '{}')).toBeGreaterThan(0),
    )
    expect(await socket.closed).toMatchObject({ code: 4403 })
    await redis.close()
  })

  it('shuts out a suspended user and lets them in again', async () => {
    await using world = await createWorld({ revocationPollMs: 20 })
    const headers = await world.as()
    const status = async () => (await gql(world.url, ME, {}, headers)).status
    world.identity.changeUser('u1', 'CUSTOMER', true)
    await eventually(async () => expect(await status()).toBe(401))
    world.identity.changeUser('u1', 'CUSTOMER', false)
    await eventually(async () => expect(await status()).toBe(200))
  })

  it('gives a user their present role instead of the one in their token', async () => {
    await using world = await createWorld({ revocationPollMs: 20 })
    const headers = await world.as({ role: 'CUSTOMER' })
    await using socket = createWsClient(world.url, headers)
    socket.subscribe(WATCH)
    await eventually(() => expect(world.topics.stock.subscribers).toBe(1))
    world.identity.changeUser('u1', 'ADMIN')
    expect(await socket.closed).toMatchObject({ code: 4403 })
    const { body } = await gql(world.url, '{ me { role } users { id } }', {}, headers)
    expect(body).toEqual({ data: { me: { role: 'ADMIN' }, users: [{ id: 'u1' }, { id: 'u2' }] } })
  })

  it('keeps what it knows while the user subgraph is unavailable', async () => {
    await using world = await createWorld({ revocationPollMs: 20 })
    const headers = await world.as()
    world.identity.revokeSession('s-u1')
    await eventually(async () => expect((await gql(world.url, ME, {}, headers)).status).toBe(401))
    await world.proxies.user.refuse()
    expect((await gql(world.url, ME, {}, headers)).status).toBe(401)
  })

  it('trusts no token before it knows what was revoked', async () => {
    await using world = await createWorld()
    world.identity.silent.changes = true
    await using late = await createRouter({ ...world.settings, limits: { revocationPollMs: 20 } })
    const refused = await gql(`${late.url}/graphql`, ME, {}, await world.as())
    expect({ status: refused.status, extensions: refused.body.errors?.[0]?.extensions }).toEqual({
      status: 503,
      extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) },
    })
    expect((await fetch(`${late.url}/ready`)).status).toBe(503)
    expect((await gql(`${late.url}/graphql`, '{ seats }')).body).toEqual({ data: { seats: 500 } })
    await using socket = createWsClient(`${late.url}/graphql`, await world.as())
    socket.subscribe(WATCH)
    expect(await socket.closed).toMatchObject({ code: 1013 })

    world.identity.silent.changes = false
    await eventually(async () => expect((await fetch(`${late.url}/ready`)).status).toBe(200))
    expect((await gql(`${late.url}/graphql`, ME, {}, await world.as())).status).toBe(200)
  })

  it('starts before the user subgraph does, and is useful without it', async () => {
    await using world = await createWorld()
    await world.proxies.user.refuse()
    await using late = await createRouter({ ...world.settings, limits: { revocationPollMs: 20 } })
    expect((await gql(`${late.url}/graphql`, ME, {}, await world.as())).status).toBe(503)
    expect((await gql(`${late.url}/graphql`, '{ seats }')).body).toEqual({ data: { seats: 500 } })
    expect((await fetch(`${late.url}${JWKS_PATH}`)).status).toBe(503)
    await world.proxies.user.restore()
    await eventually(async () => expect((await fetch(`${late.url}/ready`)).status).toBe(200))
    expect((await gql(`${late.url}/graphql`, ME, {}, await world.as())).status).toBe(200)
  })
})
