import { describe, expect, it } from 'vitest'
import { beginOfDay, dayOfEvent } from '../src/domain/check-ins/admission.ts'

const jakarta = { startsAt: new Date('2026-08-14T12:00:00Z'), timezone: 'Asia/Jakarta' } // 19:00 there

describe('a day of an event', () => {
  it.each([
    ['the afternoon before it starts', '2026-08-14T08:00:00Z', 1],
    ['the night after it, before five in the morning there', '2026-08-14T21:59:00Z', 1],
    ['five in the morning', '2026-08-14T22:00:00Z', 2],
    ['the day before', '2026-08-13T21:00:00Z', 0],
    ['a month later', '2026-09-14T12:00:00Z', 32],
  ])('%s', (_, at, day) => expect(dayOfEvent(jakarta, new Date(at))).toBe(day))

  it.each(['Asia/Jakarta', 'Asia/Kolkata', 'America/St_Johns', 'Europe/Berlin', 'Pacific/Apia', 'UTC'])(
    'begins at five in the morning in %s, also where clocks are changed in between',
    (timezone) => {
      const schedule = { startsAt: new Date('2026-10-23T17:30:00Z'), timezone }
      for (let day = -2; day < 6; day++) {
        const begin = beginOfDay(schedule, day)
        expect(dayOfEvent(schedule, begin)).toBe(day)
        expect(dayOfEvent(schedule, new Date(begin.getTime() - 1))).toBe(day - 1)
      }
    },
  )
})
