import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import { gql } from '@karcis/testkit/gql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIdentityProvider } from '../testing/identity-provider.ts'
import { createWorld, type World } from '../testing/world.ts'

const ME = '{ me { id role } }'

describe('access tokens', () => {
  let world: World
  beforeEach(async () => {
    world = await createWorld()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('make the viewer known to the subgraphs', async () => {
    const { body } = await gql(
      world.url,
      ME,
      {},
      await world.as({ id: 'u2', role: 'ORGANIZER', session: 's9' }),
    )
    expect(body).toEqual({ data: { me: { id: 'u2', role: 'ORGANIZER' } } })
    expect(world.calls.at(-1)).toMatchObject({
      service: 'router',
      viewer: { id: 'u2', role: 'ORGANIZER', sessionId: 's9' },
    })
  })

  it('tell them when and how the viewer showed who they are', async () => {
    const proof = { auth_time: 1_700_000_000, amr: ['pwd', 'otp', 'mfa'] }
    await gql(world.url, ME, {}, await world.as({ id: 'u2', proof }))
    expect(world.calls.at(-1)?.viewer).toMatchObject({ authTime: 1_700_000_000, amr: proof.amr })
    const again = { ...proof, auth_time: 1_700_000_060 } // the same session, proved once more
    await gql(world.url, ME, {}, await world.as({ id: 'u2', proof: again }))
    expect(world.calls.at(-1)?.viewer).toMatchObject({ authTime: 1_700_000_060 })
  })

  it('of who has to set up a second factor open nothing that is for people, whatever their role', async () => {
    const headers = await world.as({ id: 'u2', role: 'ADMIN', proof: { enrol: true } })
    for (const query of [
      '{ me { id } }',
      '{ users { id } }',
      'mutation { rename(id: "u1", name: "x") { id } }',
    ])
      expect((await gql(world.url, query, {}, headers)).body.errors?.[0]?.extensions?.code).toBe(
        'SECOND_FACTOR_REQUIRED',
      )
    expect(world.calls).toEqual([])
    expect((await gql(world.url, '{ seats }', {}, headers)).body).toEqual({ data: { seats: 500 } })
    expect(world.calls.at(-1)).toMatchObject({ viewer: null, enrolling: { id: 'u2', sessionId: 's-u2' } })
  })

  it('of a role that was just given open nothing without the second factor that it needs', async () => {
    const by = async (amr: string[]) => {
      const headers = await world.as({ id: 'u3', role: 'CUSTOMER', proof: { amr } })
      return (await gql(world.url, '{ users { id } }', {}, headers)).body.errors?.[0]?.extensions?.code
    }
    expect(await by(['pwd'])).toBe('FORBIDDEN')
    world.identity.changeUser('u3', 'ADMIN', false, true)
    expect(await by(['pwd'])).toBe('SECOND_FACTOR_REQUIRED')
    expect(await by(['pwd', 'otp', 'mfa'])).toBeUndefined()
  })

  it.each([
    ['of nobody', () => 'Bearer nonsense'],
    ['of another scheme', () => 'Basic dTE6cHc='],
    ['of another issuer', (world: World) => world.identity.token({ issuer: 'elsewhere' }).then(bearer)],
    ['for another audience', (world: World) => world.identity.token({ audience: 'elsewhere' }).then(bearer)],
    ['without a role', (world: World) => world.identity.token({ role: '' as 'ADMIN' }).then(bearer)],
    ['signed by a stranger', async () => bearer(await (await createIdentityProvider()).token())],
  ])('%s are refused with 401', async (_, make) => {
    const { status, body } = await gql(world.url, '{ seats }', {}, { authorization: await make(world) })
    expect(status).toBe(401)
    expect(body).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(world.calls).toEqual([])
  })

  it('that have expired are reported as such', async () => {
    const { status, body } = await gql(world.url, '{ seats }', {}, await world.as({ life: -1 }))
    expect(status).toBe(401)
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'TOKEN_EXPIRED' })
  })

  it('are accepted with a new key without a restart', async () => {
    const before = await world.as()
    expect((await gql(world.url, ME, {}, before)).status).toBe(200)
    await world.identity.rotate()
    expect((await gql(world.url, ME, {}, await world.as({ id: 'u2' }))).status).toBe(200)
    expect((await gql(world.url, ME, {}, before)).status).toBe(200)
  })

  it('are still checked, by the last known keys, while the user subgraph is unavailable', async () => {
    expect((await gql(world.url, ME, {}, await world.as())).status).toBe(200)
    await world.proxies.user.refuse()
    const { status, body } = await gql(world.url, '{ seats }', {}, await world.as({ id: 'u2' }))
    expect({ status, data: body.data }).toEqual({ status: 200, data: { seats: 500 } })
  })

  it('pass nothing else of the client on', async () => {
    const identities = {
      'x-user-id': 'u2',
      'x-karcis-service-token': 'forged',
      'x-request-id': 'balancer-0001',
    }
    const { body, headers } = await gql(world.url, '{ seats }', {}, identities)
    expect(body).toEqual({ data: { seats: 500 } })
    expect(world.calls.at(-1)).toMatchObject({ service: 'router', viewer: null, requestId: 'balancer-0001' })
    expect(headers.get('x-request-id')).toBe('balancer-0001')
  })
})

describe('keys', () => {
  it('are fetched once per cooldown, however many tokens with unknown keys come', async () => {
    await using world = await createWorld({ keyCooldownMs: 60_000 })
    await gql(world.url, ME, {}, await world.as())
    const before = world.identity.asked.keys
    await world.identity.rotate()
    const strangers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => gql(world.url, ME, {}, await world.as({ id: `u${n}` }))),
    )
    expect(strangers.map(({ status }) => status)).toEqual(Array(20).fill(401))
    expect(world.identity.asked.keys).toBe(before)
  })

  it('are published, also while the user subgraph is unavailable', async () => {
    await using world = await createWorld()
    const published = async () => (await fetch(`${world.router.url}${JWKS_PATH}`)).json()
    const keys = await published()
    expect(keys).toMatchObject({ keys: [{ kid: 'key-1', kty: 'OKP' }] })
    await world.proxies.user.refuse()
    expect(await published()).toEqual(keys)
  })
})

const bearer = (token: string): string => `Bearer ${token}`
