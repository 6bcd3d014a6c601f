import { randomInt } from 'node:crypto'
import { createBookingSubgraph } from '@karcis/booking/server'
import { bookingSettings } from '@karcis/booking/env'
import { eventSettings } from '@karcis/event/env'
import { createEventSubgraph } from '@karcis/event/server'
import { grantDatabase } from '@karcis/infra/database-role'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { NOBODY } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { ticketSettings } from '@karcis/ticket/env'
import { createTicketSubgraph } from '@karcis/ticket/server'
import { userSettings } from '@karcis/user/env'
import { createUserSubgraph } from '@karcis/user/server'
import { expect, it } from 'vitest'
import { SECRETS } from './processes.ts'

const AT_ONCE = 4
/** One run of the tests tries every third moment, from one that chance chooses: three runs or so see them all. */
const STRIDE = 3

const START: Record<SubgraphName, (env: Record<string, string>) => Promise<Started>> = {
  user: (env) => createUserSubgraph(userSettings.parse(env)),
  event: (env) => createEventSubgraph(eventSettings.parse(env)),
  ticket: (env) => createTicketSubgraph(ticketSettings.parse(env)),
  booking: (env) => createBookingSubgraph(bookingSettings.parse(env)),
}

interface Started extends AsyncDisposable {
  url: string
}

it.each(SUBGRAPHS)(
  `line 26: %s begins to work, at whatever moment of its start its database was lost (one in ${STRIDE}, drawn)`,
  async (name) => {
    const start = START[name]
    const env = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: '0',
      REDIS_URL: testRedisUrl(),
      ...SECRETS,
      USER_URL: NOBODY,
      EVENT_URL: NOBODY,
      TICKET_URL: NOBODY,
      BOOKING_URL: NOBODY,
    }

    /** Loses all its connections before it sends the `nth` piece to its empty database. @returns how many it sent until it had begun. */
    async function startLosing(nth: number): Promise<number> {
      await using database = await createTestDatabase(name)
      const granted = await grantDatabase(name, database.url, 'a password of this test')
      let sent = 0
      await using proxy = await createTcpProxy(granted, () => {
        sent += 1
        if (sent === nth) proxy.cut()
      })
      await using subgraph = await start({ ...env, DATABASE_URL: proxy.through(granted) })
      const sentToBegin = sent
      await eventually(async () => expect((await fetch(`${subgraph.url}/ready`)).status).toBe(200))
      return sentToBegin
    }
    const moments = Array.from({ length: await startLosing(0) }, (_, index) => index + 1)
    const drawn = randomInt(STRIDE)
    const tried = moments.filter((nth) => nth % STRIDE === drawn)
    const failed: string[] = []
    const startEach = async (): Promise<void> => {
      for (let nth = tried.shift(); nth !== undefined; nth = tried.shift())
        await startLosing(nth).catch((error: unknown) => failed.push(`${nth}: ${String(error)}`))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, startEach))
    expect(failed).toEqual([])
  },
  120_000,
)
