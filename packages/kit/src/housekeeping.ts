import type { z } from 'zod'
import type { RawSql, TransactionSource } from './database.ts'
import type { subgraphSettings } from './env.ts'
import type { Job } from './jobs.ts'
import type { Logger } from './log.ts'
import { retention } from './retention.ts'

type Settings = Pick<
  z.infer<typeof subgraphSettings>,
  'OUTBOX_RETENTION_DAYS' | 'INBOX_RETENTION_DAYS' | 'DEAD_JOB_RETENTION_DAYS'
>

/** The jobs that keep the tables of the kit itself from growing, to be run every hour. */
export const housekeeping = (
  settings: Settings,
): Job<Record<string, never>, { db: TransactionSource<RawSql>; log: Logger }>[] => [
  retention({
    name: 'forget-delivered-events',
    table: 'kit.outbox',
    since: 'delivered_at',
    keepForDays: settings.OUTBOX_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-taken-events',
    table: 'kit.inbox',
    since: 'received_at',
    keepForDays: settings.INBOX_RETENTION_DAYS,
  }),
  // Without an index of its own: there are few jobs of whatever kind.
  retention({
    name: 'forget-dead-jobs',
    table: 'graphile_worker._private_jobs',
    since: 'run_at',
    where: 'attempts >= max_attempts AND locked_at IS NULL',
    keepForDays: settings.DEAD_JOB_RETENTION_DAYS,
  }),
]
