import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineConfig, type Plugin, type ProxyOptions } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const here = import.meta.dirname
const OUT = join(here, 'dist')
const ROUTER_URL = process.env.ROUTER_URL ?? 'http://localhost:4000'

/** What the router answers itself; in development it is asked through the same origin, as its cookies and sockets demand. */
const router: ProxyOptions = { target: ROUTER_URL, changeOrigin: false, ws: true }
const PROXIED = ['/graphql', '/seat-layouts', '/images', '/uploads', '/files', '/ide', '/outbox']

/** Generates what is imported from src/generated; by a process of its own, as Vite would take another copy of graphql into this one. */
async function generate(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(here, '../scripts/generate.ts')])
}

const JSX = { runtime: 'automatic', importSource: 'preact' } as const

/** Modules of the source, by a pattern of their path without its ending. */
const of = (path: string): RegExp => new RegExp(`/src/(${path})\\.tsx?$`)

/**
 * What is loaded together is one file, as it is shorter so, and so is the list of files that the app carries: what every page begins with and the first of them, what the
 * components of all rooms are, and a file or two for each room. A group has its modules with all that they cannot do without, but for what an earlier group has.
 */
const GROUPS = [
  { name: 'first', test: of('main|api/step-up|api/keeper') },
  { name: 'ui', test: of('ui/(?!routes|ui-page|more-icons)[^/]+') },
  { name: 'api', test: of('api/(subscribe|script-url)|texts/(theme|times)') },
  { name: 'signing-in', test: of('api/sign-in') },
  { name: 'beside', test: of('app/(menus|notices)|discover/near-button') },
  { name: 'qr', test: /\/node_modules\/uqr\// },
  { name: 'database', test: of('offline/indexed-db') },
  { name: 'offline', test: of('offline/(start|worker|events|use-kept|queue)') },
  { name: 'event-page', test: of('discover/event-pages') },
  { name: 'search', test: of('discover/search-pages') },
  { name: 'checkout', test: of('checkout/pages') },
  { name: 'tickets', test: of('tickets/pages') },
  { name: 'sign-in', test: of('account/sign-in-pages') },
  { name: 'account', test: of('account/account-pages') },
].map((group, at, { length }) => ({ ...group, priority: length - at }))

/** What is to be loaded with a file that is loaded later: nothing of what every page begins with, and not the file alone, which is asked for anyway. */
const beyondFirst = (file: string, needed: readonly string[]): string[] => {
  const missing = needed.filter((name) => !name.startsWith('assets/first-'))
  return missing.some((name) => name !== file) ? missing : []
}

/** In development operations are typed anew whenever a document changes. Before a build that has been done (scripts/build-web.ts). */
const operations = (): Plugin => ({
  name: 'karcis-operations',
  apply: 'serve',
  buildStart: generate,
  async watchChange(file) {
    if (file.endsWith('.graphql') || file.includes('/texts/id/')) await generate()
  },
})

/** Stylesheets come by chunks, in any order; each says first in which order the layers count. */
const layers = (): Plugin => ({
  name: 'karcis-layers',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('.css') ? `@layer reset, tokens, base, components, pages, utilities;\n${code}` : undefined,
})

/** What loads code later is ours: Vite's own is three times as long. */
const preload = (): Plugin => ({
  name: 'karcis-preload',
  apply: 'build',
  enforce: 'pre',
  load: (id) =>
    id.endsWith('vite/preload-helper.js')
      ? `export { preload as __vitePreload } from ${JSON.stringify(join(here, 'src/api/preload.ts'))}`
      : undefined,
})

let failure: Error | undefined

/** What makes the worker runs after a build that failed too, and would tell of the files that it misses instead of why they are not there. */
const failures = (): Plugin => ({
  name: 'karcis-failures',
  apply: 'build',
  buildEnd(error) {
    failure ??= error
  },
  renderError(error) {
    failure ??= error
  },
})

/** Gives the worker the name of the list of files instead of the list, which it needs once. The name says what is listed, so that the browser sees another worker with each build. */
const listed = (files: readonly { url: string; revision: string | null }[]) => {
  if (failure) throw failure
  const list = JSON.stringify(files.map(({ url, revision }) => ({ url, revision })))
  const hash = createHash('sha256').update(list).digest('base64url').slice(0, 8)
  const url = `assets/shell-${hash}.json`
  writeFileSync(join(OUT, url), list)
  return { manifest: [{ url, revision: null, size: list.length }] }
}

/** What the server draws pages with before the app has begun: all of the app in one file, which no browser gets (web/server/drawing.ts). */
const drawing = defineConfig({
  root: here,
  publicDir: false,
  oxc: { jsx: JSX },
  ssr: { noExternal: true },
  define: { BroadcastChannel: 'undefined' }, // Node's would keep the server from ending
  build: {
    outDir: 'dist/.draw',
    target: 'es2023',
    rolldownOptions: {
      input: join(here, 'src/draw.tsx'),
      output: { codeSplitting: false, entryFileNames: 'draw.js' },
    },
  },
})

const app = defineConfig({
  root: here,
  appType: 'spa',
  server: { proxy: Object.fromEntries(PROXIED.map((path) => [path, router])) },
  preview: { proxy: Object.fromEntries(PROXIED.map((path) => [path, router])) },
  oxc: { jsx: JSX },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true, // by which the server knows what a page is made of
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with `light-dark()`: spelled out, it makes the colours three times as long
    sourcemap: false,
    assetsInlineLimit: 0, // the page's policy allows nothing that is written into it
    modulePreload: { polyfill: false, resolveDependencies: beyondFirst },
    rolldownOptions: {
      input: { app: join(here, 'index.html'), embed: join(here, 'src/embed/embed.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'embed' ? 'embed.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        codeSplitting: { groups: GROUPS },
      },
    },
  },
  plugins: [
    operations(),
    layers(),
    preload(),
    failures(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/worker',
      filename: 'worker.ts',
      injectRegister: false,
      injectManifest: {
        globPatterns: [
          'index.html',
          'manifest.webmanifest',
          'assets/*.{js,css,woff2,svg}',
          'icons/icon{.svg,-192.png}',
        ],
        globIgnores: ['assets/{samples,ui-page,demo-page}-*'], // what shows the components alone
        manifestTransforms: [listed],
      },
      manifest: false, // it is written by hand (public/)
    }),
  ],
})

export default defineConfig(({ isSsrBuild }) => (isSsrBuild ? drawing : app))
