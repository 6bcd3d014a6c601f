import { gql } from '@karcis/testkit/gql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Audited } from '../src/contracts/audit.ts'
import type { ServiceName } from '../src/contracts/subgraphs.ts'
import { transaction } from '../src/database.ts'
import { asBookkeeping, deedUnderWay } from '../src/deeds.ts'
import { KarcisError } from '../src/errors.ts'
import { createGroupCommit } from '../src/group-commit.ts'
import { newId } from '../src/ids.ts'
import { type Bearer, createServiceTokens } from '../src/service-token.ts'
import { type KitDatabase, openKitDatabase } from './kit-database.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { hello: String }
  type AuthPayload { id: ID! }
  input Input { venueId: ID  seatIds: [ID!]  note: String  idempotencyKey: String }
  type Mutation {
    within(input: Input): String
    without(id: ID): String
    twice: String
    shared: String
    refused: String
    countedAndRefused: String
    recordEventView: String
    signIn(wrong: Boolean): AuthPayload
  }
`

const organizer: Bearer = { id: newId(), role: 'ORGANIZER', sessionId: newId() }
const scanner: Bearer = { id: newId(), role: 'DOOR', sessionId: newId() }
const [VENUE, SEAT, MADE, PERSON, KEY] = [newId(), newId(), newId(), newId(), newId()]

let db: KitDatabase
let server: Awaited<ReturnType<typeof startServer>>
/** What was written down and has committed; by the database, which holds it by the keys of its inbox. */
const written: Audited[] = []
const done: string[] = []

/** The table is any that there is: what was written in a transaction that is rolled back is not there afterwards. */
const write = (id: string) =>
  transaction(db, async (tx) => {
    await tx.$executeRaw`INSERT INTO kit.inbox (event_id) VALUES (${id}::uuid)`
    return { id, made: { name: 'not kept', ownerId: MADE } }
  })

const shared = createGroupCommit<string, string>({
  maxBatch: 10,
  run: (_key, ids) =>
    transaction(db, async () => {
      done.push(`shared is ${deedUnderWay() ? 'somebody’s' : 'nobody’s'}`)
      return ids
    }),
})

beforeAll(async () => {
  db = await openKitDatabase()
  const refusal = () => new KarcisError('CONFLICT', 'Not now.')
  server = await startServer({
    sdl: SDL,
    createContext: (scope) => ({ ...scope, deps: { db } }),
    audit: async (tx, entry) => {
      await tx.$executeRaw`INSERT INTO kit.inbox (event_id) VALUES (${entry.deedId}::uuid) ON CONFLICT DO NOTHING`
      written.push(entry)
    },
    resolvers: {
      Query: { hello: () => 'world' },
      Mutation: {
        within: () => write(newId()).then(() => 'done'),
        without: () => 'done',
        twice: async () => {
          await write(newId())
          await write(newId())
          return 'done'
        },
        shared: () => shared.submit('a', 'done'),
        refused: () =>
          transaction(db, async () => {
            throw refusal()
          }),
        countedAndRefused: async () => {
          await asBookkeeping(() => write(newId()))
          throw refusal()
        },
        recordEventView: () => write(newId()).then(() => 'done'),
        signIn: async (_: unknown, { wrong }: { wrong?: boolean }) => {
          deedUnderWay()?.concerns(PERSON)
          await asBookkeeping(() => write(newId()))
          await write(newId()) // as the first key to sign with
          if (wrong) throw new KarcisError('INVALID_CREDENTIALS', 'No.')
          return transaction(db, async () => {
            deedUnderWay()?.actedBy(PERSON)
            return { id: MADE }
          })
        },
      },
    },
  })
})

beforeEach(() => {
  written.length = 0
  done.length = 0
})

afterAll(async () => {
  await server.close()
  await db[Symbol.asyncDispose]()
})

async function ask(bearer: Bearer | null, field: string, service: ServiceName = 'router') {
  const token = await createServiceTokens(SECRET, service).to('booking').sign(bearer)
  const headers = {
    'x-karcis-service-token': token,
    'x-request-id': 'request-1',
    'x-karcis-client-address': '203.0.113.7',
  }
  return (await gql(`${server.url}/graphql`, `mutation { ${field} }`, {}, headers)).body
}

describe('what is written down', () => {
  it('is a change of an organizer, with the ids in its input and in what it made, and nothing else of either', async () => {
    await ask(
      organizer,
      `within(input: {venueId: "${VENUE.toUpperCase()}", seatIds: ["${SEAT}"], note: "${KEY}", idempotencyKey: "${KEY}"})`,
    )
    const [entry, ...others] = written
    expect(others).toEqual([])
    const ids = await db.$queryRaw<{ id: string }[]>`SELECT event_id AS id FROM kit.inbox`
    const [, made] = [VENUE, ...(entry?.ids.filter((id) => ![VENUE, SEAT, MADE].includes(id)) ?? [])]
    expect(ids.map(({ id }) => id)).toEqual(expect.arrayContaining([entry?.deedId, made]))
    expect(entry).toEqual({
      deedId: expect.any(String),
      actorId: organizer.id,
      role: 'ORGANIZER',
      action: 'within',
      ids: [VENUE, SEAT, made, MADE],
      code: null,
      address: '203.0.113.7',
      requestId: 'request-1',
    })
  })

  it('is a change of a scanner, by its id', async () => {
    await ask(scanner, 'within')
    expect(written).toMatchObject([{ actorId: scanner.id, role: 'DOOR', action: 'within' }])
  })

  it('is a change whose use case opens no transaction, too: no new one can forget it', async () => {
    await ask(organizer, `without(id: "${VENUE}")`)
    expect(written).toMatchObject([{ action: 'without', ids: [VENUE] }])
  })

  it('is each deed once, with the first of its transactions, also when one request has several deeds', async () => {
    await ask(organizer, 'a: twice b: twice')
    expect(written.map(({ action }) => action)).toEqual(['twice', 'twice'])
    expect(new Set(written.map(({ deedId }) => deedId)).size).toBe(2)
  })

  it('is never written in a transaction that serves many, whose part may be refused, but after it', async () => {
    await ask(organizer, 'shared')
    expect(done).toEqual(['shared is nobody’s'])
    expect(written).toMatchObject([{ action: 'shared' }])
  })

  it('is nothing that was refused, although tries were counted, and nothing that is no deed', async () => {
    await ask(organizer, 'refused countedAndRefused recordEventView')
    expect(written).toEqual([])
  })

  it('is nothing of customers, of nobody, and of what another process asks on behalf of an organizer', async () => {
    await ask({ id: newId(), role: 'CUSTOMER', sessionId: newId() }, 'within without')
    await ask(null, 'within without')
    await ask(organizer, 'within without', 'ticket')
    expect(written).toEqual([])
  })

  it('is every sign-in, of the account that was signed in to, and whether it was refused', async () => {
    await ask(organizer, 'a: signIn { id } b: signIn(wrong: true) { id }')
    expect(written).toMatchObject([
      { actorId: PERSON, role: null, action: 'signIn', code: null, ids: [PERSON, MADE] },
      { actorId: null, role: null, action: 'signIn', code: 'INVALID_CREDENTIALS', ids: [PERSON] },
    ])
  })

  it('keeps a change from being made, when it cannot be written down', async () => {
    await transaction(db, (tx) => tx.$executeRaw`DELETE FROM kit.inbox`)
    await transaction(
      db,
      (tx) => tx.$executeRaw`CREATE FUNCTION only_one() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF (SELECT count(*) FROM kit.inbox) > 1 THEN RAISE 'the second is what writes it down'; END IF; RETURN NULL; END $$`,
    )
    await transaction(
      db,
      (tx) => tx.$executeRaw`CREATE TRIGGER only_one AFTER INSERT ON kit.inbox EXECUTE FUNCTION only_one()`,
    )
    const { data } = await ask(organizer, 'within')
    expect(data).toEqual({ within: null })
    expect(await db.$queryRaw`SELECT FROM kit.inbox`).toEqual([])
    await transaction(db, (tx) => tx.$executeRaw`DROP TRIGGER only_one ON kit.inbox`)
  })
})
