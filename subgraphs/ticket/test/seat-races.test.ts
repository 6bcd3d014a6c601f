import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { parallel } from '@karcis/testkit/parallel'
import { testRedisUrl } from '@karcis/testkit/redis'
import type { Answer } from '@karcis/testkit/ask'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, imbalances, pileUp, takeOutGuard, withoutRetries } from './races.ts'
import { type Process, type Story, startStory } from './stories.ts'

const BUYERS = 50
/** Each takes its buyers' seats together, so a race in the database takes several. */
const PROCESSES = 3
const ALL_SEATS = 'LOCK TABLE seats IN EXCLUSIVE MODE'
/** Nobody listens there: every hold goes on without Redis. */
const NO_REDIS = { REDIS_URL: 'redis://127.0.0.1:9' }

const winners = (answers: Answer[]): Answer[] => answers.filter(({ data }) => data?.holdSeats)
const codes = (answers: Answer[]): Set<string | undefined> => new Set(answers.map(({ code }) => code))

async function joined(story: Story): Promise<Process[]> {
  const others = Array.from({ length: PROCESSES - 1 }, () => story.join(NO_REDIS))
  return [story, ...(await Promise.all(others))]
}

/** Takes a guard out at every process. @returns checks that one of them met it: a slow one may find that nothing is left to take. */
function withoutGuard(processes: Process[], from: string, to: string): () => void {
  const guards = processes.map(({ deps }) => takeOutGuard(deps, from, to))
  return () => {
    expect(Math.max(...guards.map(({ count }) => count))).toBeGreaterThan(0)
  }
}

/** Fifty buyers at all processes, the first of each of which have seen the seat free before any of them takes it. */
async function fiftyForOneSeat(story: Story, processes: Process[]) {
  const { eventId, seat } = await story.hall(1, 20)
  const [answers] = await pileUp(story, ALL_SEATS, {
    waiting: processes.length,
    start: async () => {
      const settled = await parallel(BUYERS, (at) =>
        story.holdSeats(person(), eventId, [seat('A1')], processes[at % processes.length]),
      )
      return settled.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
    },
  })
  return { answers: answers ?? [], seatId: seat('A1') }
}

describe('fifty buyers for one seat (guard: the seat moves only from AVAILABLE, and the row count)', () => {
  it('without the guard more than one of them has it', async () => {
    await using story = await startStory(NO_REDIS)
    const processes = await joined(story)
    const expectMet = withoutGuard(processes, 'AND s.status = ', "AND '' <> ")
    const { answers } = await fiftyForOneSeat(story, processes)
    expectMet()
    expect(winners(answers).length).toBeGreaterThan(1)
    expect(await imbalances(story)).not.toEqual([])
  })

  it('with it exactly one has it, with Redis away', async () => {
    await using story = await startStory(NO_REDIS)
    const { answers, seatId } = await fiftyForOneSeat(story, await joined(story))
    expect(winners(answers)).toHaveLength(1)
    expect(codes(answers)).toEqual(new Set([undefined, 'SEATS_UNAVAILABLE']))
    const losers = answers.filter(({ code }) => code)
    for (const { facts } of losers) expect(facts.seatIds).toEqual([seatId])
    await expectBooksToBalance(story)
  })

  it('with it exactly one has it, with Redis there', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 20)
    const answers = await Promise.all(
      Array.from({ length: BUYERS }, () => story.holdSeats(person(), eventId, [seat('A1')])),
    )
    expect(winners(answers)).toHaveLength(1)
    expect(codes(answers)).toEqual(new Set([undefined, 'SEATS_UNAVAILABLE']))
    await expectBooksToBalance(story)
  })

  it('with it exactly one has it, while Redis is cut off', async () => {
    await using redis = await createTcpProxy(testRedisUrl())
    await using story = await startStory({ REDIS_URL: redis.through(testRedisUrl()) })
    const { eventId, ids } = await story.hall(1, 20)
    for (const seatId of ids.slice(0, 4)) {
      const race = parallel(BUYERS, () => story.holdSeats(person(), eventId, [seatId]))
      redis.cut()
      const answers = (await race).flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
      expect(answers).toHaveLength(BUYERS)
      expect(winners(answers)).toHaveLength(1)
    }
    await expectBooksToBalance(story)
  })
})

describe('overlapping choices of several seats, in opposite orders', () => {
  /** Forty buyers, each of four seats that overlap with their neighbours', half of them naming theirs backwards. */
  async function fortyOverlapping(story: Story, processes: Process[]) {
    const { eventId, ids } = await story.hall(1, 24, {}, { maxPerUser: 4 })
    const choices = Array.from({ length: 40 }, (_, at) => {
      const choice = ids.slice((at * 2) % 22, ((at * 2) % 22) + 4) // never a single seat between two of them
      return at % 2 === 0 ? choice : choice.reverse()
    })
    const [answers] = await pileUp(story, ALL_SEATS, {
      waiting: processes.length,
      start: () =>
        Promise.all(
          choices.map((choice, at) =>
            story.holdSeats(person(), eventId, choice, processes[at % processes.length]),
          ),
        ),
    })
    return answers ?? []
  }

  it('without the guard of the row count buyers are told of seats that they do not have', async () => {
    await using story = await startStory(NO_REDIS)
    const processes = await joined(story)
    withoutGuard(processes, ')\n    UPDATE seats s SET status', '), done AS (UPDATE seats s SET status')
    const expectMet = withoutGuard(processes, 'RETURNING s.id', 'RETURNING s.id) SELECT id FROM wanted')
    await fortyOverlapping(story, processes)
    expectMet()
    expect(await imbalances(story)).not.toEqual([])
  })

  it('without the guards of lock order and retry a deadlock reaches a client', async () => {
    await using story = await startStory(NO_REDIS)
    const processes = await joined(story)
    for (const process of processes) withoutRetries(process)
    // The locks of a statement are some microseconds apart, which a busy machine hardly ever comes between.
    const one = 'SELECT id FROM seats WHERE id = ANY('
    const expectSlow = withoutGuard(processes, one, one.replace('id', 'id, pg_sleep(0.01)'))
    const expectMet = withoutGuard(
      processes,
      'ORDER BY id FOR NO KEY UPDATE',
      'ORDER BY md5(id::text || pg_backend_pid()) FOR NO KEY UPDATE',
    )
    const seen = new Set<string | undefined>()
    for (let round = 0; round < 10 && !seen.has('INTERNAL_SERVER_ERROR'); round += 1) {
      for (const code of codes(await fortyOverlapping(story, processes))) seen.add(code)
    }
    expectSlow()
    expectMet()
    expect(seen).toContain('INTERNAL_SERVER_ERROR')
  })

  it('with them everybody has all of a choice or nothing, and nobody sees a deadlock', async () => {
    await using story = await startStory(NO_REDIS)
    const answers = await fortyOverlapping(story, await joined(story))
    expect(codes(answers)).toEqual(new Set([undefined, 'SEATS_UNAVAILABLE']))
    const held = winners(answers).map(({ data }) =>
      data.holdSeats.seats.map((seat: { id: string }) => seat.id),
    )
    expect(held.length).toBeGreaterThan(0)
    for (const seats of held) expect(seats).toHaveLength(4)
    expect(new Set(held.flat()).size).toBe(held.flat().length)
    await expectBooksToBalance(story)
  })
})
