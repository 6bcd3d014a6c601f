import { readFileSync } from 'node:fs'
import { moneyText } from '@karcis/paper/amounts'
import { PKPass } from 'passkit-generator'
import { placeLine, referenceOf, type TicketDocument } from './document.ts'
import { type Language, spanText, WORDS } from './document-words.ts'
import type { AppleSigner } from './wallet-signers.ts'

/** Drawn for this: Wallet demands an icon. */
const art = (): Record<string, Buffer> =>
  Object.fromEntries(
    ['icon.png', 'icon@2x.png', 'icon@3x.png'].map((name) => [
      name,
      readFileSync(new URL(`./art/${name}`, import.meta.url)),
    ]),
  )

const BACKGROUND = 'rgb(20, 33, 61)'
/** When Wallet puts it away. */
const KEPT_MS = 24 * 3_600_000

/**
 * A ticket as a pass for Apple Wallet: a signed ZIP (https://developer.apple.com/documentation/walletpasses). Its code is the ticket's,
 * as the door scans it.
 */
export function makeApplePass(ticket: TicketDocument, language: Language, signer: AppleSigner): Uint8Array {
  const { event, organizer, id, typeName, seat, attendee, price } = ticket
  const words = WORDS[language]
  const pass = new PKPass(
    art(),
    {
      signerCert: signer.certificate,
      signerKey: signer.privateKey,
      ...(signer.passphrase !== undefined && { signerKeyPassphrase: signer.passphrase }),
      wwdr: signer.wwdrCertificate,
    },
    {
      formatVersion: 1,
      passTypeIdentifier: signer.passTypeId,
      teamIdentifier: signer.teamId,
      organizationName: organizer,
      serialNumber: id,
      description: `${words.ticket}: ${event.title}`,
      backgroundColor: BACKGROUND,
      foregroundColor: 'rgb(255, 255, 255)',
      labelColor: 'rgb(207, 214, 230)',
      sharingProhibited: true,
    },
  )
  pass.type = 'eventTicket'
  const field = (key: string, label: string, value: string | null) =>
    value === null ? [] : [{ key, label, value }]
  pass.headerFields.push(...field('reference', words.reference, referenceOf(id)))
  pass.primaryFields.push({ key: 'event', label: organizer, value: event.title })
  pass.secondaryFields.push(
    ...field('when', words.when, spanText(event.startsAt, event.endsAt, event.timezone, language)),
    ...field('where', words.where, placeLine(ticket.place)),
  )
  pass.auxiliaryFields.push(
    ...(seat
      ? [
          ...field('section', words.section, seat.section),
          ...field('row', words.row, seat.row),
          ...field('seat', words.seat, seat.label),
        ]
      : field('type', words.type, typeName)),
    ...field('attendee', words.attendee, attendee),
  )
  pass.backFields.push(
    ...field('type-of-ticket', words.type, typeName),
    ...field('price', words.price, price && moneyText(price.amount, price.currency, words.locale)),
    ...field('organizer', words.organizer, organizer),
    ...field('terms', words.ticket, words.terms),
  )
  pass.setRelevantDate(event.startsAt)
  pass.setExpirationDate(new Date(event.endsAt.getTime() + KEPT_MS))
  pass.setBarcodes({
    format: 'PKBarcodeFormatQR',
    message: ticket.code,
    messageEncoding: 'iso-8859-1',
    altText: referenceOf(id),
  })
  return pass.getAsBuffer()
}
