/** One line of a provider's report, in our terms. */
export interface ReportLine {
  /** The provider's own id of the line: what it is posted by. */
  id: string
  /** FEE: charged for a payment, on a line of its own. */
  kind: 'PAYMENT' | 'REFUND' | 'FEE'
  /** Our id of the payment, or the provider's. */
  payment: string
  /** In the smallest unit of `currency`; below zero for what went back. */
  amount: number
  /** What the provider keeps of it. */
  fee: number
  currency: string
}

/** A report that cannot be read: which line, and why. */
export class UnreadableReport extends Error {}

type Cells = Readonly<Record<string, string>>

/** How a provider's report says what: null for lines that no payment of ours is about, as transfers to the bank. */
interface ReportForm {
  /** Columns that it must have. */
  columns: readonly string[]
  read(cells: Cells): ReportLine | null
}

const FORMS: Readonly<Record<string, ReportForm>> = {
  /** The itemized payout reconciliation report, amounts in major units: https://docs.stripe.com/reports/report-types/payout-reconciliation */
  STRIPE: {
    columns: [
      'balance_transaction_id',
      'reporting_category',
      'payment_intent_id',
      'currency',
      'gross',
      'fee',
    ],
    read(cells) {
      const category = cells.reporting_category ?? ''
      const kind = /^charge$/.test(category)
        ? 'PAYMENT'
        : /^(partial_capture_reversal|refund)$/.test(category)
          ? 'REFUND'
          : null
      const currency = (cells.currency ?? '').toUpperCase()
      return (
        kind &&
        line(kind, cells.balance_transaction_id, cells.payment_intent_id, cells.gross, cells.fee, currency)
      )
    },
  },
  /** The balance report, with fees and their VAT on lines of their own: https://docs.xendit.co/docs/balance-report */
  XENDIT: {
    columns: ['Transaction ID', 'Line Type', 'Reference', 'Currency', 'Amount'],
    read(cells) {
      const type = (cells['Line Type'] ?? '').toUpperCase()
      const { Reference: reference, Currency: currency = '', Amount: amount = '' } = cells
      const id = `${cells['Transaction ID']}:${type}`
      if (/^(FEE|VAT)(_REVERSAL)?$/.test(type)) {
        const kept = amount.startsWith('-') ? amount.slice(1) : `-${amount}`
        return line('FEE', id, reference, '0', kept, currency)
      }
      if (!/^TRANSACTION(_REVERSAL)?$/.test(type)) return null
      return line(amount.startsWith('-') ? 'REFUND' : 'PAYMENT', id, reference, amount, '0', currency)
    },
  },
  /** Transactions as the dashboard exports them, whole rupiah. */
  MIDTRANS: {
    columns: ['Order ID', 'Transaction ID', 'Transaction status', 'Amount'],
    read(cells) {
      const status = (cells['Transaction status'] ?? '').toLowerCase()
      const back = /refund/.test(status)
      if (!back && !/^(settlement|capture)$/.test(status)) return null
      const amount = (cells.Amount ?? '').replace(/^-/, '')
      const id = `${cells['Transaction ID']}:${back ? 'refund' : 'payment'}`
      return line(
        back ? 'REFUND' : 'PAYMENT',
        id,
        cells['Order ID'],
        back ? `-${amount}` : amount,
        cells.Fee || '0',
        'IDR',
      )
    },
  },
}

/** Providers whose reports can be read. */
export const REPORTED = Object.keys(FORMS)

/** What a provider's report (CSV with a line of names) says of payments. @throws UnreadableReport naming the line. */
export function readReport(provider: string, csv: string): ReportLine[] {
  const form = FORMS[provider]
  if (!form)
    throw new UnreadableReport(`reports of ${provider} are not known; those of ${REPORTED.join(', ')} are`)
  const [names = [], ...rows] = parseCsv(csv)
  const missing = form.columns.filter((column) => !names.includes(column))
  if (missing.length > 0) throw new UnreadableReport(`line 1: there is no column ${missing.join(', ')}`)
  return rows.flatMap((row, at) => {
    try {
      return form.read(Object.fromEntries(names.map((name, column) => [name, row[column] ?? '']))) ?? []
    } catch (error) {
      throw new UnreadableReport(`line ${at + 2}: ${(error as Error).message}`)
    }
  })
}

function line(
  kind: ReportLine['kind'],
  id: string | undefined,
  payment: string | undefined,
  amount: string | undefined,
  fee: string | undefined,
  currency: string,
): ReportLine {
  if (!id || !payment) throw new Error('it has no id, or is of no payment')
  return {
    id,
    kind,
    payment,
    amount: smallest(amount ?? '', currency),
    fee: smallest(fee ?? '', currency),
    currency,
  }
}

/** Charged in whole units, whatever decimals a report writes; as domain/payments/amounts.ts of booking has it. */
const WHOLE = new Set('BIF CLP DJF GNF IDR ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '))
const THREE_DECIMALS = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '))

/** A decimal text in the smallest unit of a currency. @throws Error where it cannot be said in that. */
function smallest(text: string, currency: string): number {
  const [, sign = '', whole = '', part = ''] =
    /^(-?)(\d{1,13})(?:\.(\d{1,4}))?$/.exec(text.replaceAll(',', '').trim()) ?? []
  const decimals = WHOLE.has(currency) ? 0 : THREE_DECIMALS.has(currency) ? 3 : 2
  if (whole === '' || !/^[A-Z]{3}$/.test(currency) || /[1-9]/.test(part.slice(decimals)))
    throw new Error(`"${text}" is no amount in ${currency || 'a currency'}`)
  const amount = Number(whole + part.slice(0, decimals).padEnd(decimals, '0'))
  return sign === '' || amount === 0 ? amount : -amount
}

/** Rows of cells (RFC 4180): quoted where they have commas, quotes or line ends in them. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of text
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
