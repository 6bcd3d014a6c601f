import { readSettings } from '@karcis/kit/env'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createRouter } from './server.ts'
import { routerEnv } from './settings.ts'

const env = readSettings(routerEnv)

await runProcess(createLog('router', env.LOG_LEVEL), () =>
  createRouter({
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    serviceSecret: env.SERVICE_SECRET,
    redisUrl: env.REDIS_URL,
    subgraphs: { user: env.USER_URL, event: env.EVENT_URL, ticket: env.TICKET_URL, booking: env.BOOKING_URL },
    userUrl: env.USER_URL,
    supergraphFile: env.SUPERGRAPH_FILE,
    allowedOrigins: env.ALLOWED_ORIGINS,
  }),
)
