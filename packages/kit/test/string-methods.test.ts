import { setFlagsFromString } from 'node:v8'
import { expect, it } from 'vitest'

setFlagsFromString('--allow-natives-syntax')
// oxlint-disable-next-line typescript/no-implied-eval -- only V8's own syntax says it
const isFast = new Function('return %HasFastProperties(String.prototype)') as () => boolean

it('leaves the methods of strings as quick as they are before a class of ioredis extends String', async () => {
  class Extending extends String {}
  expect([Extending.name, isFast()]).toEqual(['Extending', false]) // what it does
  await import('../src/redis.ts')
  expect(isFast()).toBe(true)
})
