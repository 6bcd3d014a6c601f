import { createDoorTokens } from '@karcis/kit/door-tokens'
import { newId } from '@karcis/kit/ids'
import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, SECRET, type World } from '../testing/world.ts'

const HOUR = 3_600_000
const inAnHour = () => new Date(Date.now() + HOUR)

describe('the token of a scanner', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const ask = (token: string, query: string) =>
    gql(world.url, query, {}, { authorization: `Bearer ${token}` })

  it('makes the scanner known to the subgraphs, and nobody a viewer', async () => {
    const id = newId()
    const { body } = await ask(createDoorTokens(SECRET).sign(id, inAnHour()), '{ seats }')
    expect(body).toEqual({ data: { seats: 500 } })
    expect(world.calls.at(-1)).toMatchObject({ service: 'router', viewer: null, device: { id } })
  })

  it('opens nothing that is for people, whatever their role', async () => {
    world.calls.splice(0)
    const token = createDoorTokens(SECRET).sign(newId(), inAnHour())
    for (const query of [
      '{ me { id } }',
      '{ users { id } }',
      'mutation { rename(id: "u1", name: "x") { id } }',
    ])
      expect((await ask(token, query)).body.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    const { body } = await ask(token, '{ user(id: "u1") { email phone } }')
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    expect(JSON.stringify(body)).not.toContain('example.com')
  })

  it('is refused when it is changed, signed elsewhere, or past its time', async () => {
    const tokens = createDoorTokens(SECRET)
    const [claims, signature] = tokens.sign(newId(), inAnHour()).split('.')
    const [others] = tokens.sign(newId(), inAnHour()).split('.')
    for (const token of [
      `${others}.${signature}`,
      `${claims}.${signature?.slice(1)}`,
      createDoorTokens('another secret of thirty-two characters').sign(newId(), inAnHour()),
      tokens.sign(newId(), new Date(Date.now() - 1)),
    ]) {
      const { status, body } = await ask(token, '{ seats }')
      expect(status).toBe(401)
      expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    }
  })
})
