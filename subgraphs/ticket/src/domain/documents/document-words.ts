/** Languages that a ticket can be had in: names stand as they are. */
export const LANGUAGES = ['ID', 'EN'] as const

export type Language = (typeof LANGUAGES)[number]

interface Words {
  locale: string
  ticket: string
  when: string
  where: string
  online: string
  type: string
  section: string
  row: string
  seat: string
  attendee: string
  price: string
  organizer: string
  reference: string
  free: string
  /** Of a calendar of all that somebody holds tickets for. */
  feed: string
  calledOff: string
  /** @param at when that was decided. */
  moved(at: string): string
  used(at: string): string
  /** What whoever has the ticket is to know. */
  terms: string
}

export const WORDS: Record<Language, Words> = {
  ID: {
    locale: 'id-ID',
    ticket: 'Tiket',
    when: 'Waktu',
    where: 'Tempat',
    online: 'Daring',
    type: 'Jenis tiket',
    section: 'Bagian',
    row: 'Baris',
    seat: 'Kursi',
    attendee: 'Pengunjung',
    price: 'Harga',
    organizer: 'Penyelenggara',
    reference: 'Nomor',
    free: 'Gratis',
    feed: 'Tiket saya',
    calledOff: 'Acara ini dibatalkan.',
    moved: (at) => `Jadwal diubah pada ${at}: perhatikan waktu yang baru.`,
    used: (at) => `Sudah dipakai pada ${at}`,
    terms:
      'Berlaku untuk satu orang. Yang pertama kali dipindai di pintu yang masuk: jangan bagikan kode ini. Tiket yang dialihkan atau dikembalikan tidak berlaku lagi.',
  },
  EN: {
    locale: 'en-GB',
    ticket: 'Ticket',
    when: 'When',
    where: 'Where',
    online: 'Online',
    type: 'Ticket type',
    section: 'Section',
    row: 'Row',
    seat: 'Seat',
    attendee: 'Attendee',
    price: 'Price',
    organizer: 'Organizer',
    reference: 'Number',
    free: 'Free',
    feed: 'My tickets',
    calledOff: 'This event was called off.',
    moved: (at) => `Moved to another time on ${at}: mind the new one.`,
    used: (at) => `Used on ${at}`,
    terms:
      'Admits one person. Whoever is scanned at the door first is let in, so show this code to nobody else. Once handed on or refunded, it is no longer valid.',
  },
}

/**
 * From when to when, on the clocks of the place: `Saturday, 1 May 2027, 19:00–22:00 WIB`. Where these are changed in between, it says by which
 * each of the two is meant: an hour may come twice. @param timezone IANA name.
 */
export function spanText(startsAt: Date, endsAt: Date, timezone: string, language: Language): string {
  const format = new Intl.DateTimeFormat(WORDS[language].locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone: timezone,
  })
  const span = format.formatRange(startsAt, endsAt)
  const clocks = [startsAt, endsAt].map(
    (instant) => format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '',
  )
  if (clocks.every((clock) => span.includes(clock))) return span
  return [startsAt, endsAt].map((instant) => format.formatRange(instant, instant)).join(' – ')
}

/** A moment, on the clocks of the place. */
export const momentText = (instant: Date, timezone: string, language: Language): string =>
  new Intl.DateTimeFormat(WORDS[language].locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: timezone,
  }).format(instant)

/**
 * The language of an answer: what was asked for, else the first of those that a browser says to like.
 * @param asked as `id` or `EN`. @param accepted the header Accept-Language (RFC 9110).
 */
export function languageOf(asked: string | null, accepted: string | undefined): Language {
  const known = (tag: string): Language | undefined =>
    LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language.toLowerCase())
  const liked = (accepted ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map((each) => /^\s*q=([\d.]+)\s*$/.exec(each)?.[1]).find(Boolean)
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
  return known(asked ?? '') ?? liked.flatMap(({ tag }) => known(tag) ?? [])[0] ?? 'ID'
}
