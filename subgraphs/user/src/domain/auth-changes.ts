import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from './deps.ts'
import { ACCESS_TOKEN_SECONDS } from './access-tokens.ts'
import { type AuthNews, userNews } from './auth-news.ts'

/**
 * A change is dated when it is made and seen when it is committed, and a transaction lives 8 seconds at most (kit/database.ts): what is
 * asked for reaches back further than that, so nothing falls between two questions.
 */
const OVERLAP_SECONDS = 10

/** Longer than an access token lives by what clocks of machines may differ. */
const LOOK_BACK_SECONDS = ACCESS_TOKEN_SECONDS + 5 * 60

const sinceSchema = z.iso.datetime({ offset: true }).nullable()

/**
 * Everything that happened to sessions and rights since an instant, and the instant to ask from next time.
 * Access tokens live 15 minutes, so what is older than 20 concerns none that is still valid, and is left out.
 * @param since RFC 3339; null for all that can still matter.
 */
export async function authChangesSince(
  deps: Deps,
  since: string | null,
): Promise<AuthNews & { now: string }> {
  const from = parseInput(sinceSchema, since, 'since')
  const [clock] = await deps.db.$queryRaw<[{ now: Date; from: Date }]>`
    SELECT now() AS now, greatest(${from ? new Date(from) : null}::timestamptz - make_interval(secs => ${OVERLAP_SECONDS}::int),
      now() - make_interval(secs => ${LOOK_BACK_SECONDS}::int)) AS from`
  const [sessions, users] = await Promise.all([
    deps.db.session.findMany({
      where: { revokedAt: { gte: clock.from } },
      orderBy: { revokedAt: 'asc' },
      select: { id: true, revokedAt: true },
    }),
    deps.db.user.findMany({
      where: { authChangedAt: { gte: clock.from } },
      orderBy: { authChangedAt: 'asc' },
      select: { id: true, role: true, suspendedAt: true, deletedAt: true, authChangedAt: true },
    }),
  ])
  return {
    now: clock.now.toISOString(),
    sessions: sessions.flatMap(({ id, revokedAt }) =>
      revokedAt ? [{ id, revokedAt: revokedAt.toISOString() }] : [],
    ),
    users: users.flatMap(({ authChangedAt, ...account }) =>
      authChangedAt ? [userNews(account, authChangedAt)] : [],
    ),
  }
}
