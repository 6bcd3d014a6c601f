import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@karcis/kit/errors'
import { Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { startStory } from './stories.ts'

it('names in the schema every error code that there is', () => {
  const schema = parse(readFileSync(new URL('../../../schema/user.graphql', import.meta.url), 'utf8'))
  const codes = schema.definitions.find(
    (definition) => definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'ErrorCode',
  )
  const names = codes && 'values' in codes ? codes.values?.map(({ name }) => name.value) : []
  expect(names).toEqual([...ERROR_CODES])
})

it('leaves no thread behind when it closes', async () => {
  const story = await startStory()
  await story.signUp('Siti')
  await story[Symbol.asyncDispose]()
  await expect(story.subgraph.deps.passwords.hash('anything', 'a')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  })
})
