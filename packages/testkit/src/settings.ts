import { subgraphSettings } from '@karcis/kit/env'

/** What every subgraph's settings are where nothing else is said; for tests to begin theirs with. */
export const USUAL_SETTINGS = Object.freeze(
  subgraphSettings
    .omit({ PORT: true, DATABASE_URL: true, REDIS_URL: true, SERVICE_SECRET: true })
    .parse({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
)
