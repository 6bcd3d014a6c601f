import { vacuum } from '@karcis/testkit/vacuum'
import { describe, expect, it } from 'vitest'
import { forgetting } from '../src/jobs.ts'
import { PASSWORD, type Story, startStory } from './stories.ts'

const SUBMIT = `mutation { submitOrganizerProposal(input: { name: "N", category: "C", description: "D", location: "L" }) { id } }`
const REJECT = `mutation ($id: ID!) { reviewOrganizerProposal(id: $id, input: { decision: REJECTED, message: "No." }) { id } }`

const forget = async ({ subgraph, settings }: Story) => {
  for (const job of forgetting(settings)) await job.run(subgraph.deps, {})
}

/** Everything that happened, happened so much earlier. */
const pass = (story: Story, days: number) =>
  story.sql(`DO $$
    DECLARE at record;
    BEGIN
      FOR at IN SELECT table_schema, table_name, string_agg(format('%1$I = %1$I - interval ''${days} days''', column_name), ', ') AS set
        FROM information_schema.columns WHERE table_schema IN ('public', 'kit') AND data_type = 'timestamp with time zone'
          AND table_name IN ('users', 'sessions', 'refresh_tokens', 'login_attempts', 'known_places', 'organizer_proposals',
            'signing_keys')
        GROUP BY 1, 2
      LOOP
        EXECUTE format('UPDATE %I.%I SET %s', at.table_schema, at.table_name, at.set);
      END LOOP;
    END $$`)

const TABLES = ['sessions', 'refresh_tokens', 'login_attempts', 'known_places', 'organizer_proposals']
const rows = async (story: Story): Promise<Record<string, number>> => {
  const counts = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`)
  const [sizes] = await story.sql(
    `SELECT ${counts.join(', ')}, (SELECT count(*)::int FROM kit.signing_keys) AS signing_keys`,
  )
  return sizes
}

describe('line 35: a year of sign-ins', () => {
  it('leaves no more behind than half of it, and whoever comes each fortnight stays signed in', async () => {
    await using story = await startStory({ PROPOSAL_RETENTION_DAYS: '60', SESSION_MAX_DAYS: '400' })
    let siti = await story.signUp('Siti')
    const [budi, admin] = [await story.signUp('Budi'), await story.admin()]
    await story.sql(`UPDATE sessions SET revoked_at = now() WHERE id = '${admin.viewer.sessionId}'`)
    let most: Record<string, number> = {}
    for (let fortnight = 1; fortnight <= 26; fortnight += 1) {
      const { data } = await story.refresh(siti.refreshToken)
      siti = { ...siti, refreshToken: data.refreshToken.refreshToken }
      // Budi signs in from somewhere else each time, after a mistake; and asks once more to be an organizer.
      const from = { address: `198.51.100.${fortnight}` }
      await story.login(budi.email, 'mistyped', from)
      await story.comeBack(budi.email, PASSWORD, from)
      await story.login(`nobody.${fortnight}@karcis.test`, 'guessed', from)
      const proposal = (await budi.ask(SUBMIT)).data.submitOrganizerProposal
      expect((await admin.ask(REJECT, proposal)).code).toBeUndefined()
      await pass(story, 14)
      await story.subgraph.deps.signingKeys.rotateIfDue()
      await forget(story)
      if (fortnight === 13) most = await rows(story)
    }
    const left = await rows(story)
    for (const [table, count] of Object.entries(left))
      expect(count, table).toBeLessThanOrEqual((most[table] ?? 0) + 1)
    // A token lives 30 days and is known for 30 more: eight weeks of Budi's sign-ins, and Siti's one session.
    expect(left).toMatchObject({ sessions: 5, login_attempts: 0, known_places: 6, organizer_proposals: 4 })
    expect((await story.refresh(siti.refreshToken)).code).toBeUndefined()
  })

  it('keeps a session that an earlier version of a process goes on with', async () => {
    await using story = await startStory()
    const siti = await story.signUp('Siti')
    await story.sql("UPDATE sessions SET expires_at = now() - interval '1 year'") // as it does not move it on
    await forget(story)
    expect((await story.refresh(siti.refreshToken)).code).toBeUndefined()
    const [moved] = await story.sql(`SELECT expires_at > now() + interval '29 days' AS on FROM sessions
      WHERE id = '${siti.viewer.sessionId}'`)
    expect(moved).toEqual({ on: true })
  })

  it('is looked for by indexes, and people are counted by one', async () => {
    await using story = await startStory()
    await story.sql(
      `INSERT INTO users (id, email, name, address)
       SELECT gen_random_uuid(), n || '@karcis.test', 'P', repeat('Jalan Melati 1 ', 30) FROM generate_series(1, 5000) n`,
    )
    await story.sql(`INSERT INTO sessions (id, user_id) SELECT gen_random_uuid(), id FROM users`)
    await vacuum((text) => story.sql(text), 'users')
    await story.sql('ANALYZE sessions')
    const explain = async (query: string) => JSON.stringify(await story.sql(`EXPLAIN ${query}`))
    expect(
      await explain(
        'SELECT ctid FROM sessions WHERE expires_at < now() AND (true) ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED',
      ),
    ).toContain('sessions_expires_at_idx')
    expect(await explain('SELECT count(*)::int FROM users WHERE deleted_at IS NULL AND TRUE')).toContain(
      'Index Only Scan using users_present',
    )
    const admin = await story.admin()
    const COUNT = `query ($filter: UserFilter) { users(filter: $filter) { totalCount } }`
    const count = async (filter: object) => (await admin.ask(COUNT, { filter })).data.users.totalCount
    expect(await count({})).toBe(5001)
    expect(await count({ role: 'ADMIN' })).toBe(1)
    expect(await count({ role: 'CUSTOMER', search: '77@' })).toBe(50)
    expect(await count({ search: '%' })).toBe(0)
  })
})
