import { readSettings, stopTimes } from '@karcis/kit/env'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { bookingSettings } from './env.ts'
import { createBookingSubgraph } from './server.ts'

const settings = readSettings(bookingSettings)
await runProcess(
  createLog('booking', settings.LOG_LEVEL),
  () => createBookingSubgraph(settings),
  stopTimes(settings),
)
