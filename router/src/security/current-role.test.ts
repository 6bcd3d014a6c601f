import { gql } from '@karcis/testkit/gql'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRouter, type Router } from '../server.ts'
import { openEventStream } from '../testing/event-stream.ts'
import { createWorld, type World } from '../testing/world.ts'

const FOR_ORGANIZERS = '{ user(id: "u1") { email } }'

describe('line 34: a role that was just given', () => {
  let world: World
  let other: Router
  beforeEach(async () => {
    // Neither router hears of it: nothing is published, and neither asks by itself.
    world = await createWorld({ revocationPollMs: 600_000 })
    other = await createRouter(world.settings)
    return async () => {
      await other.close()
      await world[Symbol.asyncDispose]()
    }
  })

  it('counts at every router, whoever was told of it', async () => {
    const headers = await world.as({ id: 'u1', role: 'CUSTOMER' })
    const urls = [world.url, `${other.url}/graphql`]
    for (const url of urls) {
      const { body } = await gql(url, FOR_ORGANIZERS, {}, headers)
      expect(body.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    }
    world.identity.changeUser('u1', 'ORGANIZER')
    for (const url of urls)
      expect((await gql(url, FOR_ORGANIZERS, {}, headers)).body).toEqual({
        data: { user: { email: 'ani@example.com' } },
      })
  })

  it('counts for subscriptions', async () => {
    const headers = await world.as({ id: 'u1', role: 'CUSTOMER' })
    const payload = { query: 'subscription { ledger { available } }' }
    await using denied = await openEventStream(world.url, payload, { headers })
    expect((await denied.next())?.data.errors[0].extensions.code).toBe('FORBIDDEN')
    world.identity.changeUser('u1', 'ADMIN')
    await using stream = await openEventStream(world.url, payload, { headers })
    const event = stream.next()
    while (world.topics.ledger.subscribers === 0) await new Promise(setImmediate)
    world.topics.ledger.publish({ available: 3 })
    expect((await event)?.data).toEqual({ data: { ledger: { available: 3 } } })
  })

  it('is asked for once for all who are denied something at the same time', async () => {
    const headers = await world.as({ id: 'u1', role: 'CUSTOMER' })
    await gql(world.url, FOR_ORGANIZERS, {}, headers)
    const { length } = world.identity.asked.changes
    const bodies = await Promise.all(
      Array.from({ length: 50 }, async () => (await gql(world.url, FOR_ORGANIZERS, {}, headers)).body),
    )
    for (const { errors } of bodies) expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    expect(world.identity.asked.changes.length - length).toBeLessThan(bodies.length)
  })
})
