import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './paths.ts'

const USAGE = `Usage: npm run chaos -- ROUNDS                      kills each of the five processes ROUNDS times
       npm run chaos -- --storm MINUTES [--seed N] [--only KIND]
                                                    all kinds of faults at random; the same ones for the same seed
       npm run chaos -- --matrix [--faults N] [--seed N] [--wave N] [--points NAME,…]
                                                    at least N faults of processes, stores, providers and time in waves,
                                                    each followed by a look at everything; from a later wave of the plan on;
                                                    processes die at these fault points instead of at all there are
       npm run chaos -- --live [--watchers N] [--changes N] [--seed N] [--mutant NAME]
                                                    N watchers of a seat map amid N changes of seats and faults of all that is between
                                                    them and the database, which is restored from a back-up; or a short form of it
                                                    without one of its guards, which fails`

/** The long forms of e2e/test/chaos.test.ts, e2e/test/storm.test.ts, e2e/test/matrix.test.ts and e2e/test/live-map.test.ts. */
function readTest(args: string[]): { file: string; env: Record<string, string> } {
  const text = { type: 'string' } as const
  const options = {
    storm: text,
    seed: text,
    only: text,
    matrix: { type: 'boolean' },
    faults: text,
    wave: text,
    points: text,
    live: { type: 'boolean' },
    watchers: text,
    changes: text,
    mutant: text,
  } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const { storm, seed, only, matrix, faults = '1500', wave = '1', points } = values
  const { live, watchers = '1000', changes = '10000', mutant } = values
  const chosenSeed = String(seed === undefined ? randomInt(1, 2 ** 31) : positive(seed))
  if (live) {
    const size = {
      KARCIS_LIVE_WATCHERS: String(positive(watchers)),
      KARCIS_LIVE_CHANGES: String(positive(changes)),
    }
    return {
      file: 'live-map',
      env: {
        KARCIS_LIVE_SEED: chosenSeed,
        ...(mutant === undefined ? size : { KARCIS_LIVE_MUTANT: mutant }),
      },
    }
  }
  if (matrix)
    return {
      file: 'matrix',
      env: {
        KARCIS_MATRIX_FAULTS: String(positive(faults)),
        KARCIS_MATRIX_SEED: chosenSeed,
        KARCIS_MATRIX_WAVE: String(positive(wave)),
        ...(points !== undefined && { KARCIS_MATRIX_POINTS: points }),
      },
    }
  if (storm === undefined) {
    const [rounds = '10'] = positionals
    return { file: 'chaos', env: { KARCIS_CHAOS_ROUNDS: String(positive(rounds)) } }
  }
  return {
    file: 'storm',
    env: {
      KARCIS_STORM_MINUTES: String(positive(storm)),
      KARCIS_STORM_SEED: chosenSeed,
      ...(only !== undefined && { KARCIS_STORM_ONLY: only }),
    },
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`"${text}" is not a number above 0`)
  return value
}

try {
  const { file, env } = readTest(process.argv.slice(2))
  const { status } = spawnSync(
    join(ROOT, 'node_modules/.bin/vitest'),
    ['run', `e2e/test/${file}.test.ts`, '--disable-console-intercept'],
    { cwd: ROOT, env: { ...process.env, ...env }, stdio: 'inherit' },
  )
  process.exitCode = status ?? 1
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`)
  process.exitCode = 1
}
