import { getPrismaClient } from '@prisma/client/runtime/client'
import { createTestDatabase } from '@karcis/testkit/database'
import { prismaOptions, type RawSql, type TransactionSource } from '../src/database.ts'
import { log } from './start-server.ts'

/** A Prisma client without models: what the kit itself needs of one. */
export interface RawClient extends RawSql, TransactionSource<RawSql> {
  $disconnect(): Promise<void>
}

const COMPILER = '@prisma/client/runtime/query_compiler_fast_bg.postgresql'

/** What the generator writes for a schema without models. */
const RawPrismaClient = getPrismaClient({
  previewFeatures: [],
  clientVersion: 'test',
  engineVersion: 'test',
  activeProvider: 'postgresql',
  inlineSchema: 'datasource db {\n  provider = "postgresql"\n}\n',
  runtimeDataModel: { models: {}, enums: {}, types: {} },
  parameterizationSchema: { strings: [], graph: 'AAAAAAAA' },
  compilerWasm: {
    getRuntime: () => import(`${COMPILER}.mjs`),
    async getQueryCompilerWasmModule() {
      const { wasm } = await import(`${COMPILER}.wasm-base64.mjs`)
      return new WebAssembly.Module(Buffer.from(wasm, 'base64'))
    },
    importName: './query_compiler_fast_bg.js',
  },
})

/** Connects as the product does. */
export const connectPrisma = (url: string, poolSize?: number): RawClient =>
  new RawPrismaClient(prismaOptions(url, 'kit-test', log, poolSize))

/** A database of a test's own that holds what the kit needs, connected to as the product does. */
export interface KitDatabase extends RawClient, AsyncDisposable {
  url: string
}

export async function openKitDatabase(): Promise<KitDatabase> {
  const database = await createTestDatabase('user')
  const client = connectPrisma(database.url)
  return {
    url: database.url,
    $executeRaw: (query, ...values) => client.$executeRaw(query, ...values),
    $queryRaw: (query, ...values) => client.$queryRaw(query, ...values),
    $transaction: (run, options) => client.$transaction(run, options),
    $disconnect: () => client.$disconnect(),
    async [Symbol.asyncDispose]() {
      await client.$disconnect()
      await database[Symbol.asyncDispose]()
    },
  }
}
