import { inject } from 'vitest'

/** The run's Redis, in a numbered database that this worker process has to itself. */
export const testRedisUrl = (): string =>
  `${inject('redisUrl')}/${Number(process.env.VITEST_POOL_ID ?? 0) % 16}`
