import type { Outcome } from './command.ts'
import { runScript, runTool } from './command.ts'
import { generate } from './generate.ts'

interface Check {
  readonly name: string
  run(): Promise<Outcome>
}

const CHECKS: readonly Check[] = [
  { name: 'types', run: () => runTool('tsc', ['-p', '.']) },
  { name: 'lint', run: () => runTool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'format', run: () => runTool('biome', ['format']) },
  { name: 'unused code', run: () => runTool('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'supergraph', run: () => runScript('scripts/compose.ts', ['--check']) },
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

if (import.meta.main) {
  if (process.argv.includes('--fix')) await fix()
  if (!(await check())) process.exitCode = 1
}
