import PostalMime from 'postal-mime'

/** What a mail server says became of a mail (RFC 3464). */
interface DeliveryReport {
  /** Whom the report is for, as its headers say. */
  addressees: string[]
  /** Of each recipient. */
  outcomes: { action: string; status: string; diagnostic: string | null }[]
}

const REPORT = 'message/delivery-status'
/** `Delivered-To` and the like are of the server that took it in; `To` is of the one that wrote it. */
const ADDRESSEE_HEADERS = new Set(['x-original-to', 'delivered-to', 'envelope-to', 'to'])

/** Reads a mail that says what became of another; null for any other mail. Reads what it can of what is no mail at all. */
export async function readDeliveryReport(raw: Uint8Array): Promise<DeliveryReport | null> {
  const mail = await PostalMime.parse(raw, { forceRfc822Attachments: true })
  const report = mail.attachments.find(({ mimeType }) => mimeType.toLowerCase() === REPORT)
  if (!report) return null
  const [, ...recipients] = blocksOf(textOf(report.content))
  return {
    addressees: mail.headers.flatMap(({ key, value }) =>
      ADDRESSEE_HEADERS.has(key) ? addressesIn(value) : [],
    ),
    outcomes: recipients.flatMap((fields) => {
      const action = fields.get('action')?.toLowerCase()
      const status = /^\d\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0]
      if (action === undefined || status === undefined) return []
      return [{ action, status, diagnostic: fields.get('diagnostic-code') ?? null }]
    }),
  }
}

/** Fields, in blocks that empty lines divide: the first is of the mail, each of the others of a recipient. */
function blocksOf(text: string): Map<string, string>[] {
  const unfolded = text
    .replace(/\r\n?/g, '\n')
    .trim()
    .replace(/\n[ \t]+/g, ' ')
  return unfolded.split(/\n\s*\n/).map(
    (block) =>
      new Map(
        block.split('\n').flatMap((line): [string, string][] => {
          const colon = line.indexOf(':')
          return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]]
        }),
      ),
  )
}

const addressesIn = (value: string): string[] => value.match(/[^\s<>,;"]+@[^\s<>,;"]+/g) ?? []

const textOf = (content: string | ArrayBuffer | Uint8Array): string =>
  typeof content === 'string' ? content : Buffer.from(content as ArrayBuffer).toString('utf8')
