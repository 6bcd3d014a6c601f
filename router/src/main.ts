import cluster from 'node:cluster'
import { runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { createRouter } from './server.ts'
import { readProcessSettings } from './settings.ts'
import { endWithPrimary, startWorkers } from './workers.ts'

const { workers, stopTimes, router } = readProcessSettings(process.argv.slice(2))
const log = createLog('router', router.logLevel)
const isPrimary = workers > 1 && cluster.isPrimary

await runProcess(log, () => (isPrimary ? startWorkers(workers, log) : createRouter(router)), stopTimes)
if (cluster.worker) endWithPrimary(cluster.worker, log)
