import { expect, it } from 'vitest'
import { afterAsking } from './more-time.ts'

const HOLD = { expiresAt: '2027-06-12T12:10:00.000Z' }
const [NOW, SOON, LATER] = [
  Date.parse('2027-06-12T12:00:00Z'),
  Date.parse('2027-06-12T12:00:01Z'),
  Date.parse('2027-06-12T12:02:00Z'),
]

it('has more time later where it was asked for in the first seconds, however often', () => {
  expect(afterAsking(HOLD, { expiresAt: '2027-06-12T12:10:00.400Z' }, null, NOW)).toBe('later')
  expect(afterAsking(HOLD, HOLD, NOW, SOON)).toBe('later')
})

it('has none any more once some of it is gone and asking again brings nothing', () => {
  expect(afterAsking(HOLD, HOLD, NOW, LATER)).toBe('never')
})

it('has given more where the end has moved', () => {
  expect(afterAsking(HOLD, { expiresAt: '2027-06-12T12:12:00.000Z' }, NOW, LATER)).toBe('given')
})
