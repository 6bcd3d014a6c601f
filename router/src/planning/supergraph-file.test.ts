import { writeFile } from 'node:fs/promises'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it } from 'vitest'
import { createRouter } from '../server.ts'
import { compose } from '../testing/compose.ts'
import { SCHEMAS } from '../testing/schemas.ts'
import { createWorld } from '../testing/world.ts'

const POLL = { supergraphPollMs: 20 }

const renamed = compose({
  ...SCHEMAS,
  ticket: SCHEMAS.ticket.replace('seats: Int ', 'seats: Int seatsLeft: Int '),
})

const knows = async (url: string, field: string): Promise<boolean> => {
  const { body } = await gql(url, '{ __schema { queryType { fields { name } } } }')
  return body.data.__schema.queryType.fields.some(({ name }: { name: string }) => name === field)
}

describe('the supergraph file', () => {
  it('is reloaded when it changes, and what began before ends as it began', async () => {
    await using world = await createWorld(POLL)
    const open = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    Object.assign(world.gate, { wait: open.promise, reached: reached.resolve })
    const underWay = gql(world.url, '{ echo seats }')
    await reached.promise

    await writeFile(world.supergraphFile, renamed)
    await eventually(async () => expect(await knows(world.url, 'seatsLeft')).toBe(true))
    open.resolve()
    expect((await underWay).body).toEqual({ data: { echo: 'hi', seats: 500 } })
  })

  it.each([
    ['broken', 'type Query {'],
    ['half written', renamed.slice(0, renamed.length / 2)],
    ['demanding what is not enforced', renamed.replace('authenticated/v0.1', 'authenticated/v0.9')],
  ])('is not taken over when it is %s; the next good one is', async (_, sdl) => {
    await using world = await createWorld(POLL)
    await writeFile(world.supergraphFile, sdl)
    expect((await gql(world.url, '{ seats me { id } }')).body.data).toEqual({ seats: 500, me: null })
    await writeFile(world.supergraphFile, renamed)
    await eventually(async () => expect(await knows(world.url, 'seatsLeft')).toBe(true))
  })

  it('must be valid at the start', async () => {
    await using world = await createWorld()
    await writeFile(world.supergraphFile, composedWithout('authenticated'))
    await expect(createRouter(world.settings)).rejects.toThrow(/@authenticated without a @link/)
    await expect(createRouter({ ...world.settings, supergraphFile: '/nowhere' })).rejects.toThrow(/ENOENT/)
  })
})

const composedWithout = (feature: string): string =>
  compose(SCHEMAS).replace(new RegExp(`.*specs.apollo.dev/${feature}.*`), '')
