import { eventually } from '@karcis/testkit/eventually'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../../testing/world.ts'
import { createIdeFetcher } from './fetcher.ts'

describe('the fetcher of the IDE', () => {
  let world: World
  // As the browser gets it: a text, without this file.
  const fetcher = (): typeof createIdeFetcher extends (url: string) => infer F ? F : never =>
    // oxlint-disable-next-line no-implied-eval
    new Function(`return ${createIdeFetcher.toString()}`)()(world.url)

  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('sends queries with the headers of the editor', async () => {
    const headers = await world.as({ id: 'u2' })
    expect(await fetcher()({ query: '{ me { id } }' }, { headers })).toEqual({ data: { me: { id: 'u2' } } })
  })

  it('subscribes with the token of the editor', async () => {
    const headers = { Authorization: (await world.as({ role: 'ADMIN' })).authorization }
    const query = '# all of it\nquery Q { seats }\nsubscription S { ledger { available } }'
    const results = fetcher()({ query, operationName: 'S' }, { headers }) as AsyncGenerator
    const first = results.next()
    await eventually(() => expect(world.topics.ledger.subscribers).toBe(1))
    world.topics.ledger.publish({ available: 3 })
    expect((await first).value).toEqual({ data: { ledger: { available: 3 } } })
    await results.return(undefined)
    await eventually(() => expect(world.topics.ledger.subscribers).toBe(0))
  })

  it('shows why a subscription was refused, or its connection closed', async () => {
    const refused = fetcher()({ query: 'subscription { ledger { available } }' }) as AsyncGenerator
    expect((await refused.next()).value).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    const headers = await world.as({ life: -1 })
    const closed = fetcher()(
      { query: 'subscription { ledger { available } }' },
      { headers },
    ) as AsyncGenerator
    expect((await closed.next()).value).toEqual({
      errors: [{ message: 'The connection was closed: 4403 TOKEN_EXPIRED' }],
    })
  })
})
