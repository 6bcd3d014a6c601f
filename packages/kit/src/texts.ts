/** What Unicode lets people type, and what of it a name or a text may hold. Pure; the schemas over it are in validate.ts. */

/** Takes no room and joins nothing: in a name it only makes two equal names differ. Joiners stay, words and emoji need them. */
const WITHOUT_WIDTH = /[\u00AD\u180E\u200B\u2060-\u2064\uFEFF]/g

/** At least one character that leaves ink on the page; U+2800 is a braille cell without dots. */
const VISIBLE = /[^\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\p{Cf}\p{M}\u2800]/u

/** Embeddings, overrides and isolates (UAX 9) turn around what stands beside the name too. Marks (LRM, RLM) do not. */
const DIRECTION_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/
const DIRECTION_OVERRIDES = /[\u202D\u202E]/

const CONTROL = /\p{Cc}/u
const CONTROL_BUT_BREAKS = /[^\P{Cc}\n\t]/u
const LINE_BREAK = /[\u2028\u2029]/

/** Written languages need up to six marks on a letter; more is a tower over the lines above. */
const TOWER_OF_MARKS = /\p{M}{9}/u

/** Code points of the longest characters that people count as one: a family with skin tones, a flag of tags. */
const CODE_POINTS_OF_ONE = 10

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** One line as it is stored: NFC, without characters of no width, trimmed, each run of white space one space. */
export const normalizeLine = (text: string): string =>
  text
    .normalize('NFC')
    .replace(WITHOUT_WIDTH, '')
    .trim()
    .replace(/\p{Zs}+/gu, ' ')

/** Text of several lines as it is stored: NFC, trimmed, every line break a `\n`. */
export const normalizeText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .trim()

/** Why a text cannot be one line of at most `max` characters; null when it can. Empty is for the caller to judge. */
export function lineProblem(text: string, max: number): string | null {
  if (CONTROL.test(text) || LINE_BREAK.test(text)) return 'must be one line without control characters'
  if (DIRECTION_CONTROLS.test(text)) return 'must not contain characters that turn the direction of text'
  return commonProblem(text, max)
}

/** Why a text cannot be text of at most `max` characters; null when it can. Empty is for the caller to judge. */
export function textProblem(text: string, max: number): string | null {
  if (CONTROL_BUT_BREAKS.test(text)) return 'must not contain control characters'
  if (DIRECTION_OVERRIDES.test(text)) return 'must not contain characters that turn the direction of text'
  return commonProblem(text, max)
}

function commonProblem(text: string, max: number): string | null {
  if (!text.isWellFormed()) return 'must not contain halves of characters (lone surrogates)'
  if (isLongerThan(text, max)) return `must have at most ${max} ${max === 1 ? 'character' : 'characters'}`
  if (text !== '' && !VISIBLE.test(text)) return 'must have visible characters'
  if (TOWER_OF_MARKS.test(text)) return 'must not pile more than 8 marks on a character'
  return null
}

/** Whether a person counts more than `max` characters. Counts only where the plain length leaves it open. */
function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false
  if (text.length > max * CODE_POINTS_OF_ONE * 2) return true
  let codePoints = 0
  for (const _ of text) codePoints++
  if (codePoints > max * CODE_POINTS_OF_ONE) return true
  let characters = 0
  for (const _ of graphemes.segment(text)) if (++characters > max) return true
  return false
}
