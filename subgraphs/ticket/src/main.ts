import { readSettings, stopTimes } from '@karcis/kit/env'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { ticketSettings } from './env.ts'
import { createTicketSubgraph } from './server.ts'

const settings = readSettings(ticketSettings)
await runProcess(
  createLog('ticket', settings.LOG_LEVEL),
  () => createTicketSubgraph(settings),
  stopTimes(settings),
)
