import { idBytes } from '@karcis/kit/ids'
import { importPKCS8, SignJWT } from 'jose'
import { placeLine, referenceOf, type TicketDocument } from './document.ts'
import type { Language } from './document-words.ts'
import type { GoogleIssuer } from './wallet-signers.ts'

/** Where people are asked whether they want it. */
const SAVE_URL = 'https://pay.google.com/gp/v/save/'
/** Links that are longer are cut off by some browsers, so Google advises against them. */
const SAFE_LENGTH = 1_800
/** What is left out, step by step, of a ticket whose link would be longer: the ends of names, then the place. */
const BREVITIES: readonly Brevity[] = [
  { letters: Number.POSITIVE_INFINITY, place: true },
  { letters: 32, place: true },
  { letters: 32, place: false },
  { letters: 16, place: false },
]

interface Brevity {
  /** So many of a name. */
  letters: number
  place: boolean
}

/**
 * A link that saves a ticket to Google Wallet: a JWT that brings its class, the event, and its object, the ticket, along
 * (https://developers.google.com/wallet/reference/rest/v1/Jwt, …/eventticketclass, …/eventticketobject).
 * @param now when it is signed.
 */
export async function googleWalletUrl(
  ticket: TicketDocument,
  language: Language,
  { issuerId, serviceAccount }: GoogleIssuer,
  now: Date,
): Promise<string> {
  const { client_email: issuer, private_key: pem } = serviceAccount
  const key = await importPKCS8(pem, 'RS256')
  let jwt = ''
  for (const brevity of BREVITIES) {
    jwt = await new SignJWT({
      typ: 'savetowallet',
      origins: [],
      payload: payloadOf(ticket, language, issuerId, brevity),
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience('google')
      .setIssuedAt(now)
      .sign(key)
    if (jwt.length <= SAFE_LENGTH) break
  }
  return SAVE_URL + jwt
}

function payloadOf(
  ticket: TicketDocument,
  language: Language,
  issuerId: string,
  { letters, place: isPlaced }: Brevity,
): object {
  const { id, event, place, organizer, seat, attendee, typeName, code } = ticket
  const locale = language.toLowerCase()
  const cut = (text: string): string => {
    const all = Array.from(text)
    return all.length <= letters ? text : `${all.slice(0, letters - 1).join('')}…`
  }
  const inLanguage = (text: string) => ({ defaultValue: { language: locale, value: cut(text) } })
  const classId = `${issuerId}.${compact(event.id)}`
  const where = isPlaced ? placeLine(place) : null
  return {
    eventTicketClasses: [
      {
        id: classId,
        issuerName: cut(organizer),
        reviewStatus: 'UNDER_REVIEW',
        eventName: inLanguage(event.title),
        ...(where !== null && {
          venue: { name: inLanguage(place?.name ?? where), address: inLanguage(place?.address ?? where) },
        }),
        dateTime: {
          start: localTime(event.startsAt, event.timezone),
          end: localTime(event.endsAt, event.timezone),
        },
      },
    ],
    eventTicketObjects: [
      {
        id: `${issuerId}.${compact(id)}`,
        classId,
        state: 'ACTIVE',
        ticketNumber: referenceOf(id),
        ticketType: inLanguage(typeName),
        ...(attendee !== null && { ticketHolderName: cut(attendee) }),
        ...(seat && {
          seatInfo: {
            section: inLanguage(seat.section),
            row: inLanguage(seat.row),
            seat: inLanguage(seat.label),
          },
        }),
        barcode: { type: 'QR_CODE', value: code, alternateText: referenceOf(id) },
      },
    ],
  }
}

/** A link is short, so an id is too: 22 letters for its 16 bytes, all of which an id of Google's may have. */
const compact = (id: string): string => idBytes(id).toString('base64url')

/** An instant on the clocks of the place, with their offset: `2027-05-01T19:00:00+07:00`, as Wallet shows it. */
function localTime(instant: Date, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    timeZoneName: 'longOffset',
  }).formatToParts(instant)
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.slice('GMT'.length) || '+00:00'
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d+):(\d+)/.exec(offset) ?? []
  const ms = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  return new Date(instant.getTime() + ms).toISOString().replace(/\.\d{3}Z$/, `${sign}${hours}:${minutes}`)
}
