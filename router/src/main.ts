import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createRouter } from './server.ts'
import { readRouterSettings } from './settings.ts'

const settings = readRouterSettings(process.argv.slice(2))

await runProcess(createLog('router', settings.logLevel), () => createRouter(settings))
