import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createAdmission, Overloaded } from './admission.ts'
import { NobodyWaits, Waiting } from './waiting.ts'

const somebody = () => new Waiting(Date.now() + 60_000)

/** Those who have been let in so far, by name, in turn. */
function createDoor(limits: Partial<Parameters<typeof createAdmission>[0]> = {}) {
  const admission = createAdmission({
    mutationsUnderWay: 1,
    mutationsWaiting: 3,
    mutationBurstMs: 60_000,
    mutationWaitMs: 60_000,
    ...limits,
  })
  const inside: string[] = []
  const enter = async (name: string, waiting = somebody()): Promise<void> => {
    await admission.enter(waiting)
    inside.push(name)
  }
  return { ...admission, inside, enter, [Symbol.dispose]: admission.close }
}

describe('mutations on their way to one subgraph', () => {
  it('leave as far as there is room, and then as others are answered, first come, first served', async () => {
    using door = createDoor({ mutationsUnderWay: 2 })
    const all = ['a', 'b', 'c', 'd'].map((name) => door.enter(name))
    await pause(1)
    expect(door.inside).toEqual(['a', 'b'])
    door.leave()
    await pause(1)
    expect(door.inside).toEqual(['a', 'b', 'c'])
    door.leave()
    await Promise.all(all)
    expect(door.inside).toEqual(['a', 'b', 'c', 'd'])
    for (let left = 4; left > 2; left--) door.leave()
    await door.enter('e')
    await door.enter('f')
    expect(door.inside).toHaveLength(6)
  })

  it('are not sent for who has gone meanwhile', async () => {
    using door = createDoor()
    await door.enter('a')
    const waiting = somebody()
    const gone = door.enter('gone', waiting)
    const next = door.enter('next')
    waiting.end()
    door.leave()
    await expect(gone).rejects.toBeInstanceOf(NobodyWaits)
    await next
    expect(door.inside).toEqual(['a', 'next'])
  })

  it('are refused when their turn does not come in time, and say when to come again', async () => {
    using door = createDoor({ mutationBurstMs: 30, mutationWaitMs: 30 })
    await door.enter('a')
    const refused = await door.enter('late').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Overloaded)
    expect(refused).toMatchObject({ code: 'SERVICE_UNAVAILABLE', facts: { retryAfterSeconds: 2 } })
    const next = door.enter('next')
    door.leave()
    await next
    expect(door.inside).toEqual(['a', 'next'])
  })

  it('wait longer in a burst than where more keep coming than are answered', async () => {
    using door = createDoor({ mutationBurstMs: 400, mutationWaitMs: 50 })
    await door.enter('a')
    const begun = performance.now()
    const refusedAfter = async (name: string): Promise<number> => {
      const askedAt = performance.now()
      await expect(door.enter(name)).rejects.toBeInstanceOf(Overloaded)
      return performance.now() - askedAt
    }
    const burst = refusedAfter('burst')
    await pause(350)
    const later = await refusedAfter('later')
    expect(await burst).toBeGreaterThanOrEqual(400)
    expect(later).toBeLessThan(350)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(400)
    door.leave()
    await door.enter('next')
    expect(door.inside).toEqual(['a', 'next'])
  })

  it('are refused at once when there are too many who wait', async () => {
    using door = createDoor()
    await door.enter('a')
    const waiting = ['b', 'c', 'd'].map((name) => door.enter(name))
    await expect(door.enter('one too many')).rejects.toBeInstanceOf(Overloaded)
    for (let left = 3; left > 0; left--) door.leave()
    await Promise.all(waiting)
    expect(door.inside).toEqual(['a', 'b', 'c', 'd'])
  })
})
