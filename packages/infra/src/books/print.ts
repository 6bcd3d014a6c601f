import type { Finding, Row } from './report.ts'
import type { Verified } from './verify-ledger.ts'

/** How many characters of a value one line shows. */
const VALUE_LENGTH = 80

/** Findings as a person at a terminal reads them, a line each and more for what is wrong. */
export function describeFindings(findings: readonly Finding[], underWay: Record<string, number>): string {
  const wrong = findings.filter(({ count }) => count > 0)
  const busy = Object.entries(underWay).filter(([, count]) => count > 0)
  return [
    ...groupByDatabases(findings).flatMap(([databases, group]) => [
      '',
      databases,
      ...group.flatMap(describe),
    ]),
    '',
    `under way  ${busy.map(([what, count]) => `${count} ${what}`).join(', ') || 'nothing'}`,
    wrong.length === 0
      ? `the books are right: ${findings.length} checks`
      : `${wrong.length} of ${findings.length} checks found something wrong: ${[...new Set(wrong.map(({ check }) => check))].join(', ')}`,
  ].join('\n')
}

/** What a verification of the ledger found, as a person at a terminal reads it. */
export function describeVerified({ findings, lastClose, ...read }: Verified): string {
  const wrong = findings.filter(({ count }) => count > 0)
  const { postings, entries, bookings, closedDays } = read
  return [
    ...findings.flatMap(describe),
    '',
    `read  ${postings} postings with ${entries} entries, ${bookings} bookings, ${closedDays} closed days`,
    ...(lastClose ? [`last close  ${lastClose.day}  ${lastClose.hash}`] : []),
    wrong.length === 0
      ? 'the ledger is right'
      : `the ledger is wrong: ${wrong.map(({ check }) => check).join(', ')}`,
  ].join('\n')
}

const groupByDatabases = (findings: readonly Finding[]) => [
  ...Map.groupBy(findings, ({ databases }) => databases.join(' + ')),
]

function describe({ check, rule, count, rows, repaired }: Finding): string[] {
  if (count === 0) return [`  ✓ ${rule}`]
  const more = count - rows.length
  return [
    `  ✗ ${rule}: ${count} ${count === 1 ? 'breach' : 'breaches'} (${check})`,
    ...rows.map((row) => `      ${describeRow(row)}`),
    ...(more > 0 ? [`      … and ${more} more`] : []),
    ...(repaired ? [`    → ${repaired.count} ${repaired.how}`] : []),
  ]
}

const describeRow = (row: Row): string =>
  Object.entries(row)
    .map(([name, value]) => `${name}=${show(value)}`)
    .join(' ')

function show(value: unknown): string {
  if (value === null || value === undefined) return '–'
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : JSON.stringify(value)
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > VALUE_LENGTH ? `${line.slice(0, VALUE_LENGTH - 1)}…` : line
}
