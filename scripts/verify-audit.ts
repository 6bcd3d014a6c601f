import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { describeVerifiedAudit, type Head, verifyAudit } from '@karcis/infra/books/verify-audit'
import { SetupError } from '@karcis/infra/setup'
import { databaseUrls } from './database-urls.ts'
import { ROOT } from './paths.ts'

const USAGE = 'usage: npm run verify-audit -- [--json] [--head NUMBER:HASH] [--data DIR]'
/** Exit codes: all is right; something is not; the log could not be read. */
const [RIGHT, WRONG, UNREADABLE] = [0, 1, 2]

/** Works the chain of the audit log out again, in the database that USER_DATABASE_URL names or that of a running `npm start`. */
async function main(args: string[]): Promise<number> {
  const { json, head, dataDir } = readFlags(args)
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'))
  const verified = await verifyAudit(databaseUrls(['user'], dataDir).user, head)
  console.log(json ? JSON.stringify(verified, null, 2) : describeVerifiedAudit(verified))
  return verified.wrong === null && verified.unchained === 0 ? RIGHT : WRONG
}

function readFlags(args: string[]): { json: boolean; head: Head | null; dataDir: string } {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      head: { type: 'string' },
      data: { type: 'string', default: '.data' },
    } as const
    const { values } = parseArgs({ args, options })
    return {
      json: values.json,
      head: values.head === undefined ? null : readHead(values.head),
      dataDir: resolve(ROOT, values.data),
    }
  } catch (error) {
    throw new SetupError(`${(error as Error).message} (${USAGE})`)
  }
}

function readHead(text: string): Head {
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? []
  if (!seq || !hash) throw new Error('--head is a number, a colon and a hash, as this prints it.')
  return { seq, hash }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(
    error instanceof SetupError ? error.message : `The audit log cannot be read: ${(error as Error).message}`,
  )
  process.exitCode = UNREADABLE
}
