import { delimiter, join } from 'node:path'
import { migrationProblems } from '@karcis/infra/migration-rules'
import { type Outcome, runCommand } from './command.ts'
import { generate } from './generate.ts'
import { ROOT } from './paths.ts'

/** A page, a worker and Node have different globals. */
const WEB_PROJECTS = ['web', 'web/src/worker', 'web/tsconfig.node.json']

interface Check {
  readonly name: string
  run(): Promise<Outcome>
}

const CHECKS: readonly Check[] = [
  { name: 'types', run: () => runTool('tsc', ['-p', '.']) },
  { name: 'web types', run: () => allOf(WEB_PROJECTS.map((project) => runTool('tsc', ['-p', project]))) },
  { name: 'lint', run: () => runTool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'format', run: () => runTool('biome', ['format']) },
  { name: 'unused code', run: () => runTool('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'supergraph', run: () => runScript('scripts/compose.ts', ['--check']) },
  { name: 'migrations', run: () => Promise.resolve(listed(migrationProblems())) },
]

/** Runs every check, prints what each of the failed ones has to say, and tells whether all passed. */
export async function check(): Promise<boolean> {
  await generate()
  const startedAt = Date.now()
  const outcomes = await Promise.all(CHECKS.map(async ({ name, run }) => ({ name, ...(await run()) })))
  for (const { name, ok, output } of outcomes) {
    if (!ok) console.error(`\n── ${name} ──\n${output.trim()}`)
  }
  const summary = outcomes.map(({ name, ok }) => `${ok ? '✓' : '✗'} ${name}`).join('  ')
  console.log(`\ncheck: ${summary}  (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  return outcomes.every(({ ok }) => ok)
}

/** Mends what can be mended without a person. */
async function fix(): Promise<void> {
  await runTool('oxlint', ['--type-aware', '--fix'])
  await runTool('biome', ['format', '--write'])
  await runScript('scripts/compose.ts', [])
}

/** One outcome of several commands. */
async function allOf(running: readonly Promise<Outcome>[]): Promise<Outcome> {
  const outcomes = await Promise.all(running)
  return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join('') }
}

const listed = (problems: readonly string[]): Outcome => ({
  ok: problems.length === 0,
  output: problems.join('\n'),
})

/** Runs one of the project's tools (a name in node_modules/.bin) and keeps what it prints. */
function runTool(name: string, args: readonly string[]): Promise<Outcome> {
  return run(join(ROOT, 'node_modules/.bin', name), args)
}

/** Runs one of our own scripts and keeps what it prints. */
function runScript(script: string, args: readonly string[]): Promise<Outcome> {
  const flags = ['--disable-warning=ExperimentalWarning', join(ROOT, script)]
  return run(process.execPath, [...flags, ...args])
}

function run(file: string, args: readonly string[]): Promise<Outcome> {
  // The tools are started by name through `env node`, so the pinned Node has to come first.
  const PATH = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  return runCommand(file, args, { env: { ...process.env, PATH } })
}

if (import.meta.main) {
  if (process.argv.includes('--fix')) await fix()
  if (!(await check())) process.exitCode = 1
}
