import { spawnSync } from 'node:child_process'
import { newId } from '@karcis/kit/ids'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { startTicketPlatform } from '@karcis/testkit/ticket-platform'
import pg from 'pg'
import { balancerApart } from './balancer.ts'
import { SECRET, tellEvent, viewer } from '../event-on-sale.ts'
import { startTicketWorld } from '../ticket-world.ts'

const SEATS_PER_ROW = 20

/** Where people buy: a router, two ticket processes, a Postgres with fsync on and a Redis. */
export interface Stage {
  /** Of the router. */
  readonly port: number
  /** The platform's processes, by what they are. */
  readonly pids: Readonly<Record<'router' | 'ticket' | 'Postgres' | 'Redis', readonly number[]>>
  /** Access tokens of people, each another. */
  readonly tokens: readonly string[]
  /** Puts an event with so many seats on sale; a multiple of 20. @returns its id, and those of its seats. */
  openSale(seats: number): Promise<{ eventId: string; seatIds: string[] }>
  /** What the database says of a sale: seats that are held, and how many people hold them. */
  count(eventId: string): Promise<{ held: number; owners: number }>
}

export async function startStage(undo: AsyncDisposableStack, people: number): Promise<Stage> {
  const { postgres, redis, neighbours, env } = await startTicketWorld(undo)
  const platform = undo.use(
    await startTicketPlatform(
      neighbours.url,
      { ...env, NODE_ENV: 'production', MAX_OPEN_PLACES: '10000' },
      [],
      balancerApart,
    ),
  )
  const { router, tickets } = platform.pids
  const tokens: string[] = []
  for (let left = people; left > 0; left--) {
    const id = newId()
    tokens.push(await neighbours.identity.token({ id, session: id, life: 86_400 }))
  }
  const organizer = viewer('ORGANIZER')
  const api = createServiceClient(platform.ticketUrl, createServiceTokens(SECRET, 'router').to('ticket'))
  const database = undo.adopt(new pg.Pool({ connectionString: env.DATABASE_URL, max: 1 }), (pool) =>
    pool.end(),
  )
  return {
    port: Number(new URL(platform.url).port),
    pids: { router: [router], ticket: tickets, Postgres: [postgres.pid], Redis: [redis.pid] },
    tokens,
    async openSale(seats) {
      const eventId = await tellEvent(platform.ticketUrl, organizer.id)
      const { createTicketType } = await api.query<{ createTicketType: { id: string } }>(
        'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
        { input: { eventId, name: 'Seat', kind: 'PAID', price: 1_000, quota: 1 } },
        organizer,
      )
      const rows = Math.ceil(seats / SEATS_PER_ROW)
      const names = Array.from({ length: Math.ceil(rows / 200) }, (_, at) => at)
      const sections = names.map((at) => ({
        name: `Block ${at + 1}`,
        ticketTypeId: createTicketType.id,
        rows: Math.min(200, rows - at * 200),
        seatsPerRow: SEATS_PER_ROW,
      }))
      await api.query(
        'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
        { input: { eventId, sections } },
        organizer,
      )
      const { rows: found } = await database.query<{ id: string }>(
        'SELECT id FROM seats WHERE event_id = $1 ORDER BY section_id, row_index, position',
        [eventId],
      )
      await database.query('ANALYZE')
      return { eventId, seatIds: found.map(({ id }) => id) }
    },
    async count(eventId) {
      const { rows } = await database.query<{ held: number; owners: number }>(
        `SELECT count(*)::int AS held, count(DISTINCT h.user_id)::int AS owners FROM seats s JOIN holds h ON h.id = s.hold_id
          WHERE s.event_id = $1 AND s.status = 'HELD' AND h.status = 'ACTIVE'`,
        [eventId],
      )
      return rows[0] ?? { held: 0, owners: 0 }
    },
  }
}

/** Has this process, and whatever it starts from now on, run on some cores only. @returns whether that can be had here. */
export const runOn = (cores: string): boolean =>
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(process.pid)]).status === 0
