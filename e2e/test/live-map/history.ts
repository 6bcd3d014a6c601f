import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

export const STATUSES = ['AVAILABLE', 'HELD', 'SOLD', 'BLOCKED'] as const
type Status = (typeof STATUSES)[number]

/** What a whole map was at one revision. */
interface Moment {
  /** Its place among all moments, from 0. */
  readonly order: number
  readonly revision: number
  /** The sum of `weight` of all of its seats. */
  readonly sum: number
  /** Two bits a seat, in base64. */
  readonly statuses: string
}

/** All that a map has ever been, as its database says, in lives of that which were lost too. */
export interface History extends AsyncDisposable {
  /** Ids of the seats, in order. */
  readonly seatIds: readonly string[]
  /** How many seats have changed so far. */
  readonly changes: number
  /** Keeps everybody from changing seats until the database is lost: then nothing is missing here. */
  stop(): Promise<void>
  /** Goes on with the database as it is after that. @returns how many revisions were lost. */
  goOn(): Promise<number>
  /** Reads what there is still to be read. */
  readToEnd(): Promise<void>
  /** What it was at a revision, once or, after a restore, more often. */
  at(revision: number): readonly Moment[]
  /** Whether the map was so at that revision or later. */
  wasSo(revision: number, statuses: string): boolean
  /** As it is now. */
  readonly now: Moment
}

/** A number for each status of each seat, of which sums are exact and hardly ever the same for different maps. */
export function weight(index: number, status: number): number {
  let x = (index * 4 + status + 1) * 0x9e3779b1
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** Two bits a seat, the first in the highest of the first byte. */
export function pack(statuses: Uint8Array): string {
  const bytes = Buffer.alloc(Math.ceil(statuses.length / 4))
  for (const [index, status] of statuses.entries())
    bytes[index >> 2] = (bytes[index >> 2] ?? 0) | (status << (6 - 2 * (index & 3)))
  return bytes.toString('base64')
}

/** Has the database note each change of a seat, with its revision. */
const NOTE = `CREATE TABLE noted_changes (number bigserial PRIMARY KEY, revision int NOT NULL, seat_id uuid NOT NULL, status text NOT NULL);
  CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO noted_changes (revision, seat_id, status) VALUES (NEW.revision, NEW.id, NEW.status); RETURN NULL; END $$;
  CREATE TRIGGER note_change AFTER UPDATE ON seats FOR EACH ROW WHEN (NEW.revision <> OLD.revision) EXECUTE FUNCTION note_change()`

const READ_EVERY_MS = 100

/** What its session is called. */
export const HISTORIAN = 'historian of a live map'

/** @param url of the ticket subgraph's database, as its owner; nobody has changed a seat of the event yet. */
export async function keepHistory(url: string, eventId: string): Promise<History> {
  const moments: Moment[] = []
  const byRevision = new Map<number, Moment[]>()
  const lastOf = new Map<string, number>()
  let client = await connect(url)
  await client.query(NOTE)
  const { rows } = await client.query<{ id: string }>(
    `SELECT s.id FROM seats s JOIN sections x ON x.id = s.section_id WHERE s.event_id = $1
      ORDER BY x.ordinal, s.row_index, s.position`,
    [eventId],
  )
  const seatIds = rows.map(({ id }) => id)
  const indexOf = new Map(seatIds.map((id, index) => [id, index]))
  const statuses = new Uint8Array(seatIds.length)
  let sum = 0
  let changes = 0
  let read = '0'

  function remember(revision: number): void {
    const moment = { order: moments.length, revision, sum, statuses: pack(statuses) }
    moments.push(moment)
    lastOf.set(moment.statuses, moment.order)
    byRevision.set(revision, [...(byRevision.get(revision) ?? []), moment])
  }

  function set(index: number, status: number): void {
    sum += weight(index, status) - weight(index, statuses[index] ?? 0)
    statuses[index] = status
  }

  async function takeAll(): Promise<void> {
    sum = 0
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ') // all of it as of one moment, for others go on changing seats
    const all = await client.query<{ id: string; status: Status }>(
      'SELECT id, status FROM seats WHERE event_id = $1',
      [eventId],
    )
    for (const { id, status } of all.rows) {
      const index = indexOf.get(id) ?? 0
      statuses[index] = STATUSES.indexOf(status)
      sum += weight(index, statuses[index] ?? 0)
    }
    const last = await client.query<{ number: string | null }>(
      'SELECT max(number) AS number FROM noted_changes',
    )
    read = last.rows[0]?.number ?? '0'
    const map = await client.query<{ revision: number }>(
      'SELECT revision FROM seat_maps WHERE event_id = $1',
      [eventId],
    )
    await client.query('COMMIT')
    remember(map.rows[0]?.revision ?? 0)
  }

  /** Changes commit in the order of their revisions; so all of one are there when one of the next is. */
  async function readOn(): Promise<void> {
    const found = await client.query<{ number: string; revision: number; seat_id: string; status: Status }>(
      'SELECT number, revision, seat_id, status FROM noted_changes WHERE number > $1 ORDER BY revision, number',
      [read],
    )
    for (const [at, row] of found.rows.entries()) {
      set(indexOf.get(row.seat_id) ?? 0, STATUSES.indexOf(row.status))
      changes += 1
      if (found.rows[at + 1]?.revision !== row.revision) remember(row.revision)
      if (BigInt(row.number) > BigInt(read)) read = row.number
    }
  }

  /** A back-up may have ended the session. */
  async function comeBack(): Promise<void> {
    client = await connect(url).catch(() => client)
  }

  const reading = { goesOn: true }
  async function follow(): Promise<void> {
    while (reading.goesOn) {
      await readOn().catch(comeBack)
      await pause(READ_EVERY_MS)
    }
  }
  await takeAll()
  let following = follow()
  const rest = async () => {
    reading.goesOn = false
    await following
  }

  return {
    seatIds,
    get changes() {
      return changes
    },
    async stop() {
      await rest()
      await readOn().catch(comeBack)
      await client.query('BEGIN; LOCK TABLE noted_changes IN SHARE ROW EXCLUSIVE MODE')
      await readOn()
    },
    async goOn() {
      const lost = moments.at(-1)?.revision ?? 0
      client = await connect(url)
      await takeAll()
      reading.goesOn = true
      following = follow()
      const kept = await client.query<{ revision: number }>(
        'SELECT coalesce(max(revision), 0) AS revision FROM noted_changes WHERE revision <= $1',
        [lost],
      )
      return lost - (kept.rows[0]?.revision ?? 0)
    },
    async readToEnd() {
      await rest()
      await readOn()
    },
    at: (revision) => byRevision.get(revision) ?? [],
    wasSo(revision, text) {
      const [first] = byRevision.get(revision) ?? []
      return first !== undefined && (lastOf.get(text) ?? -1) >= first.order
    },
    get now() {
      return moments.at(-1) as Moment
    },
    async [Symbol.asyncDispose]() {
      reading.goesOn = false
      await following.catch(() => undefined)
      await client.end().catch(() => undefined)
    },
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: HISTORIAN })
  client.on('error', () => undefined) // the database is lost on purpose
  await client.connect()
  return client
}
