import { z } from 'zod'

/** Settings that every process has. Secrets have no default: a process without them does not start. */
export const baseSettings = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SERVICE_SECRET: z.string().min(32, 'needs at least 32 characters'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' }),
  /** What whoever reads `/metrics` has to send along; without one they must be on the same machine. */
  METRICS_TOKEN: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.string().min(16, 'needs at least 16 characters').optional(),
  ),
  /** For how long `/ready` says no before the process takes no more requests. Where it is not set: see `stopTimes`. */
  DRAIN_SECONDS: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.coerce.number().min(0).max(300).optional(),
  ),
  /** How long what is under way may take from then on. */
  STOP_SECONDS: z.coerce.number().min(1).max(600).default(10),
})

/** What is empty is not set: Compose passes it on so. */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema)

/** A setting that need not be there. */
export const optionalText = unlessEmpty(z.string().min(1).optional())

/** How a process ends, in milliseconds: it drains, and then what is under way has so long. */
export interface StopTimes {
  drainMs: number
  stopMs: number
}

/** Longer than balancers take to look at `/ready` again, and than the other processes keep an idle connection. */
const PRODUCTION_DRAIN_SECONDS = 5

/** In development nobody balances, and nobody wants to wait. */
export function stopTimes(
  settings: Pick<z.infer<typeof baseSettings>, 'DRAIN_SECONDS' | 'STOP_SECONDS' | 'NODE_ENV'>,
): StopTimes {
  const standard = settings.NODE_ENV === 'production' ? PRODUCTION_DRAIN_SECONDS : 0
  return {
    drainMs: (settings.DRAIN_SECONDS ?? standard) * 1000,
    stopMs: settings.STOP_SECONDS * 1000,
  }
}

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
  /** Connections to the database for requests and what jobs do; a process has 7 beside them (subgraph.ts). */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(8),
  /** Events that were delivered, for people who look into something. */
  OUTBOX_RETENTION_DAYS: days(7),
  /** The ids of events that were taken in: for as long as one may come again, as from a backup of who told of it. */
  INBOX_RETENTION_DAYS: days(30),
  /** Jobs that have used up their attempts, for people to see them. */
  DEAD_JOB_RETENTION_DAYS: days(30),
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
