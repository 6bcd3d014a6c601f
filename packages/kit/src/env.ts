import { z } from 'zod'

/** Settings that every process has. Secrets have no default: a process without them does not start. */
export const baseSettings = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SERVICE_SECRET: z.string().min(32, 'needs at least 32 characters'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' }),
})

/** A setting of days, whole or not, for which something is kept (`retention.ts`). */
export const days = (byDefault: number) =>
  z.coerce
    .number()
    .min(1 / 1_440, 'must be a minute (0.0007) or more')
    .default(byDefault)

/** Settings of a subgraph process: the base, its own port and its own database. */
export const subgraphSettings = baseSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  /** Events that were delivered, for people who look into something. */
  OUTBOX_RETENTION_DAYS: days(7),
  /** The ids of events that were taken in: for as long as one may come again, as from a backup of who told of it. */
  INBOX_RETENTION_DAYS: days(30),
})

/**
 * Reads settings once, frozen. Prints every wrong or missing one on a line of its own and ends the process
 * with exit code 1, so that a person mends them all in one go.
 */
export function readSettings<T extends object>(
  schema: z.ZodType<T>,
  source: NodeJS.ProcessEnv = process.env,
): Readonly<T> {
  const result = schema.safeParse(source)
  if (result.success) return Object.freeze(result.data)
  for (const issue of result.error.issues) {
    const name = issue.path.join('.')
    const problem = source[name] === undefined ? 'is missing' : issue.message
    process.stderr.write(`Setting ${name} ${problem}.\n`)
  }
  process.exit(1)
}
