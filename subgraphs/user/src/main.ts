import { readSettings, stopTimes } from '@karcis/kit/env'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { userSettings } from './env.ts'
import { createUserSubgraph } from './server.ts'

const settings = readSettings(userSettings)
await runProcess(
  createLog('user', settings.LOG_LEVEL),
  () => createUserSubgraph(settings),
  stopTimes(settings),
)
