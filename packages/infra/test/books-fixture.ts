import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { createTestDatabase } from '@karcis/testkit/database'
import pg from 'pg'

/** An id that tells at a glance what it is of: the same number gives the same id. */
export const id = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

/** What the small, sound world of these tests is made of. */
export const [USER, EVENT, ORGANIZER, STANDING, SEATED] = [1, 2, 3, 4, 5].map(id) as [
  string,
  string,
  string,
  string,
  string,
]
/** Of `SEATED`: one sold, one held, one free. */
export const [SOLD_SEAT, HELD_SEAT, FREE_SEAT] = [11, 12, 13].map(id) as [string, string, string]
/** PAID, with a ticket for the sold seat and one for a standing place; and PENDING, with the held seat and one standing place. */
export const [PAID, PENDING, PAID_HOLD, OPEN_HOLD] = [21, 22, 31, 32].map(id) as [
  string,
  string,
  string,
  string,
]

/** Of the event; no booking has used it. */
export const PROMO = id(110)

const TICKET = `
  INSERT INTO event_copies (id, organizer_id, title, status, starts_at, ends_at, currency, timezone, version)
    VALUES ('${EVENT}', '${ORGANIZER}', 'Blue in Green', 'APPROVED', now() + '1 day', now() + '2 days', 'IDR', 'UTC', 1);
  INSERT INTO ticket_types (id, event_id, name, kind, price, currency, seated, quota, sold, held, available) VALUES
    ('${STANDING}', '${EVENT}', 'Standing', 'PAID', 100, 'IDR', false, 10, 1, 1, 8),
    ('${SEATED}', '${EVENT}', 'Front', 'PAID', 200, 'IDR', true, 3, 1, 1, 1);
  INSERT INTO seat_maps (event_id) VALUES ('${EVENT}');
  INSERT INTO sections (id, event_id, ticket_type_id, name, ordinal) VALUES ('${id(6)}', '${EVENT}', '${SEATED}', 'Front', 0);
  INSERT INTO holds (id, user_id, event_id, status, expires_at, booking_id, closed_at) VALUES
    ('${PAID_HOLD}', '${USER}', '${EVENT}', 'CONVERTED', now() + '10 min', '${PAID}', now()),
    ('${OPEN_HOLD}', '${USER}', '${EVENT}', 'ACTIVE', now() + '10 min', '${PENDING}', NULL);
  INSERT INTO seats (id, event_id, section_id, ticket_type_id, row_label, row_index, number, position, x, y, status, held_until, hold_id)
    SELECT s.id::uuid, '${EVENT}', '${id(6)}', '${SEATED}', 'A', 0, s.n, s.n, s.n, 0, s.status, s.until, s.hold::uuid FROM (VALUES
      ('${SOLD_SEAT}', 1, 'SOLD', NULL, NULL), ('${HELD_SEAT}', 2, 'HELD', now() + '10 min', '${OPEN_HOLD}'),
      ('${FREE_SEAT}', 3, 'AVAILABLE', NULL, NULL)) AS s (id, n, status, until, hold);
  INSERT INTO hold_items (id, hold_id, ticket_type_id, seat_id, quantity, unit_price) VALUES
    ('${id(41)}', '${PAID_HOLD}', '${SEATED}', '${SOLD_SEAT}', 1, 200), ('${id(42)}', '${PAID_HOLD}', '${STANDING}', NULL, 1, 100),
    ('${id(43)}', '${OPEN_HOLD}', '${SEATED}', '${HELD_SEAT}', 1, 200), ('${id(44)}', '${OPEN_HOLD}', '${STANDING}', NULL, 1, 100);
  INSERT INTO tickets (id, code, event_id, ticket_type_id, seat_id, owner_id, booking_id, ordinal) VALUES
    ('${id(51)}', 'one', '${EVENT}', '${SEATED}', '${SOLD_SEAT}', '${USER}', '${PAID}', 0),
    ('${id(52)}', 'two', '${EVENT}', '${STANDING}', NULL, '${USER}', '${PAID}', 1);
  INSERT INTO open_places VALUES ('${USER}', '${EVENT}', 2);
  INSERT INTO allowances VALUES ('${USER}', '${SEATED}', 2), ('${USER}', '${STANDING}', 2);
  DELETE FROM kit.outbox;` // of what tickets cost the event subgraph was told

const BOOKING = `
  INSERT INTO bookings (id, user_id, event_id, organizer_id, hold_id, currency, subtotal, total_price, expires_at)
    SELECT b.id::uuid, '${USER}', '${EVENT}', '${ORGANIZER}', b.hold::uuid, 'IDR', 300, 300, now() + '9 min'
    FROM (VALUES ('${PAID}', '${PAID_HOLD}'), ('${PENDING}', '${OPEN_HOLD}')) AS b (id, hold);
  INSERT INTO booking_items (booking_id, position, ticket_type_id, name, kind, seat_id, unit_price, quantity) VALUES
    ('${PAID}', 0, '${SEATED}', 'Front', 'PAID', '${SOLD_SEAT}', 200, 1), ('${PAID}', 1, '${STANDING}', 'Standing', 'PAID', NULL, 100, 1),
    ('${PENDING}', 0, '${SEATED}', 'Front', 'PAID', '${HELD_SEAT}', 200, 1), ('${PENDING}', 1, '${STANDING}', 'Standing', 'PAID', NULL, 100, 1);
  INSERT INTO promos (id, event_id, kind, percent, max_uses, created_by) VALUES ('${PROMO}', '${EVENT}', 'PERCENT', 10, 5, '${ORGANIZER}');
  INSERT INTO promo_codes (id, promo_id, scope_id, code) VALUES ('${id(111)}', '${PROMO}', '${EVENT}', 'EARLY');
  INSERT INTO ledger_accounts (id, kind, owner_id, currency, balance) VALUES
    ('${id(61)}', 'WALLET', '${USER}', 'IDR', 0), ('${id(62)}', 'EVENT_SALES', '${EVENT}', 'IDR', NULL),
    ('${id(63)}', 'SIGNUP_GRANTS', '${id(0)}', 'IDR', NULL);
  BEGIN;
  INSERT INTO ledger_transactions (id, kind, booking_id, reference) VALUES
    ('${id(71)}', 'GRANT', NULL, 'grant:${USER}'), ('${id(72)}', 'PAYMENT', '${PAID}', 'payment:${PAID}');
  INSERT INTO ledger_entries (id, transaction_id, account_id, currency, amount) VALUES
    ('${id(81)}', '${id(71)}', '${id(63)}', 'IDR', -1000), ('${id(82)}', '${id(71)}', '${id(61)}', 'IDR', 1000),
    ('${id(83)}', '${id(72)}', '${id(61)}', 'IDR', -300), ('${id(84)}', '${id(72)}', '${id(62)}', 'IDR', 300);
  INSERT INTO payments (id, booking_id, provider, status, amount, captured_amount, currency, paid_at, updated_at)
    VALUES ('${id(91)}', '${PAID}', 'WALLET', 'PAID', 300, 300, 'IDR', now(), now() - interval '1 hour');
  UPDATE bookings SET status = 'PAID' WHERE id = '${PAID}';
  COMMIT;
  INSERT INTO kit.inbox (event_id) VALUES ('${id(101)}');`

const USERS = `
  INSERT INTO users (id, email, password_hash, name, created_at) VALUES ('${USER}', 'budi@karcis.test', '$2b$04$' || repeat('x', 53), 'Budi', now() - interval '1 day');
  INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload, occurred_at, delivered_at)
    VALUES ('${id(101)}', 'booking', 'user.registered', '${USER}', '{}', now() - interval '1 day', now() - interval '1 day');`

const FIXTURE: Record<SubgraphName, string> = {
  ticket: TICKET,
  booking: BOOKING,
  user: USERS,
  event: '',
}

/** Four databases that agree. */
export interface World extends AsyncDisposable {
  readonly urls: Record<SubgraphName, string>
  /** Runs SQL past every guard but CHECKs, as only a bug or a restore could. */
  plant(database: SubgraphName, sql: string): Promise<void>
  rows(database: SubgraphName, sql: string): Promise<Record<string, unknown>[]>
  /** Makes the databases agree again in which something was planted. */
  heal(): Promise<void>
}

/** One sold and one pending booking of one person, in databases of its own. */
export async function smallWorld(): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const urls = {} as Record<SubgraphName, string>
  const clients = {} as Record<SubgraphName, pg.Client>
  const touched = new Set<SubgraphName>()
  for (const name of SUBGRAPHS) {
    urls[name] = undo.use(await createTestDatabase(name)).url
    clients[name] = new pg.Client(urls[name])
    undo.defer(() => clients[name].end())
    await clients[name].connect()
    await clients[name].query(FIXTURE[name])
  }
  const kept = undo.move()
  return {
    urls,
    async plant(database, sql) {
      touched.add(database)
      await clients[database].query(
        `SET session_replication_role = replica; ${sql}; RESET session_replication_role`,
      )
    },
    rows: async (database, sql) => (await clients[database].query<Record<string, unknown>>(sql)).rows,
    async heal() {
      for (const name of touched) {
        await clients[name].query(
          `SET session_replication_role = replica; ${EMPTY}; RESET session_replication_role`,
        )
        await clients[name].query(FIXTURE[name])
      }
      touched.clear()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Nothing is left in any table, whatever guards it. */
const EMPTY = `DO $$ DECLARE filled regclass; BEGIN
  FOR filled IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relname !~ 'migrations$'
    AND relnamespace IN ('public'::regnamespace, 'kit'::regnamespace, 'graphile_worker'::regnamespace)
  LOOP EXECUTE format('DELETE FROM %s', filled); END LOOP;
END $$`
