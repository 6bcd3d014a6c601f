import { eventually } from '@karcis/testkit/eventually'
import { createWsClient } from '@karcis/testkit/ws-client'
import { buildSchema, type ExecutionResult, parse, subscribe } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createOpenWorld } from '../../testing/open-world.ts'
import { createTopic } from '../../testing/topic.ts'

const TYPES = `type Query { a: Int }
  type Subscription { changed: Change strictly: Change! numbered(sinceRevision: Int): Numbered }
  type Change { number: Int! }
  type Numbered { revision: Int! }`

const BROKEN = 2

/** What the same events are on one schema, where the one that could not be told is an error of its field. */
async function onOneSchema(field: string): Promise<ExecutionResult[]> {
  async function* events() {
    for (const number of [1, BROKEN, 3])
      yield { [field]: () => (number === BROKEN ? Promise.reject(new Error('no')) : { number }) }
  }
  const results = await subscribe({
    schema: buildSchema(TYPES),
    document: parse(`subscription { ${field} { number } }`),
    subscribeFieldResolver: events,
  })
  const told: ExecutionResult[] = []
  for await (const result of results as AsyncIterable<ExecutionResult>) told.push(result)
  return told
}

describe.each([
  ['nothing', {}],
  ['errors alone', { errors: [{ message: 'no', extensions: { code: 'SOLD_OUT' } }] }],
  ['errors that are none', { errors: [null] }],
  ['something else as data', { data: 7 }],
])('an event upstream that has no data but %s', (_, payload) => {
  it.each(['changed', 'strictly'])('is an error of %s, and the next one follows', async (field) => {
    const topic = createTopic<{ number: number }>()
    const source = { subscribe: () => topic.subscribe({}), resolve: (event: object) => event }
    await using world = await createOpenWorld({
      changes: {
        sdl: TYPES,
        resolvers: { Subscription: { changed: source, strictly: source } },
        misreport: (result) => (JSON.stringify(result).includes(`:${BROKEN}}`) ? payload : result),
      },
    })
    await using client = createWsClient(world.url)
    const watching = client.subscribe(`subscription { ${field} { number } }`)
    await eventually(() => expect(topic.subscribers).toBe(1))
    for (const number of [1, BROKEN, 3]) topic.publish({ number })
    for (const { data, errors } of await onOneSchema(field)) {
      const event = await watching.next()
      expect(event.data).toEqual(data)
      expect(event.errors?.map(({ path }) => path)).toEqual(errors?.map(({ path }) => path))
    }
  })
})

it('an event upstream that can be resumed behind, with errors that are none, is told and the next one follows', async () => {
  const topic = createTopic<{ revision: number }>()
  await using world = await createOpenWorld({
    changes: {
      sdl: TYPES,
      resolvers: {
        Subscription: {
          numbered: { subscribe: () => topic.subscribe({}), resolve: (event: object) => event },
        },
      },
      misreport: (result) =>
        JSON.stringify(result).includes(`:${BROKEN}`) ? { ...result, errors: [null] } : result,
    },
  })
  await using client = createWsClient(world.url)
  const watching = client.subscribe('subscription { numbered(sinceRevision: 0) { revision } }')
  await eventually(() => expect(topic.subscribers).toBe(1))
  for (const revision of [1, BROKEN, 3]) topic.publish({ revision })
  for (const revision of [1, BROKEN, 3])
    expect(await watching.next()).toMatchObject({ data: { numbered: { revision } } })
})
