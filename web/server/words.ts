import { decimalsOf } from '@karcis/kit/contracts/currencies'
import type { EventFacts } from './facts.ts'
import type { Language } from './preferences.ts'

/** What the server itself says: titles, and descriptions for search engines. */
const WORDS = {
  id: {
    site: 'Karcis: tiket acara, tanpa repot',
    about:
      'Temukan acara di dekat Anda, pilih kursi, dan simpan tiketnya di ponsel, juga saat tidak ada jaringan.',
    search: 'Semua acara',
    missing: 'Halaman tidak ditemukan',
    organizer: (name: string) => `${name}: acara dan tiket`,
    from: (price: string) => `Tiket mulai ${price}.`,
    free: 'Gratis.',
  },
  en: {
    site: 'Karcis: event tickets without the fuss',
    about:
      'Find events near you, choose your seats, and keep your tickets on your phone, with or without a network.',
    search: 'All events',
    missing: 'Page not found',
    organizer: (name: string) => `${name}: events and tickets`,
    from: (price: string) => `Tickets from ${price}.`,
    free: 'Free.',
  },
} as const

export const wordsOf = (language: Language): (typeof WORDS)[Language] => WORDS[language]

/** When an event is, in its own zone. */
export function whenOf({ startsAt, timezone }: EventFacts, language: Language): string {
  const options = { dateStyle: 'full', timeStyle: 'short', timeZone: timezone } as const
  return new Intl.DateTimeFormat(language, options).format(new Date(startsAt))
}

/** Where it is, in a few words; empty where it has no place. */
export const whereOf = ({ venue, location }: EventFacts): string =>
  [venue?.name ?? location?.name, venue?.city ?? location?.city].filter(Boolean).join(', ')

/** From what price on there are tickets; empty where there are none. */
export function priceOf({ priceRange }: EventFacts, language: Language): string {
  if (!priceRange) return ''
  const words = wordsOf(language)
  if (priceRange.max === 0) return words.free
  const { min, currency } = priceRange
  const decimals = decimalsOf(currency)
  const options = {
    style: 'currency',
    currency,
    maximumFractionDigits: decimals,
    minimumFractionDigits: decimals,
  } as const
  return words.from(new Intl.NumberFormat(language, options).format(min / 10 ** decimals))
}

/** A text in one line of at most so many characters, cut between words. */
export function shorten(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line.length <= most) return line
  const cut = line.slice(0, most)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), most / 2)).trimEnd()}…`
}
