import { expect, it } from 'vitest'
import { idSchema, isId, newId, parseId } from '../src/ids.ts'

const ID = '019a9b6e-0abc-7000-8000-00000000000f'

it('takes an id in any case, and gives it in lower case', () => {
  for (const id of [ID, ID.toUpperCase()]) {
    expect(isId(id)).toBe(true)
    expect(parseId(id)).toBe(ID)
    expect(idSchema.parse(id)).toBe(ID)
  }
})

it.each(['', 'nonsense', ID.slice(1), `${ID}0`, `{${ID}}`, ID.replaceAll('-', '')])(
  'knows that %j is no id',
  (text) => {
    expect(isId(text)).toBe(false)
    expect(parseId(text)).toBeNull()
    expect(idSchema.safeParse(text).success).toBe(false)
  },
)

it('makes ids that rise with time', () => {
  const ids = Array.from({ length: 100 }, newId)
  expect(ids.toSorted()).toEqual(ids)
  expect(ids.every(isId)).toBe(true)
})
