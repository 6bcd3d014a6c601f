import cluster from 'node:cluster'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createRouter } from './server.ts'
import { readProcessSettings } from './settings.ts'
import { startWorkers } from './workers.ts'

const { workers, router } = readProcessSettings(process.argv.slice(2))
const log = createLog('router', router.logLevel)

await runProcess(log, () =>
  workers > 1 && cluster.isPrimary ? startWorkers(workers, log) : createRouter(router),
)
