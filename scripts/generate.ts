import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { runCommand } from './command.ts'
import { exclusively, hashFiles, isStamped, writeStamp } from './once.ts'
import {
  generatedDirectory,
  prismaFile,
  ROOT,
  sdlFile,
  SUPERGRAPH,
  WEB_GENERATED,
  WEB_SOURCE,
} from './paths.ts'

type Log = (line: string) => void

/** Brings the generated code of all subgraphs and of the web app up to date; what is current is left alone, in milliseconds. */
export async function generate(log: Log = console.log): Promise<void> {
  await Promise.all([
    ...SUBGRAPHS.flatMap((name) => [databaseClient(name, log), resolverTypes(name, log)]),
    webOperations(log),
  ])
}

/** The Prisma client of prisma/<name>/schema.prisma. */
async function databaseClient(name: SubgraphName, log: Log): Promise<void> {
  const schema = prismaFile(name)
  if (!existsSync(schema)) return
  const directory = join(generatedDirectory(name), 'prisma')
  const stamp = join(generatedDirectory(name), '.prisma-stamp')
  const isCurrent = () =>
    existsSync(directory) && isStamped(stamp, hashFiles([schema, join(ROOT, 'pnpm-lock.yaml')]))
  if (isCurrent()) return
  await exclusively(join(generatedDirectory(name), '.prisma-lock'), async () => {
    if (isCurrent()) return // by another process, while we waited
    const hash = hashFiles([schema, join(ROOT, 'pnpm-lock.yaml')])
    log(`generating the database client of ${name}`)
    rmSync(directory, { recursive: true, force: true })
    await prismaGenerate(schema)
    writeStamp(stamp, hash)
  })
}

/** The resolver types of schema/<name>.graphql. */
async function resolverTypes(name: SubgraphName, log: Log): Promise<void> {
  if (!existsSync(sdlFile(name))) return
  const file = join(generatedDirectory(name), 'resolvers-types.ts')
  const stamp = join(generatedDirectory(name), '.resolvers-stamp')
  const mappers = join(ROOT, 'subgraphs', name, 'codegen.json')
  const hash = hashFiles([sdlFile(name), mappers, join(import.meta.dirname, 'resolver-types.ts')])
  if (existsSync(file) && isStamped(stamp, hash)) return
  log(`generating the resolver types of ${name}`)
  const { generateResolverTypes } = await import('./resolver-types.ts') // takes longer to load than to run
  const code = await generateResolverTypes(name)
  mkdirSync(generatedDirectory(name), { recursive: true })
  writeFileSync(file, code)
  writeStamp(stamp, hash)
}

/** The web app's operations, made from its documents and the API's schema, and the registry of its texts. */
async function webOperations(log: Log): Promise<void> {
  const stamp = join(WEB_GENERATED, '.stamp')
  const documents = globSync('*/*.graphql', { cwd: WEB_SOURCE }).sort()
  const texts = globSync('texts/id/*.ts', { cwd: WEB_SOURCE }).sort()
  const sources = [SUPERGRAPH, join(import.meta.dirname, 'web-operations.ts')]
  const contents = hashFiles([...sources, ...documents.map((file) => join(WEB_SOURCE, file))])
  const hash = [contents, ...documents, ...texts].join(' ')
  if (isStamped(stamp, hash)) return
  log('generating the operations of the web app')
  const { generateWebOperations } = await import('./web-operations.ts')
  await generateWebOperations()
  writeStamp(stamp, hash)
}

async function prismaGenerate(schema: string): Promise<void> {
  const cli = join(ROOT, 'node_modules/prisma/build/index.js')
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, // generating needs no engine, but the CLI downloads one unless it is shown a file
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  }
  const flags = ['generate', '--schema', schema, '--no-hints']
  const { ok, output } = await runCommand(process.execPath, [cli, ...flags], { env })
  if (!ok) throw new Error(`prisma generate failed for ${schema}:\n${output.trim()}`)
}

/**
 * Before a run of tests. What could not be generated fails the tests that need it, by itself.
 * @public vitest.config.ts names this file
 */
export const setup = (): Promise<void> =>
  generate().catch((error: Error) => {
    console.error(error.message)
  })

if (import.meta.main) await generate()
