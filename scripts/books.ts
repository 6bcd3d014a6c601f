import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { GRACE_SECONDS, openBooks } from '@karcis/infra/books/audit'
import { describeFindings } from '@karcis/infra/books/print'
import { SetupError } from '@karcis/infra/setup'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { databaseUrls } from './database-urls.ts'
import { ROOT } from './paths.ts'

const USAGE = 'usage: npm run books -- [--json] [--repair] [--grace SECONDS] [--data DIR]'
/** Exit codes: all is right; something is not; the books could not be read. */
const [RIGHT, WRONG, UNREADABLE] = [0, 1, 2]

/**
 * Audits seats, stock, tickets, money, jobs and events over the four databases, those that the *_DATABASE_URL settings name and for the
 * rest those of a running `npm start`. The platform may be at work meanwhile.
 */
async function main(args: string[]): Promise<number> {
  const { json, repair, graceSeconds, dataDir } = readFlags(args)
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'))
  await using books = openBooks(databaseUrls(SUBGRAPHS, dataDir))
  const findings = await books.audit({ graceSeconds, repair })
  const underWay = await books.underWay()
  console.log(json ? JSON.stringify({ findings, underWay }, null, 2) : describeFindings(findings, underWay))
  return findings.every(({ count, repaired }) => count === (repaired?.count ?? 0)) ? RIGHT : WRONG
}

function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: 'boolean', default: false },
        repair: { type: 'boolean', default: false },
        grace: { type: 'string', default: String(GRACE_SECONDS) },
        data: { type: 'string', default: '.data' },
      },
    })
    const graceSeconds = Number(values.grace)
    if (!Number.isInteger(graceSeconds) || graceSeconds < 0) throw new Error('--grace takes whole seconds')
    return { json: values.json, repair: values.repair, graceSeconds, dataDir: resolve(ROOT, values.data) }
  } catch (error) {
    throw new SetupError(`${(error as Error).message} (${USAGE})`)
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(
    error instanceof SetupError ? error.message : `The books cannot be read: ${(error as Error).message}`,
  )
  process.exitCode = UNREADABLE
}
