import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

const MODEL = join(ROOT, 'docs/model/sale.pml')

/** What a search through the states of the model has come to. */
export interface Search {
  states: number
  depth: number
  seconds: number
  megabytes: number
  /** The assertion that does not hold; null where all do. */
  violated: string | null
}

/** The guards that can be taken out of the model. */
export const guardsOfModel = (): string[] => [
  ...new Set([...readModel().matchAll(/#ifn?def (NO_\w+)/g)].map(([, name = '']) => name)),
]

/** The fault points that the model names, each once. */
export const pointsOfModel = (): string[] => [
  ...new Set([...readModel().matchAll(/FAULT\("([^"]+)"\)/g)].map(([, name = '']) => name)),
]

const readModel = (): string => readFileSync(MODEL, 'utf8')

/** Whether what it takes is installed: `apt-get install spin gcc`. */
export const canSearch = (): boolean =>
  ['spin', 'gcc'].every((tool) => spawnSync(tool, ['--version']).error === undefined)

/**
 * Goes through the states of the model, or of a mutant of it.
 * @param without the guard that is taken out. @param depth how many steps from the beginning; all, unless given.
 */
export function search({ without, depth }: { without?: string; depth?: number } = {}): Search {
  const directory = mkdtempSync(join(tmpdir(), 'karcis-model-'))
  try {
    copyFileSync(MODEL, join(directory, 'sale.pml'))
    run(directory, 'spin', ['-a', ...(without ? [`-D${without}`] : []), 'sale.pml'])
    run(directory, 'gcc', ['-w', '-O2', '-DCOLLAPSE', '-DSAFETY', '-DVECTORSZ=2048', '-o', 'pan', 'pan.c'])
    return read(run(directory, './pan', ['-E', `-m${depth ?? 1_000_000}`]))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function run(cwd: string, command: string, args: readonly string[]): string {
  const { stdout, stderr, error, status } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

function read(said: string): Search {
  const figure = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? Number.NaN)
  return {
    states: figure(/(\S+) states, stored/),
    depth: figure(/depth reached (\d+)/),
    seconds: figure(/elapsed time (\S+) seconds/),
    megabytes: figure(/(\S+)\s+total actual memory usage/),
    violated: /assertion violated (.+) \(at depth/.exec(said)?.[1]?.trim() ?? null,
  }
}

/** `npm run model`: the model, then each of its mutants; fails where the model is wrong, or a guard is not needed. */
function main(): void {
  if (!canSearch()) {
    console.error('This needs spin and gcc: apt-get install spin gcc')
    process.exitCode = 1
    return
  }
  const whole = search()
  const { states, depth, seconds, megabytes } = whole
  console.log(
    `All ${states} states, ${depth} steps deep, ${megabytes} MB, ${seconds} s: ${whole.violated ?? 'all holds'}`,
  )
  let wrong = whole.violated === null ? 0 : 1
  for (const guard of guardsOfModel()) {
    const { violated, ...found } = search({ without: guard })
    if (violated === null) wrong += 1
    console.log(
      `${guard.padEnd(26)} ${String(found.states).padStart(9)} states: ${violated ?? 'NOTHING IS WRONG WITHOUT IT'}`,
    )
  }
  process.exitCode = wrong > 0 ? 1 : 0
}

if (import.meta.main) main()
