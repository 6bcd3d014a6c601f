import type { Answer } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { describe, expect, it } from 'vitest'
import { ensureFirstAdmin } from '../src/domain/account-management/first-admin.ts'
import { ADMIN, PASSWORD, type Story, startStory } from './stories.ts'

/** How many of the answers are successes, and which codes the others have. */
function tally(outcomes: PromiseSettledResult<Answer>[]) {
  const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.code : 'FAILED'))
  const refused = codes.filter((code) => code !== undefined)
  return { won: codes.length - refused.length, refused: [...new Set(refused)] }
}

describe('sign-ups with one address at once', () => {
  /** Eight: of more, some could be told to wait, as of as many sign-ins at once. */
  const race = (story: Story) =>
    parallel(8, () =>
      story.anybody('mutation ($input: CreateUserInput!) { createUser(input: $input) { expiresIn } }', {
        input: { email: 'siti@karcis.test', password: PASSWORD, name: 'Siti' },
      }),
    )

  it('would make many accounts without users_email_key', async () => {
    await using story = await startStory()
    await story.sql('DROP INDEX users_email_key')
    expect(tally(await race(story)).won).toBeGreaterThan(1)
  })

  it('make one account, to which all of them are signed in', async () => {
    await using story = await startStory()
    expect(tally(await race(story))).toEqual({ won: 8, refused: [] })
    const [counts] =
      await story.sql(`SELECT (SELECT count(*)::int FROM users WHERE email = 'siti@karcis.test') AS users,
      (SELECT count(*)::int FROM sessions) AS sessions`)
    expect(counts).toEqual({ users: 1, sessions: 8 })
  })
})

describe('line 19: ten refreshes with one token at once', () => {
  const race = async (story: Story) => {
    const { refreshToken } = await story.signUp('Siti')
    const outcomes = await parallel(10, () => story.refresh(refreshToken))
    const given = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.data.refreshToken?.refreshToken : undefined,
    )
    const tokens = new Set(given.filter((token) => token !== undefined))
    return { ...tally(outcomes), tokens: tokens.size }
  }

  /** The UPDATE no longer asks whether the token is unused. */
  const raceWithoutCondition = (story: Story) =>
    withMutant(story.subgraph.deps, ['AND used_at IS NULL'], () => race(story))

  it('would give many tokens without the condition on used_at and without refresh_tokens_one_unused', async () => {
    await using story = await startStory()
    await story.sql('DROP INDEX refresh_tokens_one_unused')
    expect((await raceWithoutCondition(story)).tokens).toBeGreaterThan(1)
  })

  it('are stopped by refresh_tokens_one_unused even without the condition', async () => {
    await using story = await startStory()
    expect((await raceWithoutCondition(story)).tokens).toBeLessThan(2)
  })

  it('all give the one successor: tabs that race stay signed in', async () => {
    await using story = await startStory()
    expect(await race(story)).toEqual({ won: 10, refused: [], tokens: 1 })
    const [counts] = await story.sql(`SELECT count(*) FILTER (WHERE used_at IS NULL)::int AS unused,
      (SELECT count(*)::int FROM sessions WHERE revoked_at IS NOT NULL) AS ended FROM refresh_tokens`)
    expect(counts).toEqual({ unused: 1, ended: 0 })
  })

  it('have one winner where there is no grace, and the session is over', async () => {
    await using story = await startStory({ REFRESH_GRACE_SECONDS: '0' })
    expect(await race(story)).toEqual({ won: 1, refused: ['TOKEN_REUSED'], tokens: 1 })
    const [session] = await story.sql('SELECT revoked_at IS NOT NULL AS revoked FROM sessions')
    expect(session.revoked).toBe(true)
  })
})

describe('line 18: forty guesses at one password at once', () => {
  /** How many guesses got as far as the password. */
  async function guessed(story: Story): Promise<number> {
    const siti = await story.signUp('Siti')
    const outcomes = await parallel(40, (guess) => story.login(siti.email, `guess number ${guess}`))
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.code : 'FAILED'))
    expect(new Set(codes).isSubsetOf(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']))).toBe(true)
    return codes.filter((code) => code === 'INVALID_CREDENTIALS').length
  }

  it('would all be tried without the condition on blocked_until', async () => {
    await using story = await startStory()
    const guard =
      'WHERE seen.blocked_until IS NULL OR seen.blocked_until <= now() OR seen.window_ends_at <= now()'
    expect(await withMutant(story.subgraph.deps, [guard], () => guessed(story))).toBe(40)
  })

  it('are counted in one statement before the password is looked at: ten are tried', async () => {
    await using story = await startStory()
    expect(await guessed(story)).toBe(10)
  })
})

describe('ten proposals of one person at once', () => {
  const race = async (story: Story) => {
    const siti = await story.signUp('Siti')
    const input = { name: 'Siti Live', category: 'Music', description: 'Concerts', location: 'Jakarta' }
    const submit =
      'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }'
    return tally(await parallel(10, () => siti.ask(submit, { input })))
  }

  it('would all wait for an admin without organizer_proposals_one_pending', async () => {
    await using story = await startStory()
    await story.sql('DROP INDEX organizer_proposals_one_pending')
    expect((await race(story)).won).toBeGreaterThan(1)
  })

  it('leave one waiting; the others are told CONFLICT', async () => {
    await using story = await startStory()
    expect(await race(story)).toEqual({ won: 1, refused: ['CONFLICT'] })
  })
})

describe('an approval and nine rejections of one proposal at once', () => {
  async function race(story: Story) {
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    const { data } = await siti.ask(`mutation { submitOrganizerProposal(input:
      { name: "Siti Live", category: "Music", description: "Concerts", location: "Jakarta" }) { id } }`)
    const { id } = data.submitOrganizerProposal
    const outcomes = await parallel(10, (n) =>
      admin.ask(
        'mutation ($id: ID!, $input: ReviewOrganizerProposalInput!) { reviewOrganizerProposal(id: $id, input: $input) { status } }',
        { id, input: { decision: n === 4 ? 'APPROVED' : 'REJECTED', message: 'So be it.' } },
      ),
    )
    const [end] = await story.sql(
      `SELECT status, role FROM organizer_proposals p JOIN users u ON u.id = p.user_id`,
    )
    return { ...tally(outcomes), consistent: (end.status === 'APPROVED') === (end.role === 'ORGANIZER') }
  }

  it('would all decide without the condition on the status', async () => {
    await using story = await startStory()
    const { won } = await withMutant(story.subgraph.deps, ["AND status = 'PENDING'"], () => race(story))
    expect(won).toBe(10)
  })

  it('have one outcome, and the role goes with it', async () => {
    await using story = await startStory()
    expect(await race(story)).toEqual({ won: 1, refused: ['CONFLICT'], consistent: true })
  })
})

/** Makes a sign-in take its time between looking at the account and writing the session. */
function slowSignIns({ subgraph: { deps } }: Story): void {
  const slow = deps.db.$extends({
    query: {
      session: {
        async create({ args, query }) {
          await deps.db.$queryRaw`SELECT pg_sleep(0.02)::text`
          return query(args)
        },
      },
    },
  })
  deps.db = slow as unknown as typeof deps.db
}

describe('two admins who suspend each other at once', () => {
  /** Admins who can still act, after each of some rounds that start with two. */
  async function race(story: Story): Promise<number[]> {
    const [first, siti] = [await story.admin(), await story.signUp('Siti')]
    await first.ask('mutation ($id: ID!) { setUserRole(id: $id, role: ADMIN) { id } }', { id: siti.id })
    const second = await story.comeBack(siti.email)
    const left: number[] = []
    for (let round = 0; round < 20; round += 1) {
      await story.sql('UPDATE users SET suspended_at = NULL, suspension_reason = NULL')
      const suspend = 'mutation ($id: ID!) { suspendUser(id: $id, reason: "Coup") { id } }'
      await parallel(2, (n) =>
        n === 0 ? first.ask(suspend, { id: second.id }) : second.ask(suspend, { id: first.id }),
      )
      const [row] = await story.sql(
        "SELECT count(*)::int AS left FROM users WHERE role = 'ADMIN' AND suspended_at IS NULL",
      )
      left.push(row.left)
    }
    return left
  }

  it('would leave none if the admins were not locked', async () => {
    await using story = await startStory()
    const left = await withMutant(story.subgraph.deps, ['ORDER BY id FOR UPDATE'], () => race(story))
    expect(left).toContain(0)
  })

  it('leave one, because both lock all admins in id order first', async () => {
    await using story = await startStory()
    expect(new Set(await race(story))).toEqual(new Set([1]))
  })
})

describe('a suspension during sign-ins', () => {
  /** Live sessions that the suspended person has, summed over some rounds. */
  async function race(story: Story): Promise<number> {
    const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
    let live = 0
    for (let round = 0; round < 8; round += 1) {
      await story.sql('UPDATE users SET suspended_at = NULL, suspension_reason = NULL')
      await story.sql('DELETE FROM login_attempts')
      const suspend = 'mutation ($id: ID!) { suspendUser(id: $id, reason: "Fraud") { id } }'
      await parallel(6, (n) => (n === 3 ? admin.ask(suspend, { id: siti.id }) : story.login(siti.email)))
      const [row] = await story.sql(`SELECT count(*)::int AS live FROM sessions
        WHERE user_id = '${siti.id}' AND revoked_at IS NULL`)
      live += row.live
    }
    return live
  }

  it('would leave sessions behind if a sign-in did not lock the account', async () => {
    await using story = await startStory()
    slowSignIns(story)
    const live = await withMutant(story.subgraph.deps, ['FOR SHARE'], () => race(story))
    expect(live).toBeGreaterThan(0)
  })

  it('leaves none: the sign-in is refused, or its session ended', async () => {
    await using story = await startStory()
    slowSignIns(story)
    expect(await race(story)).toBe(0)
  })
})

describe('line 17: processes that start at once', () => {
  /** Each with an address of its own, so that no unique index decides for them. @returns how many admins there are then. */
  async function race(story: Story): Promise<number> {
    const { deps } = story.subgraph
    await story.sql(`CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END'`)
    await story.sql(
      'CREATE TRIGGER take_time BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION take_time()',
    )
    await parallel(4, (n) => ensureFirstAdmin(deps, `admin.${n}@karcis.test`, ADMIN.password))
    return (await story.sql("SELECT id FROM users WHERE role = 'ADMIN'")).length
  }

  it('would make several first admins without the advisory lock', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    const withoutLock = ['SELECT pg_advisory_xact_lock(', 'SELECT ('] as const
    expect(await withMutant(story.subgraph.deps, withoutLock, () => race(story))).toBeGreaterThan(1)
  })

  it('make one, whatever address each was given', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    expect(await race(story)).toBe(1)
  })

  it('make one admin between them when all are given the same', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    const overrides = { DATABASE_URL: story.databaseUrl }
    await using processes = new AsyncDisposableStack()
    const started = await parallel(4, () => startStory(overrides))
    for (const outcome of started) if (outcome.status === 'fulfilled') processes.use(outcome.value)
    expect(started.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
    const admins = await story.sql('SELECT email, role FROM users')
    expect(admins).toEqual([{ email: ADMIN.email, role: 'ADMIN' }])
  })
})
