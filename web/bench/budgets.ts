import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { preloadsOf, readChunks } from '../server/build-files.ts'

const DIST = join(import.meta.dirname, '../dist')

/** What somebody loads who opens the home page and was never there. */
const FIRST = ['index.html', 'first', 'src/generated/texts-id.ts']

/** A figure beside what it may be at most, both in the same unit. */
export interface Budget {
  what: string
  measured: number
  most: number
  unit: string
}

/** Sizes of the build, gzipped, beside their budgets: what a first visit loads whatever page it is of, what the seat map adds to the page that opens it, and what the scanner adds until it scans. */
export function sizeBudgets(): Budget[] {
  const chunks = readChunks(DIST)
  const first = preloadsOf(chunks, FIRST)
  const workers = globSync('assets/intl-worker-*.js', { cwd: DIST })
  /** What a page loads beyond the first page and another one. */
  const added = (module: string, ...after: string[]): number => {
    const known = new Set(preloadsOf(chunks, [...FIRST, ...after]).scripts)
    return sizeOf(preloadsOf(chunks, [module]).scripts.filter((file) => !known.has(file)))
  }
  const budget = (what: string, measured: number, most: number): Budget => ({
    what,
    measured: measured / 1_000,
    most,
    unit: 'k gz',
  })
  return [
    budget('first load, scripts', sizeOf([...first.scripts, ...workers]), 25),
    budget('first load, styles', sizeOf(first.styles), 8),
    budget('seat map, scripts', added('src/seat-map/seat-picker.tsx', 'checkout'), 15),
    budget('scanner, scripts', added('src/door/door-page.tsx'), 15),
    budget('service worker', sizeOf(globSync('{worker,sw}.js', { cwd: DIST })), 5),
    budget('embed.js', sizeOf(['embed.js']), 2),
  ]
}

/** Each script and style sheet of the build, the largest first. */
export const chunkSizes = (): [name: string, bytes: number][] =>
  globSync('**/*.{js,css}', { cwd: DIST })
    .map((file): [string, number] => [basename(file), sizeOf([file])])
    .sort(([, a], [, b]) => b - a)

const sizeOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0)
