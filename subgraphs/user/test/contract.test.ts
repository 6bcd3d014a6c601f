import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@karcis/kit/errors'
import { Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { KINDS } from '../src/domain/notifications/kinds.ts'
import { startStory } from './stories.ts'

const schema = parse(readFileSync(new URL('../../../schema/user.graphql', import.meta.url), 'utf8'))

/** The values of an enum of the schema, in its order. */
function valuesOf(name: string): string[] | undefined {
  const found = schema.definitions.find(
    (definition) => definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === name,
  )
  return found && 'values' in found ? found.values?.map((value) => value.name.value) : undefined
}

it('names in the schema every error code that there is', () => {
  expect(valuesOf('ErrorCode')).toEqual([...ERROR_CODES])
})

it('names in the schema every kind that stands in somebody’s list, and none that goes by one channel alone', () => {
  const listed = Object.entries(KINDS).filter(([, kind]) => !('only' in kind))
  expect(valuesOf('NotificationKind')?.toSorted()).toEqual(listed.map(([name]) => name).toSorted())
})

it('leaves no thread behind when it closes', async () => {
  const story = await startStory()
  await story.signUp('Siti')
  await story[Symbol.asyncDispose]()
  await expect(story.subgraph.deps.passwords.hash('anything', 'a')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  })
})
