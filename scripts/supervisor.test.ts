import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@karcis/infra/setup'
import { isAlive } from '@karcis/infra/processes'
import { eventually } from '@karcis/testkit/eventually'
import { afterAll, describe, expect, it } from 'vitest'
import type { ProcessSpec } from './supervised-process.ts'
import { supervise } from './supervisor.ts'

const directory = mkdtempSync(join(tmpdir(), 'karcis-supervisor-'))
afterAll(() => rmSync(directory, { recursive: true }))

const server = join(directory, 'server.ts')
writeFileSync(
  server,
  `import { createServer } from 'node:http'
  const server = createServer((_, response) => response.end())
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'))
  process.on('SIGTERM', () => { console.log('stopping'); process.exit(0) })`,
)
const failing = join(directory, 'failing.ts')
writeFileSync(failing, `console.error('Setting X is missing.'); process.exit(1)`)

async function spec(name: string, script: string): Promise<ProcessSpec> {
  const port = await freePort()
  return {
    name,
    script,
    env: { ...process.env, PORT: String(port) },
    readyUrl: `http://127.0.0.1:${port}/ready`,
  }
}

describe('the supervisor', () => {
  it('starts a killed process again, and only that one', async () => {
    const processes = [[await spec('one', server)], [await spec('two', server)]]
    await using supervisor = await supervise({ processes, log: () => undefined })
    const before = supervisor.pids()
    process.kill(before.one ?? 0, 'SIGKILL')
    const after = await eventually(async () => {
      const pids = supervisor.pids()
      expect(pids.one).toBeDefined()
      expect(pids.one).not.toBe(before.one)
      expect((await fetch(processes[0]?.[0]?.readyUrl ?? '')).status).toBe(200)
      return pids
    })
    expect(after.two).toBe(before.two)
  })

  it('line 33: waits for one that runs again and is not ready, and stops it all the same', async () => {
    const lines: string[] = []
    const slow = join(directory, 'slow.ts')
    const marker = join(directory, 'has-run')
    // In its first life ready at once, in its second after a while.
    writeFileSync(
      slow,
      `import { existsSync, writeFileSync } from 'node:fs'
      import { createServer } from 'node:http'
      let left = existsSync(${JSON.stringify(marker)}) ? 10 : 0
      writeFileSync(${JSON.stringify(marker)}, '')
      createServer((_, response) => { response.statusCode = left-- > 0 ? 503 : 200; response.end() })
        .listen(Number(process.env.PORT), '127.0.0.1')`,
    )
    const processes = [[await spec('slow', slow)]]
    const supervisor = await supervise({ processes, log: (_, line) => lines.push(line) })
    process.kill(supervisor.pids().slow ?? process.pid, 'SIGKILL')
    await eventually(() =>
      expect(lines).toEqual([
        'died (SIGKILL); starting it again in 250 ms',
        `is ready again (pid ${supervisor.pids().slow})`,
      ]),
    )
    await supervisor.stop()
  })

  it('stops group after group', async () => {
    const lines: string[] = []
    const processes = [[await spec('first', server)], [await spec('second', server)]]
    const supervisor = await supervise({ processes, log: (name, line) => lines.push(`${name}: ${line}`) })
    const pids = Object.values(supervisor.pids())
    await supervisor.stop()
    expect(lines.filter((line) => line.endsWith('stopping'))).toEqual(['first: stopping', 'second: stopping'])
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('says why a process could not start, and leaves nothing running', async () => {
    const seen: Record<string, number> = {}
    const processes = [[await spec('good', server)], [await spec('bad', failing)]]
    const onPids = (pids: Record<string, number>) => void Object.assign(seen, pids)
    const start = supervise({ processes, log: () => undefined, onPids })
    await expect(start).rejects.toThrow('bad did not start: Setting X is missing.')
    expect(Object.values(seen).filter(isAlive)).toEqual([])
  })
})
