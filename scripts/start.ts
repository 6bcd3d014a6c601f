import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError, assertPortFree } from '@karcis/infra/setup'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { allOrNothing, startCache, startDatabases } from './backing-services.ts'
import { buildWeb } from './build-web.ts'
import { generate } from './generate.ts'
import { ROOT } from './paths.ts'
import { platformProcesses } from './platform.ts'
import { claim, clearRun, stopOrphans, writeRun } from './run-lock.ts'
import { seedOnce } from './seed.ts'
import type { StartSettings } from './start-settings.ts'
import { readSecrets, readStartSettings } from './start-settings.ts'
import { prepareStandIns, STOOD_IN, type StandIns } from './stand-ins.ts'
import { supervise } from './supervisor.ts'
import { startSurvivor } from './survivor.ts'
import { onInterruption, readableLine, tolerateClosedOutput } from './terminal.ts'

const NAME_WIDTH = 9
const startedAt = Date.now()

const print = (name: string, line: string): void => console.log(`${name.padEnd(NAME_WIDTH)}│ ${line}`)
const progress = (line: string): void => print('karcis', line)
const elapsed = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`

/** The whole platform in one terminal, until it is told to stop. */
async function main(): Promise<void> {
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'))
  const settings = readStartSettings(process.argv.slice(2), process.env)
  const { dataDir, stopLimitMs } = settings
  const interrupted = onInterruption(
    () => progress('stopping (a second Ctrl-C stops at once)'),
    2 * stopLimitMs, // first the router, then the subgraphs
  )
  mkdirSync(dataDir, { recursive: true })
  await using resources = new AsyncDisposableStack()
  await claim(dataDir)
  resources.defer(() => clearRun(dataDir))
  await stopOrphans(dataDir)
  const standIns = prepareStandIns({ ...settings, ports: settings.standInPorts }, process.env)
  await assertPortsFree(settings, standIns)
  writeRun(dataDir, {})
  try {
    await start(settings, standIns, resources, interrupted)
  } catch (error) {
    if (!interrupted.aborted) throw error
    return // what failed did so because we are stopping
  }
  if (!interrupted.aborted) await new Promise((resolve) => interrupted.addEventListener('abort', resolve))
}

async function start(
  settings: StartSettings,
  standIns: StandIns | null,
  resources: AsyncDisposableStack,
  interrupted: AbortSignal,
): Promise<void> {
  const { dataDir, routerPort, ports, webPort, stopLimitMs } = settings
  const survivor = resources.use(startSurvivor(dataDir, stopLimitMs))
  const surroundings = { resources, survivor, log: progress }
  const secrets = readSecrets(process.env, dataDir, settings.production)
  const [databaseUrls, redisUrl] = await allOrNothing(
    startDatabases(settings, surroundings),
    startCache(settings, surroundings),
    generate(progress).then(() => buildWeb(progress)),
  )
  interrupted.throwIfAborted()
  progress(`starting the processes (${elapsed()})`)
  const env = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    PUBLIC_URL: `http://localhost:${routerPort}`,
    ...process.env,
    ...(!process.env.FILES_FOLDER && !settings.production && { FILES_FOLDER: join(dataDir, 'files') }),
    ...secrets,
    ...adminSettings(settings),
    ...standIns?.env,
  }
  const platform = platformProcesses({ routerPort, ports, webPort, databaseUrls, redisUrl, env })
  const supervisor = await supervise({
    processes: [...platform, ...(standIns ? [[standIns.process]] : [])].map((group) =>
      group.map((spec) => ({ ...spec, stopLimitMs })),
    ),
    log: (name, line) => print(name, readableLine(line)),
    onPids(pids) {
      writeRun(dataDir, pids)
      survivor.processesChanged(Object.values(pids))
    },
    signal: interrupted,
  })
  resources.use(supervisor)
  interrupted.throwIfAborted()
  const address = `http://localhost:${routerPort}`
  const users = await seedOnce(settings, address, progress)
  interrupted.throwIfAborted()
  const pids = Object.entries(supervisor.pids()).map(([name, pid]) => `${name} ${pid}`)
  progress(`processes: ${pids.join(', ')}`)
  progress(`ready in ${elapsed()}`)
  progress('')
  progress(`  Open      ${address}/`)
  progress(`  Sandbox   ${address}/graphql`)
  progress(`  IDE       ${address}/ide (offline)`)
  if (!settings.production) progress(`  Outbox    ${address}/outbox (${caughtIn(process.env)})`)
  for (const { role, email, password } of users) progress(`  ${role.padEnd(9)} ${email} / ${password}`)
  for (const [provider, url] of Object.entries(standIns?.addresses ?? {}))
    progress(
      `  ${provider.padEnd(9)} ${url} stands in: ${provider === 'google' ? 'startGoogleLogin gives a page to sign in on, as anybody' : 'confirmPayment gives a page to pay on, no money moves'}`,
    )
  progress('')
  progress('Ctrl-C stops everything; what was stored is there again at the next start.')
}

/** What is read there, as nothing is set to send it by. */
const caughtIn = ({ SMTP_URL, PUSH_CONTACT, SMS_ACCOUNT }: NodeJS.ProcessEnv): string => {
  const caught = [
    ...(SMTP_URL ? [] : ['mails']),
    ...(PUSH_CONTACT ? [] : ['pushes']),
    ...(SMS_ACCOUNT ? [] : ['text messages']),
  ]
  return caught.length === 0
    ? 'empty: everything is really sent'
    : `${new Intl.ListFormat('en').format(caught)} that would have been sent`
}

const adminSettings = ({ admin }: StartSettings): NodeJS.ProcessEnv =>
  admin ? { ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password } : {}

async function assertPortsFree(
  { routerPort, ports, webPort, standInPorts }: StartSettings,
  standIns: StandIns | null,
): Promise<void> {
  await assertPortFree(routerPort, 'the router', 'PORT')
  for (const name of SUBGRAPHS)
    await assertPortFree(ports[name], `subgraph ${name}`, `${name.toUpperCase()}_PORT`)
  await assertPortFree(webPort, 'the web app', 'WEB_PORT')
  if (!standIns) return
  for (const name of STOOD_IN)
    await assertPortFree(
      standInPorts[name],
      `what stands in for ${name}`,
      `STAND_IN_${name.toUpperCase()}_PORT`,
    )
}

tolerateClosedOutput()
try {
  await main()
  process.exit(0) // a keep-alive socket of ours must not hold the terminal
} catch (error) {
  const known = error instanceof SetupError
  console.error(known ? error.message : error)
  process.exit(1)
}
