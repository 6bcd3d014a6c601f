import type { Db, Tx } from '../database.ts'
import type { PaymentMethod } from './providers.ts'

/** A provider may list a dispute some time after it was raised. */
const OVERLAP = '1 hour'
/** So long after a payment its buyer can still dispute it, at most: what the first look goes back to. */
const FIRST = '120 days'

/** Since when disputes are to be looked for at a provider, and until when this look goes. */
export async function findDisputeLook(db: Db, provider: PaymentMethod): Promise<{ since: Date; now: Date }> {
  const [row] = await db.$queryRaw<{ since: Date; now: Date }[]>`SELECT now() AS now,
      coalesce((SELECT looked_at FROM dispute_looks WHERE provider = ${provider}) - ${OVERLAP}::interval, now() - ${FIRST}::interval) AS since`
  if (!row) throw new Error('no answer')
  return row
}

/** Notes a look that came to its end. */
export async function updateDisputeLook(tx: Tx, provider: PaymentMethod, lookedAt: Date): Promise<void> {
  await tx.$executeRaw`INSERT INTO dispute_looks (provider, looked_at) VALUES (${provider}, ${lookedAt})
    ON CONFLICT (provider) DO UPDATE SET looked_at = greatest(dispute_looks.looked_at, excluded.looked_at)`
}

/** Payments whose dispute is open, as far as is known here. */
export async function listDisputed(db: Db, provider: PaymentMethod): Promise<string[]> {
  const rows = await db.$queryRaw<
    { id: string }[]
  >`SELECT id FROM payments WHERE status = 'DISPUTED' AND provider = ${provider} ORDER BY id`
  return rows.map((row) => row.id)
}
