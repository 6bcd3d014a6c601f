import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isAlive } from '@karcis/infra/processes'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from './paths.ts'
import { STOOD_IN } from './stand-ins.ts'

const temporary = temporaryDirectory('karcis-lifelines-')
const directory = temporary.path
afterAll(() => temporary[Symbol.dispose]())

describe('line 24: npm, the bootstrap and what it started end together', () => {
  // In the place of start.ts, with the same way of hearing that it is to stop.
  const script = join(directory, 'long-running.ts')
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs'
    import { onInterruption } from ${JSON.stringify(join(ROOT, 'scripts/terminal.ts'))}
    const [, , note] = process.argv
    const stop = onInterruption(() => undefined, 1000)
    stop.addEventListener('abort', () => { writeFileSync(note + '.stopped', ''); process.exit(0) })
    setInterval(() => undefined, 1000)
    writeFileSync(note, JSON.stringify({ script: process.pid, bootstrap: process.ppid }))`,
  )
  const bootstrap = `${process.execPath} ${join(ROOT, 'scripts/bootstrap.mjs')} ${relative(ROOT, script)}`
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ scripts: { start: `${bootstrap} "$NOTE"` } }),
  )

  it.for([
    ['npm', 'SIGTERM'],
    ['npm', 'SIGKILL'],
    ['bootstrap', 'SIGTERM'],
    ['bootstrap', 'SIGKILL'],
  ] as const)('kill of %s with %s', async ([whom, signal]) => {
    const note = join(directory, `${whom}-${signal}`)
    const npm = spawn('npm', ['start'], {
      cwd: directory,
      env: { ...process.env, NOTE: note },
      stdio: 'ignore',
    })
    const pids = await eventually(
      () => JSON.parse(readFileSync(note, 'utf8')) as { script: number; bootstrap: number },
    )
    process.kill(theOnly(whom === 'npm' ? npm.pid : pids.bootstrap), signal)
    await eventually(() => expect(Object.values(pids).filter(isAlive)).toEqual([]))
    expect(existsSync(`${note}.stopped`)).toBe(true) // in order, not by force
  })
})

describe('line 33: npm start', () => {
  const dataDir = join(directory, 'data')

  it('starts its servers again when they die, lets no second one in, and is ended with all that it started', {
    timeout: 300_000,
  }, async () => {
    const first = await startPlatform(dataDir)
    const run = readRun(dataDir)
    expect(run.supervisor).toBe(first.child.pid)

    // Two at once: the second is turned away, and says by whom.
    await expect(startPlatform(dataDir, first.ports)).rejects.toThrow(
      `running already on this data (pid ${first.child.pid})`,
    )
    expect(readRun(dataDir)).toEqual(run)

    for (const [name, pid] of [
      ['Redis', serverPids(dataDir).redis],
      ['Postgres', serverPids(dataDir).postgres],
    ] as const) {
      process.kill(pid, 'SIGKILL')
      await eventually(() => {
        expect(first.lines.filter((line) => line.includes(`│ ${name} `))).toEqual([
          expect.stringMatching(`${name} on port`),
          expect.stringMatching(/died \(SIGKILL\); starting it again$/),
          expect.stringMatching(/is back \(pid \d+\)$/),
        ])
      }, 30_000)
    }
    await eventually(async () => expect((await fetch(`${first.url}/ready`)).status).toBe(200), 60_000)

    // Killed without a word, one process of the platform frozen: nothing stays, and what was noted of it goes.
    const servers = serverPids(dataDir)
    const { processes } = readRun(dataDir)
    process.kill(theOnly(processes.event), 'SIGSTOP')
    first.child.kill('SIGKILL')
    await eventually(
      () => expect([...Object.values(processes), ...Object.values(servers)].filter(isAlive)).toEqual([]),
      60_000,
    )
    await eventually(() => expect(existsSync(join(dataDir, 'pids.json'))).toBe(false))
    expect(readdirSync(dataDir).filter((name) => name.startsWith('pids.json'))).toEqual([])
  })
})

/** An id that is safe to signal: 0 would be all of us. */
function theOnly(pid: number | undefined): number {
  if (pid === undefined || pid < 2) throw new Error('no such process')
  return pid
}

interface StartedPlatform {
  child: ChildProcess
  url: string
  ports: Record<string, string>
  lines: string[]
}

/** Runs start.ts on free ports until it says that it is ready. @throws Error with what it said when it ends instead. */
async function startPlatform(dataDir: string, given?: Record<string, string>): Promise<StartedPlatform> {
  const ports = given ?? {}
  const names = [...SUBGRAPHS, 'web', 'postgres', 'redis', ...STOOD_IN.map((name) => `stand_in_${name}`)]
  for (const name of given ? [] : ['PORT', ...names.map((each) => `${each.toUpperCase()}_PORT`)])
    ports[name] = String(await freePort())
  const script = join(ROOT, 'scripts/start.ts')
  const flags = ['--disable-warning=ExperimentalWarning', script, '--no-seed', '--data', dataDir]
  const child = spawn(process.execPath, flags, {
    env: { PATH: process.env.PATH, BCRYPT_COST: '4', DRAIN_SECONDS: '0', STOP_SECONDS: '3', ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n')))
  const ended = once(child, 'close').then(() => {
    throw new Error(lines.join('\n'))
  })
  const isReady = eventually(() => expect(lines.join('\n')).toContain('ready in'), 120_000)
  await Promise.race([isReady, ended])
  ended.catch(() => undefined) // from now on its end is expected
  return { child, url: `http://127.0.0.1:${ports.PORT}`, ports, lines }
}

const readRun = (dataDir: string) =>
  JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8')) as {
    supervisor: number
    processes: Record<string, number>
  }

/** Ids of the servers that work on this data. @throws Error when one is not there. */
function serverPids(dataDir: string): { postgres: number; redis: number } {
  const [postgres = ''] = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')
  const redis = readFileSync(join(dataDir, 'redis/redis.pid'), 'utf8')
  const pids = { postgres: Number(postgres), redis: Number(redis) }
  for (const [name, pid] of Object.entries(pids))
    if (!(pid > 1) || !isAlive(pid)) throw new Error(`${name} does not run: ${pid}`)
  return pids
}
