import { readSettings, stopTimes } from '@karcis/kit/env'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { eventSettings } from './env.ts'
import { createEventSubgraph } from './server.ts'

const settings = readSettings(eventSettings)
await runProcess(
  createLog('event', settings.LOG_LEVEL),
  () => createEventSubgraph(settings),
  stopTimes(settings),
)
