import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { runCommand } from './command.ts'
import { generate } from './generate.ts'
import { exclusively, hashFiles, isStamped, writeStamp } from './once.ts'
import { ROOT } from './paths.ts'

const WEB = join(ROOT, 'web')
const DIST = join(WEB, 'dist')
const STAMP = join(DIST, '.stamp')

/** What becomes shorter by a coding. Pictures and fonts are short already. */
const CODED = new Set(['.js', '.css', '.html', '.json', '.svg', '.wasm', '.webmanifest', '.txt'])
/** Shorter than that, a coding is not worth its header. */
const SHORT = 500
/** Longer than that, the best coding takes seconds for the last per cent. */
const LONG = 300_000

/** Builds the web app into web/dist, of what is generated already, and each file in shorter codings beside it. What was made of the same is left alone, in milliseconds. */
export async function buildWeb(log: (line: string) => void = console.log): Promise<void> {
  const isCurrent = (): boolean => existsSync(join(DIST, 'index.html')) && isStamped(STAMP, inputs())
  if (isCurrent()) return
  await exclusively(join(ROOT, 'node_modules/.cache/web-build.lock'), async () => {
    if (isCurrent()) return // by another process, while we waited
    const hash = inputs()
    const startedAt = Date.now()
    rmSync(STAMP, { force: true })
    await viteBuild()
    await Promise.all([viteBuild('--ssr'), ...builtFiles().map(encode)])
    writeStamp(STAMP, hash)
    log(`built the web app (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  })
}

/** Says all that the build is made of. */
function inputs(): string {
  const own = globSync(['src/**/*', 'public/**/*', 'index.html', 'vite.config.ts', 'package.json'], {
    cwd: WEB,
    withFileTypes: true,
  })
    .filter(
      (entry) => entry.isFile() && !entry.parentPath.includes('/generated') && !entry.name.includes('.test.'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
  const others = [
    'schema/supergraph.graphql',
    'pnpm-lock.yaml',
    'scripts/web-operations.ts',
    'scripts/build-web.ts',
  ]
  return hashFiles([...own.sort(), ...others.map((file) => join(ROOT, file))])
}

async function viteBuild(...more: string[]): Promise<void> {
  const cli = join(ROOT, 'node_modules/vite/bin/vite.js')
  const flags = ['--disable-warning=ExperimentalWarning', cli, 'build', '--logLevel', 'warn', ...more]
  const env = { ...process.env, NODE_ENV: 'production' }
  const { ok, output } = await runCommand(process.execPath, flags, { cwd: WEB, env })
  if (!ok) throw new Error(`The web app could not be built:\n${output.trim()}`)
}

const builtFiles = (): string[] =>
  globSync('**/*', { cwd: DIST, withFileTypes: true })
    .filter((entry) => entry.isFile() && CODED.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))

async function encode(file: string): Promise<void> {
  const body = readFileSync(file)
  if (body.length < SHORT) return
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: body.length > LONG ? 9 : 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
  }
  const coded = {
    '.br': await promisify(brotliCompress)(body, { params }),
    '.gz': await promisify(gzip)(body, { level: 9 }),
  }
  for (const [ending, bytes] of Object.entries(coded))
    if (bytes.length < body.length) writeFileSync(file + ending, bytes)
}

if (import.meta.main) {
  await generate()
  await buildWeb()
}
