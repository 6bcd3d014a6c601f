import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { birthOf } from '@karcis/infra/processes'
import { temporaryDirectory } from '@karcis/infra/setup'
import { expect, it } from 'vitest'
import { assertNotRunning, claim, clearRun, writeRun } from './run-lock.ts'

const run = promisify(execFile)

it('line 33: of several that start at once on the same data, one does', async () => {
  using directory = temporaryDirectory('karcis-claim-')
  const script = `
    import { claim } from ${JSON.stringify(join(import.meta.dirname, 'run-lock.ts'))}
    await claim(${JSON.stringify(directory.path)}).then(
      () => { console.log('claimed'); setTimeout(() => undefined, 3000) },
      (error) => console.log(error.message))`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => run(process.execPath, args)))
  const said = outcomes.map(({ stdout }) => stdout.trim()).sort()
  expect(said).toEqual([
    ...Array<unknown>(4).fill(expect.stringMatching(/^Karcis is running already/)),
    'claimed',
  ])
})

it('line 33: what a killed run noted stands in nobody’s way, though its id may be another’s by now', async () => {
  using directory = temporaryDirectory('karcis-claim-')
  const note = (text: string) => writeFileSync(join(directory.path, 'pids.json'), text)
  const by = (birth: string) => JSON.stringify({ supervisor: process.ppid, birth, processes: {} })
  note(by(birthOf(process.ppid)))
  expect(() => assertNotRunning(directory.path)).toThrow(`(pid ${process.ppid})`)
  note(by('before the machine was started'))
  await claim(directory.path)
  note(by('1').slice(0, 20)) // as versions before this one could leave it
  await claim(directory.path)
  writeRun(directory.path, { router: 1 })
  expect(readdirSync(directory.path)).toEqual(['pids.json']) // nothing half written beside it
  clearRun(directory.path, process.ppid) // another's
  expect(readdirSync(directory.path)).toEqual(['pids.json'])
  clearRun(directory.path)
  expect(readdirSync(directory.path)).toEqual([])
})
