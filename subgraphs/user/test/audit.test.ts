import { EVENTS_PATH } from '@karcis/kit/contracts/events'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { verifyAudit } from '@karcis/infra/books/verify-audit'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { mutantOf } from '@karcis/testkit/mutants'
import { tokenOf } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sealAuditLog } from '../src/domain/audit/seal-audit-log.ts'
import { type Person, type Story, startStory } from './stories.ts'

let story: Story
let admin: Person

beforeAll(async () => {
  story = await startStory()
  admin = await story.admin()
})

afterAll(() => story[Symbol.asyncDispose]())

const LOG = `query ($filter: AuditFilter, $first: Int, $after: String) { auditLog(filter: $filter, first: $first, after: $after) {
  totalCount pageInfo { endCursor hasNextPage }
  edges { node { id at actorId actor { name email } role action ids refusedWith address requestId position hash } } } }`

async function log(filter: object = {}, page: object = {}): Promise<Loose[]> {
  const { data } = await admin.ask(LOG, { filter, ...page })
  return data.auditLog.edges.map(({ node }: Loose) => node)
}

const untilChained = () =>
  eventually(async () => expect(await story.sql('SELECT FROM audit_pending')).toEqual([]))

describe('sign-ins', () => {
  it('are written down, done and refused, with account and session; whose address it was is not', async () => {
    const siti = await story.signUp('Siti')
    await story.login(siti.email, undefined, { address: '203.0.113.9' })
    await story.login(siti.email, 'a wrong password')
    await story.login('nobody@karcis.test', 'a wrong password')
    const [unknown, wrong, right, signUp] = await log({}, { first: 4 })
    expect(signUp).toMatchObject({ action: 'createUser', actorId: siti.id, role: 'CUSTOMER', address: null })
    expect(right).toMatchObject({
      action: 'login',
      actorId: siti.id,
      actor: { name: 'Siti', email: siti.email },
      role: 'CUSTOMER',
      refusedWith: null,
      address: '203.0.113.9',
    })
    expect(right.ids).toEqual([siti.id, expect.any(String)])
    expect(wrong).toMatchObject({ actorId: null, role: null, ids: [siti.id] })
    expect(wrong).toMatchObject({ action: 'login', refusedWith: 'INVALID_CREDENTIALS' })
    expect(unknown).toMatchObject({ actorId: null, ids: [], refusedWith: 'INVALID_CREDENTIALS' })
    expect(JSON.stringify([unknown, wrong])).not.toContain('@')
  })

  it('are not written down for each refresh, nor when nobody’s password was looked at', async () => {
    const budi = await story.signUp('Budi')
    const before = await log({}, { first: 1 })
    await story.refresh(budi.refreshToken)
    await budi.ask('mutation { updateUser(input: {id: "' + budi.id + '", name: "Budi S."}) { id } }')
    await story.login('no\u0001body@karcis.test')
    expect((await log({}, { first: 1 }))[0].id).toBe(before[0]?.id)
  })
})

describe('changes', () => {
  it('of admins are written down in their own transaction, with the ids that they touch and no words', async () => {
    const tono = await story.signUp('Tono')
    await admin.ask('mutation ($id: ID!) { suspendUser(id: $id, reason: "He wrote 08123456789") { id } }', {
      id: tono.id,
    })
    const [entry] = await log({ actorId: admin.id, action: 'suspendUser' })
    expect(entry).toMatchObject({ role: 'ADMIN', refusedWith: null })
    expect(entry.ids).toContain(tono.id)
    expect(JSON.stringify(entry)).not.toContain('08123456789')

    await story.sql(
      `ALTER TABLE audit_entries ADD CONSTRAINT none CHECK (action <> 'unsuspendUser') NOT VALID`,
    )
    const { code } = await admin.ask('mutation ($id: ID!) { unsuspendUser(id: $id) { id } }', { id: tono.id })
    expect(code).toBe('INTERNAL_SERVER_ERROR')
    expect(await story.sql(`SELECT suspended_at FROM users WHERE id = '${tono.id}'`)).toEqual([
      { suspended_at: expect.any(Date) },
    ])
    await story.sql('ALTER TABLE audit_entries DROP CONSTRAINT none')
  })

  it('in other subgraphs are told once, however often they are delivered', async () => {
    const deed = {
      deedId: newId(),
      actorId: newId(),
      role: 'DOOR',
      action: 'checkIn',
      ids: [newId()],
      code: null,
      address: '203.0.113.4',
      requestId: 'r-1',
    }
    const tell = async (id: string) => {
      const event = { id, type: 'ticket.audited', aggregateId: deed.deedId, payload: deed }
      const { status } = await fetch(`${story.subgraph.url}${EVENTS_PATH}`, {
        method: 'POST',
        headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user', 'ticket') },
        body: JSON.stringify({ events: [{ ...event, occurredAt: '2026-11-01T10:00:00.123Z' }] }),
      })
      expect(status).toBe(200)
    }
    const id = newId()
    for (const of of [id, id, newId()]) await tell(of)
    const { deedId, actorId, code, ...facts } = deed
    expect(await log({ actorId })).toMatchObject([
      { ...facts, id: deedId, actor: null, refusedWith: code, at: '2026-11-01T10:00:00.123Z' },
    ])
  })
})

describe('the log', () => {
  it('is for admins, by actor, action and time, page by page', async () => {
    const siti = await story.comeBack('siti@karcis.test')
    expect(await siti.ask(LOG)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await story.anybody(LOG)).toMatchObject({ code: 'UNAUTHENTICATED' })
    const all = await log({}, { first: 100 })
    const { data } = await admin.ask(LOG, { first: 2 })
    const rest = await log({}, { first: 100, after: data.auditLog.pageInfo.endCursor })
    const first = data.auditLog.edges.map(({ node }: Loose) => node)
    expect([...first, ...rest].map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    expect(data.auditLog.totalCount).toBe(all.length)
    const [from, to] = [all.at(-2)?.at, all.at(1)?.at]
    const between = all.filter(({ at }) => at >= from && at < to).map(({ id }) => id)
    expect((await log({ from, to }, { first: 100 })).map(({ id }) => id)).toEqual(between)
    expect(await admin.ask(LOG, { filter: { from: to, to: from } })).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it.each(['audit_entries', 'audit_chain'])(
    'is written once: %s takes no change from anybody',
    async (table) => {
      await untilChained()
      for (const change of [
        `UPDATE ${table} SET ${table === 'audit_chain' ? 'hash = hash' : 'action = action'}`,
        `DELETE FROM ${table}`,
      ])
        await expect(story.sql(change)).rejects.toThrow('written once')
      await expect(story.sql(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('written once')
    },
  )

  it('is one chain, whoever chains it at once; without the number as its key it forks, and that is found', async () => {
    const { db } = story.subgraph.deps
    const insert = `INSERT INTO audit_entries (id, at, action, request_id)
      SELECT gen_random_uuid(), now(), 'createEvent', 'r' FROM generate_series(1, 40)`
    for (let round = 0; round < 5; round++) {
      await story.sql(insert)
      await Promise.all(Array.from({ length: 6 }, () => sealAuditLog({ db })))
    }
    await untilChained()
    const verified = await verifyAudit(story.databaseUrl)
    const [{ count }] = (await story.sql('SELECT count(*)::int FROM audit_entries')) as [{ count: number }]
    expect(verified).toMatchObject({ links: count, wrong: null, unchained: 0 })

    // Whoever goes on where the chain has gone on already is refused; without the guards they are not.
    await using fork = await startStory()
    const chained = () =>
      eventually(async () => expect(await fork.sql('SELECT FROM audit_pending')).toEqual([]))
    await fork.sql(insert)
    await chained()
    const again = `INSERT INTO audit_chain (seq, entry_id, previous, hash)
      SELECT seq, entry_id, previous, sha256('another') FROM audit_chain ORDER BY seq DESC LIMIT 1`
    await expect(fork.sql(again)).rejects.toThrow('audit_chain_pkey')
    await fork.sql('ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_previous_fkey')
    await fork.sql('ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_pkey')
    await fork.sql('DROP INDEX audit_chain_previous_key')
    await fork.sql(insert)
    const stale = mutantOf(fork.subgraph.deps.db, 'ORDER BY seq DESC LIMIT 1', 'ORDER BY seq LIMIT 1')
    await Promise.all([sealAuditLog({ db: stale.db }), sealAuditLog({ db: stale.db })])
    await chained()
    expect(stale.met.count).toBeGreaterThan(0)
    expect((await verifyAudit(fork.databaseUrl)).wrong).not.toBeNull()
  })

  it('forgets where somebody acted from with their account, and stays whole', async () => {
    const dewi = await story.signUp('Dewi')
    await story.login(dewi.email, undefined, { address: '203.0.113.77' })
    await untilChained()
    const { errors } = await dewi.ask(
      'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }',
      { id: dewi.id, input: { password: 'correct horse battery' } },
    )
    expect(errors).toEqual([])
    const entries = await log({ actorId: dewi.id })
    expect(entries.map(({ address }) => address)).toEqual([null, null])
    expect(await story.sql(`SELECT FROM audit_addresses WHERE address = '203.0.113.77'`)).toEqual([])
    await untilChained()
    expect(await verifyAudit(story.databaseUrl)).toMatchObject({ wrong: null })
  })

  it('shows what its owner has changed behind its back: the first row that is wrong', async () => {
    await untilChained()
    const { head, links } = await verifyAudit(story.databaseUrl)
    const [row] = (await story.sql('SELECT seq, entry_id::text AS id FROM audit_chain WHERE seq = 3')) as [
      Loose,
    ]
    const behind = async (change: string, back: string) => {
      await story.sql('ALTER TABLE audit_entries DISABLE TRIGGER USER')
      await story.sql('ALTER TABLE audit_chain DISABLE TRIGGER USER')
      await story.sql(change)
      const { wrong } = await verifyAudit(story.databaseUrl, head)
      await story.sql(back)
      await story.sql('ALTER TABLE audit_entries ENABLE TRIGGER USER')
      await story.sql('ALTER TABLE audit_chain ENABLE TRIGGER USER')
      return wrong
    }
    const of = `WHERE id = '${row.id}'`
    expect(
      await behind(
        `UPDATE audit_entries SET request_id = 'x' || request_id ${of}`,
        `UPDATE audit_entries SET request_id = substr(request_id, 2) ${of}`,
      ),
    ).toMatchObject({ seq: '3', entryId: row.id, problem: expect.stringContaining('changed') })
    const last = `(SELECT max(seq) FROM audit_chain)`
    await story.sql(`CREATE TABLE kept AS SELECT * FROM audit_chain WHERE seq = ${last}`)
    expect(
      await behind(
        `DELETE FROM audit_chain WHERE seq = ${last}`,
        'INSERT INTO audit_chain SELECT * FROM kept',
      ),
    ).toMatchObject({ seq: String(links), problem: expect.stringContaining('ends before') })
    await story.sql('DROP TABLE kept')
    const other = { seq: '3', hash: '0'.repeat(64) }
    expect((await verifyAudit(story.databaseUrl, other)).wrong).toMatchObject({
      seq: '3',
      problem: expect.stringContaining('anew'),
    })
    await story.sql(
      `INSERT INTO audit_addresses (entry_id, address, salt) VALUES ('${row.id}', '192.0.2.1', '\\x00') ON CONFLICT (entry_id) DO UPDATE SET address = '192.0.2.1'`,
    )
    expect((await verifyAudit(story.databaseUrl)).wrong).toMatchObject({
      seq: '3',
      problem: expect.stringContaining('address'),
    })
  })
})
