import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** Text, and what else becomes shorter by a second coding. */
export const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** How a file can be sent, the shortest first, and how the name of one that is so ends. */
export const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

export type Coding = (typeof CODINGS)[number][0]

/** A file of the build, in memory: all together they are about a megabyte. */
export interface BuildFile {
  type: string
  etag: string
  /** Whether its name says what is in it, so that it never changes. */
  immutable: boolean
  body: Buffer
  coded: Partial<Record<Coding, Buffer>>
}

/** What stands for a module of the source, or a group of them, in the build. */
export interface Chunk {
  file: string
  /** Style sheets have none. */
  name?: string
  css?: string[]
  /** Keys of those that it cannot do without. */
  imports?: string[]
}

/** What `vite build` has made, with the codings that were made beside it. */
export interface Build {
  /** By path. */
  files: ReadonlyMap<string, BuildFile>
  /** The page into which everything else is filled. */
  template: string
  chunks: Chunks
}

/** By the path of the module, from `web/`, and groups of modules by their name (vite.config.ts). */
export type Chunks = Readonly<Record<string, Chunk>>

const MANIFEST = '.vite/manifest.json'

/** @throws Error where there is no build. */
export function readBuild(folder: string): Build {
  const index = join(folder, 'index.html')
  if (!existsSync(index)) throw new Error('the web app is not built: run `npm run build:web`')
  const names = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const isCoded = (name: string): boolean => CODINGS.some(([, ending]) => name.endsWith(ending))
  const own = names.filter((name) => !isCoded(name) && name !== 'index.html' && !name.startsWith('.'))
  const files = own.map((name): [string, BuildFile] => [`/${name}`, readFile(folder, name)])
  return { files: new Map(files), template: readFileSync(index, 'utf8'), chunks: readChunks(folder) }
}

/** What the build is made of; nothing where it does not say. */
export function readChunks(folder: string): Chunks {
  const manifest = join(folder, MANIFEST)
  if (!existsSync(manifest)) return {}
  const chunks = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, Chunk>
  // Keys of what is of no single module begin with `_`.
  const groups = Object.entries(chunks).flatMap(([key, chunk]) =>
    key.startsWith('_') && chunk.name !== undefined ? [[chunk.name, chunk] as const] : [],
  )
  return { ...Object.fromEntries(groups), ...chunks }
}

function readFile(folder: string, name: string): BuildFile {
  const body = readFileSync(join(folder, name))
  const coded = CODINGS.flatMap(([coding, ending]) => {
    const file = join(folder, name + ending)
    return existsSync(file) ? [[coding, readFileSync(file)] as const] : []
  })
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    etag: etagOf(body),
    immutable: name.startsWith('assets/'),
    body,
    coded: Object.fromEntries(coded),
  }
}

export const etagOf = (body: string | Buffer): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`

/** What the browser can begin to load before the app asks for it: scripts, and style sheets. @param wanted keys of `chunks`. */
export function preloadsOf(
  chunks: Chunks,
  wanted: readonly string[],
): { scripts: string[]; styles: string[] } {
  const scripts = new Set<string>()
  const styles = new Set<string>()
  const add = (key: string): void => {
    const chunk = chunks[key]
    if (!chunk || scripts.has(chunk.file)) return
    scripts.add(chunk.file)
    for (const style of chunk.css ?? []) styles.add(style)
    for (const other of chunk.imports ?? []) add(other)
  }
  for (const key of wanted) add(key)
  return { scripts: [...scripts], styles: [...styles] }
}

/** A style sheet of the build as part of a page. */
export interface Sheet {
  /** HTML; says which file it stands for, so that the app does not ask for that (web/src/api/preload.ts). */
  html: string
  /** By which the page's policy allows it (CSP, 2.3.1: `hash-source`). */
  source: string
}

/** @param file its name in the build. @throws Error where that has none, or one that would end its element. */
export function sheetOf({ files }: Build, file: string): Sheet {
  const text = files.get(`/${file}`)?.body.toString()
  if (text === undefined || /<\/style/i.test(text))
    throw new Error(`${file} cannot be written into a page: build the web app anew`)
  const hash = createHash('sha256').update(text).digest('base64')
  return { html: `<style data-href="/${file}">${text}</style>`, source: `'sha256-${hash}'` }
}
