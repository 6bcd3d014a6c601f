import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Chunk, preloadsOf } from '../server/build-files.ts'

const DIST = join(import.meta.dirname, '../dist')

/** What somebody loads who opens the home page and was never there. */
const FIRST = [
  'index.html',
  'src/discover/home.tsx',
  ...['app', 'ui', 'discover'].map((room) => `src/texts/id/${room}.ts`),
]

/** A figure beside what it may be at most, both in the same unit. */
export interface Budget {
  what: string
  measured: number
  most: number
  unit: string
}

/** Sizes of the build, gzipped, beside their budgets: what a first visit loads whatever page it is of, and what single rooms add. */
export function sizeBudgets(): Budget[] {
  const chunks = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>
  const first = preloadsOf({ chunks }, FIRST)
  const known = new Set(first.scripts)
  const added = (modules: string[]): number =>
    sizeOf(preloadsOf({ chunks }, modules).scripts.filter((file) => !known.has(file)))
  const budget = (what: string, measured: number, most: number): Budget => ({
    what,
    measured: measured / 1_000,
    most,
    unit: 'k gz',
  })
  const room = (what: string, folder: string, most: number): Budget =>
    budget(what, added(Object.keys(chunks).filter((key) => key.startsWith(`src/${folder}/`))), most)
  return [
    budget('first load, scripts', sizeOf(first.scripts), 25),
    budget('first load, styles', sizeOf(first.styles), 8),
    room('seat map, scripts', 'seat-map', 15),
    room('scanner, scripts', 'door', 15),
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
