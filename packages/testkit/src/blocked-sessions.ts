import { eventually } from './eventually.ts'

/** Raw SQL inside an open transaction, as Prisma's clients have it. */
interface OpenTransaction {
  $queryRaw<T>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>
}

/** Below the time after which the product's own sessions give up waiting. */
const LIMIT_MS = 4_000

/**
 * Waits until so many sessions of this database wait for a lock. @param tx the transaction that holds it.
 * @throws Error when fewer do in time.
 */
export async function untilBlocked(tx: OpenTransaction, sessions: number): Promise<void> {
  await eventually(async () => {
    // A transaction sees the sessions of its first look for ever after; those opened since would not count.
    await tx.$queryRaw`SELECT pg_stat_clear_snapshot()::text`
    const [locks] = await tx.$queryRaw<{ n: number }[]>`SELECT count(DISTINCT pid)::int AS n FROM pg_locks
      WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`
    if ((locks?.n ?? 0) < sessions) throw new Error(`only ${locks?.n} sessions wait`)
  }, LIMIT_MS)
}
