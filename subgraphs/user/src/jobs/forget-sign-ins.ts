import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../domain/deps.ts'

/** Expired tokens stay known for a while, so that whoever comes back with one is told what it is. */
const KEEP_EXPIRED_DAYS = 30

/** Daily: forgets refresh tokens long expired, sessions without any token left, and counts of tries whose time is over. */
export const forgetSignIns = defineJob({
  name: 'forget-sign-ins',
  schema: z.object({}),
  async run({ db }: Deps) {
    await db.$executeRaw`DELETE FROM refresh_tokens WHERE expires_at < now() - make_interval(days => ${KEEP_EXPIRED_DAYS}::int)`
    // Only what cannot be a sign-in whose first token is being written.
    await db.$executeRaw`DELETE FROM sessions WHERE created_at < now() - make_interval(days => ${KEEP_EXPIRED_DAYS}::int)
      AND NOT EXISTS (SELECT FROM refresh_tokens WHERE session_id = sessions.id)`
    await db.$executeRaw`DELETE FROM login_attempts WHERE window_ends_at < now()`
  },
})
