import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FaultPoint, faultPoint, fromEnvironment, whenReached } from '../src/fault-points.ts'

const MODULE = new URL('../src/fault-points.ts', import.meta.url).href
const POINT: FaultPoint = 'issue-tickets/issued'

/** Runs a process that comes to the point three times; gives how often it came past it, and what ended it. */
const comingThere = (env: Record<string, string>) =>
  new Promise<{ past: number; signal: string | null }>((resolve) => {
    const code = `import { faultPoint } from '${MODULE}'
      for (let n = 1; n <= 3; n++) { await faultPoint('${POINT}'); process.stdout.write('.') }`
    const child = execFile(
      process.execPath,
      ['--input-type=module', '-e', code],
      { env },
      (_error, stdout) => {
        resolve({ past: stdout.length, signal: child.signalCode })
      },
    )
  })

describe('a fault point', () => {
  it('is nothing, unless somebody looks for faults', () => {
    expect(faultPoint(POINT)).toBeUndefined()
  })

  it('ends the process with SIGKILL, the nth time that it is reached', async () => {
    const first = { NODE_ENV: 'test', KARCIS_FAULT_POINT: POINT }
    expect(await comingThere(first)).toEqual({ past: 0, signal: 'SIGKILL' })
    const third = { NODE_ENV: 'test', KARCIS_FAULT_POINT: `${POINT}:3` }
    expect(await comingThere(third)).toEqual({ past: 2, signal: 'SIGKILL' })
    const other = { NODE_ENV: 'test', KARCIS_FAULT_POINT: 'issue-tickets/noted' }
    expect(await comingThere(other)).toEqual({ past: 3, signal: null })
  })

  it.for([['production'], ['']])('is nothing in production (NODE_ENV "%s")', async ([mode]) => {
    const env = { NODE_ENV: mode ?? '', KARCIS_FAULT_POINT: POINT }
    expect(await comingThere(env)).toEqual({ past: 3, signal: null })
  })

  it('that a file names ends one process that comes there, and the file is gone then', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'karcis-fault-'))
    const file = join(directory, 'point')
    const env = { NODE_ENV: 'test', KARCIS_FAULT_POINT: `@${file}` }
    expect(await comingThere(env)).toEqual({ past: 3, signal: null })
    writeFileSync(file, POINT)
    expect(await comingThere(env)).toEqual({ past: 0, signal: 'SIGKILL' })
    expect(existsSync(file)).toBe(false)
    expect(await comingThere(env)).toEqual({ past: 3, signal: null })
    rmSync(directory, { recursive: true })
  })

  it('must be one that there is', () => {
    const env = { NODE_ENV: 'test', KARCIS_FAULT_POINT: 'issue-tickets/isued' }
    expect(() => fromEnvironment(env)).toThrow('there is no fault point "issue-tickets/isued"')
  })

  it('is told to a test that listens, and to no other after that', async () => {
    const seen: string[] = []
    {
      using _ = whenReached((point) => void seen.push(point))
      await faultPoint(POINT)
    }
    await faultPoint(POINT)
    expect(seen).toEqual([POINT])
  })
})
