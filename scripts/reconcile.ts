import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { reconcile } from '@karcis/infra/books/reconcile'
import { readReport, REPORTED, UnreadableReport } from '@karcis/infra/books/settlement-report'
import { SetupError } from '@karcis/infra/setup'
import { databaseUrls } from './database-urls.ts'
import { ROOT } from './paths.ts'

const USAGE = `usage: npm run reconcile -- ${REPORTED.join('|')} REPORT.csv [--from DAY --to DAY] [--dry-run] [--json] [--data DIR]`
/** Exit codes: all agrees; something does not; the report or the books could not be read. */
const [AGREES, DIFFERS, UNREADABLE] = [0, 1, 2]

/** Holds a provider's report against the ledger of BOOKING_DATABASE_URL, or of a running `npm start`, and posts what agrees. */
async function main(args: string[]): Promise<number> {
  const { provider, report, period, post, json, dataDir } = readFlags(args)
  if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'))
  const lines = readReport(provider, readFileSync(report, 'utf8'))
  const url = databaseUrls(['booking'], dataDir).booking
  const result = await reconcile(url, provider, lines, { post, ...(period && { period }) })
  if (json) console.log(JSON.stringify(result, null, 2))
  else {
    for (const { kind, payment, here, there } of result.differences)
      console.log(`✗ ${kind}  payment ${payment}  here ${here}  there ${there}`)
    console.log(
      `${result.lines} lines: ${result.agreeing} agree, ${result.posted} posted, ${result.differences.length} differences`,
    )
  }
  return result.differences.length === 0 ? AGREES : DIFFERS
}

function readFlags(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        data: { type: 'string', default: '.data' },
      },
    })
    const [provider = '', report = ''] = positionals
    const { from, to } = values
    if (report === '' || (from === undefined) !== (to === undefined)) throw new Error('what is to be read?')
    for (const day of [from, to])
      if (day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(day))
        throw new Error(`${day} is not a day such as 2026-12-31`)
    return {
      provider: provider.toUpperCase(),
      report: resolve(report),
      period: from !== undefined && to !== undefined ? { from, to } : undefined,
      post: !values['dry-run'],
      json: values.json,
      dataDir: resolve(ROOT, values.data),
    }
  } catch (error) {
    throw new SetupError(`${(error as Error).message} (${USAGE})`)
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const known = error instanceof SetupError || error instanceof UnreadableReport
  console.error(
    known ? error.message : `The report cannot be held against the books: ${(error as Error).message}`,
  )
  process.exitCode = UNREADABLE
}
