import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { describeVerified } from '@karcis/infra/books/print'
import { verifyLedger } from '@karcis/infra/books/verify-ledger'
import { SetupError } from '@karcis/infra/setup'
import { databaseUrls } from './database-urls.ts'
import { ROOT } from './paths.ts'

const USAGE = 'usage: npm run verify-ledger -- [--json] [--data DIR]'
/** Exit codes: all is right; something is not; the ledger could not be read. */
const [RIGHT, WRONG, UNREADABLE] = [0, 1, 2]

/** Works the ledger out again from its entries, in the database that BOOKING_DATABASE_URL names or that of a running `npm start`. */
async function main(args: string[]): Promise<number> {
  const { json, dataDir } = readFlags(args)
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'))
  const verified = await verifyLedger(databaseUrls(['booking'], dataDir).booking)
  console.log(json ? JSON.stringify(verified, null, 2) : describeVerified(verified))
  return verified.findings.every(({ count }) => count === 0) ? RIGHT : WRONG
}

function readFlags(args: string[]): { json: boolean; dataDir: string } {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      data: { type: 'string', default: '.data' },
    } as const
    const { values } = parseArgs({ args, options })
    return { json: values.json, dataDir: resolve(ROOT, values.data) }
  } catch (error) {
    throw new SetupError(`${(error as Error).message} (${USAGE})`)
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(
    error instanceof SetupError ? error.message : `The ledger cannot be read: ${(error as Error).message}`,
  )
  process.exitCode = UNREADABLE
}
