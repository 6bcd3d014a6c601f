import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from './check.ts'
import { ROOT } from './paths.ts'

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean
  readonly testResults: readonly FileResult[]
}

/** Runs the long stories too, those of `*.whole.ts` (vitest.config.ts). */
const WHOLE = '--whole'
const env = { ...process.env, ...(process.argv.includes(WHOLE) && { KARCIS_WHOLE: '1' }) }

/** Of one file of tests. */
interface FileResult {
  /** Its path. */
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { status: string; fullName: string }[]
}

/** Of more files it is no accident that they failed. */
const MOST_AGAIN = 5

/** Runs vitest with its own output on the terminal, and gives its exit code and its report (none when it crashed). */
async function runVitest(args: readonly string[]): Promise<{ code: number; report: Report | undefined }> {
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
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const count = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status)).length
  const unloadable = failedFiles(report).filter(({ assertionResults }) => !assertionResults.some(hasFailed))
  const inTests = count('failed') + unloadable.length
  const failed = !report.success && inTests === 0 ? 1 : inTests
  const skipped = count('pending', 'skipped', 'todo', 'disabled')
  const counts = `${count('passed')} passed, ${failed} failed`
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts
}

const hasFailed = ({ status }: { status: string }): boolean => status === 'failed'
const failedFiles = (report: Report): FileResult[] => report.testResults.filter(hasFailed)

/**
 * Runs all tests, and those few files that failed once more, one after the other with nothing beside them: what passes then failed by the
 * time that it had beside others on this machine, and is named, for that is a fault of the test.
 */
async function runAll(): Promise<{ code: number; report: Report | undefined }> {
  const first = await runVitest([])
  const files = first.report ? failedFiles(first.report) : []
  if (first.report === undefined || files.length === 0 || files.length > MOST_AGAIN) return first
  console.log(
    `\n${files.length} of ${first.report.testResults.length} files failed. Once more, by themselves:`,
  )
  const again = await runVitest(['--maxWorkers=1', ...files.map(({ name }) => name)])
  if (again.report === undefined) return first
  const others = first.report.testResults.filter((file) => !hasFailed(file))
  const testResults = [...others, ...again.report.testResults]
  if (again.report.success) {
    console.log('\nThese failed beside others and passed by themselves:')
    for (const { name, assertionResults } of files)
      for (const { fullName } of assertionResults.filter(hasFailed)) console.log(`  ${name}: ${fullName}`)
  }
  return { code: again.code, report: { success: again.report.success, testResults } }
}

const args = process.argv.slice(2).filter((arg) => arg !== WHOLE)
const checked = args.length > 0 || (await check()) // arguments pick single tests: then only those are run
const { code, report } = await (args.length > 0 ? runVitest(args) : runAll())
if (!checked) console.log('\nThe checks failed: see the top of this output, or run `npm run check`.')
if (
  report &&
  !report.success &&
  !report.testResults.some(({ assertionResults }) => assertionResults.some(hasFailed))
)
  console.log('\nThe run failed outside of any test: see above.')
console.log(summary(report))
process.exit(checked ? code : code || 1)
