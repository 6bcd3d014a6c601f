import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from './check.ts'
import { ROOT } from './paths.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[]
}

/** Runs the long stories too, those of `*.whole.ts` (vitest.config.ts). */
const WHOLE = '--whole'

/** Runs vitest with its own output on the terminal, and gives its exit code and its report (none when it crashed). */
async function runVitest(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; report: Report | undefined }> {
  const directory = mkdtempSync(join(tmpdir(), 'karcis-report-'))
  const file = join(directory, 'report.json')
  const cli = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const flags = ['--disable-warning=ExperimentalWarning', cli, 'run', ...reporters, ...args]
  const child = spawn(process.execPath, flags, { cwd: ROOT, env, stdio: 'inherit' })
  // Ctrl-C reaches vitest from the terminal; we wait until it has put its servers away.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  })
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
  rmSync(directory, { recursive: true, force: true })
  return { code, report }
}

/**
 * `N passed, N failed`, and how many were skipped when some were. A file that could not be loaded has failed, and
 * so has a run that broke outside of any test.
 */
function summary(report: Report | undefined): string {
  if (!report) return '0 passed, 1 failed'
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  )
  const outsideTests = !report.success && report.numFailedTests + unloadable.length === 0 ? 1 : 0
  const failed = report.numFailedTests + unloadable.length + outsideTests
  const skipped = report.numPendingTests + report.numTodoTests
  const counts = `${report.numPassedTests} passed, ${failed} failed`
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts
}

const args = process.argv.slice(2).filter((arg) => arg !== WHOLE)
const env = { ...process.env, ...(process.argv.includes(WHOLE) && { KARCIS_WHOLE: '1' }) }
const checked = args.length > 0 || (await check()) // arguments pick single tests: then only those are run
const { code, report } = await runVitest(args, env)
if (!checked) console.log('\nThe checks failed: see the top of this output, or run `npm run check`.')
if (report && !report.success && report.numFailedTests === 0)
  console.log('\nThe run failed outside of any test: see above.')
console.log(summary(report))
process.exit(checked ? code : code || 1)
