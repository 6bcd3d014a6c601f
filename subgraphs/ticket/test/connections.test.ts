import { readFileSync } from 'node:fs'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { expect, it } from 'vitest'
import { startStory } from './stories.ts'

/** What one process may open, as the README says: 8 for requests and jobs, 3 for quick reads, 4 for the job queue. */
const OF_A_PROCESS = 15
const SUBGRAPHS = 4
/** What Postgres keeps for its superusers, and what migrations and operators need. */
const KEPT = 3 + 10

const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')

it('line 34: three processes of each subgraph fit into the connections that Postgres has, at their busiest', async () => {
  await using story = await startStory()
  const second = await story.join()
  const typeId = await story.ticketType(await story.event(), { quota: 1_000 })
  const counts: number[] = []
  const enough = new AbortController()
  const counting = (async () => {
    while (!enough.signal.aborted) {
      const [row] = await story.sql<{ open: bigint }>(
        `SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
      )
      counts.push(Number(row?.open))
    }
  })()
  for (let round = 0; round < 3; round += 1) {
    await parallel(120, async (n) => {
      const process = n % 2 ? story : second
      await process.ask(person(), '{ ticketVerificationKeys { kid } }')
      await story.holdTickets(person(), typeId, 1, n % 2 ? undefined : second)
      await Promise.all(
        Array.from({ length: 4 }, async () => process.deps.db.$queryRaw`SELECT pg_sleep(0.01)::text`),
      )
    })
  }
  enough.abort()
  await counting
  const most = Math.max(...counts)
  expect(most).toBeLessThanOrEqual(2 * OF_A_PROCESS)
  expect(most).toBeGreaterThan(OF_A_PROCESS) // both were busy
  const has = Number(/max_connections=(\d+)/.exec(compose)?.[1])
  expect(3 * SUBGRAPHS * OF_A_PROCESS).toBeLessThanOrEqual(has - KEPT)
})
