import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createWebServer } from './server.ts'
import { readWebSettings } from './settings.ts'

const { web, stopTimes } = readWebSettings()
await runProcess(createLog('web', web.logLevel), () => createWebServer(web), stopTimes)
