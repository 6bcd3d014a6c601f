import { newId } from '@karcis/kit/ids'
import pg from 'pg'
import type { ReportLine } from './settlement-report.ts'

/** A way in which a provider's report and our books do not agree. */
export interface Difference {
  /**
   * MISSING_HERE: the provider took a payment that is not ours, or of which no money came here. MISSING_THERE: money that came here is not
   * in the report. AMOUNT: of another amount or currency. REFUND: another sum went back. TWICE: the report has it more than once.
   */
  kind: 'MISSING_HERE' | 'MISSING_THERE' | 'AMOUNT' | 'REFUND' | 'TWICE'
  /** Our id of the payment, or the provider's where we have none. */
  payment: string
  here: string
  there: string
}

export interface Reconciliation {
  lines: number
  /** Lines that agree, or are about nothing that our books have. */
  agreeing: number
  /** Lines that were posted by this; those posted before are not again. */
  posted: number
  differences: Difference[]
}

/** A payment as our books have it. Amounts come as text: they are 64 bits wide. */
interface Payment {
  id: string
  reference: string | null
  captured: string
  returned: string
  currency: string
}

const PAYMENTS = `SELECT p.id, p.provider_reference AS reference, p.captured_amount AS captured, p.currency,
    (SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status = 'DONE') AS returned
  FROM payments p WHERE p.provider = $1`

const PLATFORM = '00000000-0000-0000-0000-000000000000'

/**
 * Holds a provider's settlement report against our books, names each difference, and moves what agrees from the provider's clearing
 * account to BANK and PROVIDER_FEES: each line once, however often its report is read.
 * @param period days (UTC) whose payments the report must have; without it, none is looked for. @param post false: nothing is written.
 */
export async function reconcile(
  url: string,
  provider: string,
  lines: readonly ReportLine[],
  { period, post }: { period?: { from: string; to: string }; post: boolean },
): Promise<Reconciliation> {
  const client = new pg.Client({ connectionString: url, application_name: 'karcis-reconcile' })
  client.on('error', () => undefined) // a lost connection fails the query that is under way
  await client.connect()
  try {
    const payments = await findPayments(client, provider, lines)
    const differences = [
      ...compare(payments, lines),
      ...(await missingThere(client, provider, lines, payments, period)),
    ]
    const wrong = new Set(differences.map(({ payment }) => payment))
    const agreeing = lines.filter(({ payment }) => !wrong.has(payments.get(payment)?.id ?? payment))
    let posted = 0
    if (post) for (const line of agreeing) if (await settle(client, provider, line)) posted += 1
    return { lines: lines.length, agreeing: agreeing.length, posted, differences }
  } finally {
    await client.end()
  }
}

/** Those that the report names, by whichever of their two ids it does. */
async function findPayments(
  client: pg.Client,
  provider: string,
  lines: readonly ReportLine[],
): Promise<Map<string, Payment>> {
  const names = [...new Set(lines.map(({ payment }) => payment))]
  const { rows } = await client.query<Payment>(
    `${PAYMENTS} AND (p.id::text = ANY($2) OR p.provider_reference = ANY($2))`,
    [provider, names],
  )
  return new Map(rows.flatMap((row) => [[row.id, row] as const, [row.reference ?? row.id, row] as const]))
}

function* compare(
  payments: ReadonlyMap<string, Payment>,
  lines: readonly ReportLine[],
): Generator<Difference> {
  const moving = lines.filter(({ kind }) => kind !== 'FEE')
  for (const [name, of] of Map.groupBy(moving, ({ payment }) => payments.get(payment)?.id ?? payment)) {
    const taken = of.filter(({ kind }) => kind === 'PAYMENT')
    const [currency = ''] = new Set(of.map((line) => line.currency))
    const said = (part: readonly ReportLine[]) =>
      `${part.reduce((sum, line) => sum + line.amount, 0)} ${currency}`
    const payment = payments.get(name)
    if (!payment || payment.captured === '0') {
      yield { kind: 'MISSING_HERE', payment: name, here: payment ? '0' : 'no such payment', there: said(of) }
      continue
    }
    const here = {
      taken: `${payment.captured} ${payment.currency}`,
      back: `${-Number(payment.returned)} ${payment.currency}`,
    }
    if (taken.length > 1)
      yield { kind: 'TWICE', payment: name, here: here.taken, there: `${taken.length} times` }
    else if (taken.length === 1 && said(taken) !== here.taken)
      yield { kind: 'AMOUNT', payment: name, here: here.taken, there: said(taken) }
    const back = of.filter(({ kind }) => kind === 'REFUND')
    // A refund may be in a later report than its payment, but then not in part.
    if (back.length > 0 && said(back) !== here.back)
      yield { kind: 'REFUND', payment: name, here: here.back, there: said(back) }
  }
}

/** What came, or went back, here within a period, and is not in the report. */
async function missingThere(
  client: pg.Client,
  provider: string,
  lines: readonly ReportLine[],
  payments: ReadonlyMap<string, Payment>,
  period: { from: string; to: string } | undefined,
): Promise<Difference[]> {
  if (!period) return []
  const has = (kind: ReportLine['kind']) =>
    lines.filter((line) => line.kind === kind).map(({ payment }) => payments.get(payment)?.id ?? payment)
  const within = `>= $2::date::timestamp AT TIME ZONE 'UTC' AND`
  const until = `< ($3::date + 1)::timestamp AT TIME ZONE 'UTC'`
  const { rows: taken } = await client.query<{ id: string; amount: string }>(
    `SELECT id, captured_amount || ' ' || currency AS amount FROM payments
     WHERE provider = $1 AND captured_amount > 0 AND paid_at ${within} paid_at ${until} AND NOT id::text = ANY($4) ORDER BY id`,
    [provider, period.from, period.to, has('PAYMENT')],
  )
  const { rows: back } = await client.query<{ id: string; amount: string }>(
    `SELECT p.id, '-' || sum(r.amount) || ' ' || p.currency AS amount FROM refunds r JOIN payments p ON p.id = r.payment_id
     WHERE p.provider = $1 AND r.status = 'DONE' AND r.updated_at ${within} r.updated_at ${until} AND NOT p.id::text = ANY($4)
     GROUP BY p.id ORDER BY p.id`,
    [provider, period.from, period.to, has('REFUND')],
  )
  return [
    ...taken.map(({ id, amount }) => ({
      kind: 'MISSING_THERE' as const,
      payment: id,
      here: amount,
      there: 'nothing',
    })),
    ...back.map(({ id, amount }) => ({
      kind: 'REFUND' as const,
      payment: id,
      here: amount,
      there: 'nothing',
    })),
  ]
}

/** Posts one line: what the provider has handed over, less what it keeps. @returns false when it was posted before, or is of nothing. */
async function settle(client: pg.Client, provider: string, line: ReportLine): Promise<boolean> {
  const entries = [
    { kind: `CLEARING:${provider}`, amount: line.amount },
    { kind: 'BANK', amount: line.fee - line.amount },
    { kind: 'PROVIDER_FEES', amount: -line.fee },
  ].filter(({ amount }) => amount !== 0)
  if (entries.length === 0) return false
  await client.query('BEGIN')
  try {
    const id = newId()
    const { rowCount } = await client.query(
      `INSERT INTO ledger_transactions (id, kind, reference) VALUES ($1, 'SETTLEMENT', $2) ON CONFLICT DO NOTHING`,
      [id, `settlement:${provider}:${line.id}`],
    )
    if (rowCount === 1) {
      for (const { kind, amount } of entries) {
        await client.query(
          `INSERT INTO ledger_accounts (id, kind, owner_id, currency) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
          [newId(), kind, PLATFORM, line.currency],
        )
        await client.query(
          `INSERT INTO ledger_entries (id, transaction_id, account_id, currency, amount)
           SELECT $1, $2, id, currency, $3 FROM ledger_accounts WHERE kind = $4 AND owner_id = $5 AND currency = $6`,
          [newId(), id, amount, kind, PLATFORM, line.currency],
        )
      }
    }
    await client.query('COMMIT')
    return rowCount === 1
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
