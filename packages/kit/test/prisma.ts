import { getPrismaClient } from '@prisma/client/runtime/client'
import { createTestDatabase } from '@karcis/testkit/database'
import { prismaOptions, type RawSql } from '../src/database.ts'
import { log } from './server.ts'

/** A Prisma client without models: what the kit itself needs of one. */
export interface RawClient extends RawSql {
  $transaction<T>(run: (tx: RawSql) => Promise<T>, options?: { timeout?: number }): Promise<T>
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

/** A database of the test's own, connected to as the product does. */
export async function openPrisma(): Promise<AsyncDisposable & { db: RawClient; url: string }> {
  const database = await createTestDatabase('user')
  const db = connectPrisma(database.url)
  return {
    db,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await db.$disconnect()
      await database[Symbol.asyncDispose]()
    },
  }
}
