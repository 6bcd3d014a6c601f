import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { expect, it } from 'vitest'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { PAY } from './operations.ts'
import { BANK_ACCOUNT, MARK_PAID, REQUEST, REVIEW, tellEvent } from './payout-operations.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/money.md'), 'utf8')

/** The rows of the page's worked example: what each account holds after each step. */
function example(): { accounts: string[]; steps: Map<string, number[]> } {
  const lines = PAGE.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const start = lines.findIndex(([first]) => first === 'after')
  const [, ...names] = lines[start] ?? []
  const end = lines.findIndex((cells, at) => at > start && cells.length === 0)
  const rows = lines.slice(start + 2, end)
  return {
    accounts: names.map((name) => name.split(' ')[0] ?? ''),
    steps: new Map(rows.map(([step = '', ...amounts]) => [step, amounts.map(Number)])),
  }
}

it('docs/money.md: each account of its example holds what the page says, after each step', async () => {
  await using booking = await startBooking({ SIGNUP_GRANT_IDR: 1_000_000 })
  const { db, ask, subgraph } = booking
  const { accounts, steps } = example()
  const admin = person({ role: 'ADMIN' })
  const sari = person({ role: 'ORGANIZER' })
  const event = { eventId: newId(), organizerId: sari.id }
  const fee = { name: 'Karcis', basisPoints: 500, perPlace: 0, currency: null, inclusive: true, taxed: false }
  const said: string[] = []
  const after = async (step: string) => {
    const rows = await db.$queryRaw<{ kind: string; sum: number }[]>`
      SELECT account.kind, sum(entry.amount)::int AS sum FROM ledger_accounts account
      JOIN ledger_entries entry ON entry.account_id = account.id GROUP BY account.kind`
    const holds = new Map(rows.map(({ kind, sum }) => [kind, sum]))
    expect([step, ...accounts.map((kind) => holds.get(kind) ?? 0)]).toEqual([
      step,
      ...(steps.get(step) ?? []),
    ])
    // No account is left out of the page.
    expect([...holds.keys()].filter((kind) => !accounts.includes(kind))).toEqual([])
    said.push(step)
  }

  await tellEvent(booking, event, { endsInDays: 1, version: 1 })
  const budi = await booking.buyer()
  await after('sign-up')
  const seat = () =>
    pendingBooking(db, budi.id, 150_000, { ...event, fees: [{ kind: 'PLATFORM_FEE', ...fee }] })
  const [first, second] = [await seat(), await seat()]
  await after('booking')
  await ask(budi, PAY, { id: first.id })
  await after('first payment')
  await ask(budi, PAY, { id: second.id })
  await after('second payment')
  await refundInFull(subgraph.deps, second.id, 'Cannot come.', { fulfilled: false })
  await after('refund')
  await tellEvent(booking, event, { endsInDays: -4, version: 2 })
  const asked = await ask(sari, REQUEST, { input: { currency: 'IDR', bankAccount: BANK_ACCOUNT } })
  const { id, statement } = asked.data.requestPayout
  await after('payout asked for')
  await ask(admin, REVIEW, { id, input: { decision: 'APPROVED' } })
  await ask(admin, MARK_PAID, { id })
  await after('payout transferred')
  expect(said).toEqual([...steps.keys()])

  const [{ sales, refunds, fees, amount, remaining }] = statement
  const sentence = `sales ${sales}, refunds ${refunds}, fees ${fees}, paid out ${amount}, left ${remaining}`
  expect(PAGE).toContain(sentence)
  expect(await audit(db)).toEqual([])
})
