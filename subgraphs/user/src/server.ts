import { createSigningKeys, type KeySchedule, rotateSigningKeys } from '@karcis/kit/signing-keys'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import { type Context, createContext, type Deps, type Tx } from './domain/deps.ts'
import { createAccounts } from './domain/accounts.ts'
import { authChangesSince } from './domain/auth-changes.ts'
import { ensureAdmin } from './domain/ensure-admin.ts'
import type { UserSettings } from './env.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { forgetSignIns } from './jobs/forget-sign-ins.ts'
import { createPasswords } from './passwords/passwords.ts'
import { resolvers } from './resolvers/resolvers.ts'

/** A key signs until its successor does, up to two days longer than planned (daily check, one day ahead); then tokens live 15 minutes. */
const KEY_SCHEDULE: KeySchedule = { signsForDays: 30, publishedAheadMinutes: 24 * 60, publishedAfterDays: 7 }

/** Starts the user subgraph on its migrated database. Closed by `close` or `await using`. */
export const createUserSubgraph = (settings: UserSettings): Promise<RunningSubgraph<Deps>> =>
  startSubgraph<Tx, PrismaClient, Deps, Context>({
    name: 'user',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { booking: settings.BOOKING_URL },
    async createDeps(base) {
      const passwords = await createPasswords(settings.PASSWORD_PEPPER, settings.BCRYPT_COST)
      const signingKeys = createSigningKeys(base.db, settings.KEY_ENCRYPTION_SECRET, KEY_SCHEDULE)
      const deps: Deps = { ...base, passwords, signingKeys, accounts: createAccounts(() => deps) }
      try {
        const { ADMIN_EMAIL, ADMIN_PASSWORD } = settings
        if (ADMIN_EMAIL && ADMIN_PASSWORD) await ensureAdmin(deps, ADMIN_EMAIL, ADMIN_PASSWORD)
      } catch (error) {
        await passwords.close()
        throw error
      }
      return { deps, close: () => passwords.close() }
    },
    createContext,
    resolvers,
    jobs: [rotateSigningKeys, forgetSignIns],
    crons: [
      { job: rotateSigningKeys.name, match: '7 2 * * *' },
      { job: forgetSignIns.name, match: '37 2 * * *' },
    ],
    inbox: () => ({}), // booking.changed is noted; notifications will take it from here
    routes: (deps) => ({
      '/.well-known/jwks.json': async () => ({ keys: await deps.signingKeys.published() }),
      '/internal/auth-changes': (query) => authChangesSince(deps, query.get('since')),
    }),
  })
