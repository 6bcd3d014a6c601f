import type { Wording } from '../texts/wording.ts'

/** What one text message costs is counted by these. */
export interface SmsSize {
  encoding: 'GSM-7' | 'UCS-2'
  segments: number
}

/** So many segments a message has at most: each is paid for. */
const MOST_SEGMENTS = 3
/** Characters of one segment, and of each of several: GSM-7 has 7 bits for each, UCS-2 has 16. */
const ROOM = { 'GSM-7': { single: 160, part: 153 }, 'UCS-2': { single: 70, part: 67 } } as const

/** The basic character set of GSM 03.38. */
const GSM_BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Its extension: each takes two. */
const GSM_EXTENDED = new Set('^{}\\[~]|€\f')

/** What our texts are set with, as GSM-7 has it: one such character would make every other cost twice as much. */
const PLAIN: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '\u00A0': ' ',
  '\u2009': ' ',
  '\u202F': ' ',
}

const plain = (text: string): string =>
  Array.from(text.normalize('NFC'), (character) => PLAIN[character] ?? character).join('')

const isGsm = (text: string): boolean =>
  Array.from(text).every((character) => GSM_BASIC.has(character) || GSM_EXTENDED.has(character))

/** How a text is sent, and in how many segments: neither an escaped character nor a pair of surrogates is divided between two. */
export function sizeOf(text: string): SmsSize {
  const encoding = isGsm(text) ? 'GSM-7' : 'UCS-2'
  const widths = Array.from(text, (character) =>
    encoding === 'UCS-2' ? character.length : GSM_EXTENDED.has(character) ? 2 : 1,
  )
  const { single, part } = ROOM[encoding]
  const all = widths.reduce((sum, width) => sum + width, 0)
  if (all <= single) return { encoding, segments: 1 }
  let [segments, used] = [1, 0]
  for (const width of widths) {
    if (used + width > part) [segments, used] = [segments + 1, 0]
    used += width
  }
  return { encoding, segments }
}

/**
 * A text message of what somebody is told: its subject, as much of what is said as there is room for, and whole at its end the link. A code stands first, where phones show it.
 */
export function smsOf({ subject, paragraphs, facts = [], action, code }: Wording): string {
  const said = [
    ...(code === undefined ? [] : [code]),
    `Karcis: ${subject}`,
    ...paragraphs,
    ...facts.map(([label, value]) => `${label}: ${value}`),
  ]
  const text = plain(said.join('\n'))
  const end = action ? `\n${action.url}` : ''
  if (sizeOf(text + end).segments <= MOST_SEGMENTS) return text + end
  const characters = Array.from(text)
  const fits = (count: number): boolean =>
    sizeOf(`${characters.slice(0, count).join('')}...${end}`).segments <= MOST_SEGMENTS
  let [least, most] = [0, characters.length]
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(middle)) least = middle
    else most = middle - 1
  }
  const cut = characters.slice(0, least).join('')
  const word = Math.max(cut.lastIndexOf(' '), cut.lastIndexOf('\n'))
  return `${(word > cut.length / 2 ? cut.slice(0, word) : cut).trimEnd()}...${end}`
}
