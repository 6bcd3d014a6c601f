import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { create, type Font } from 'fontkit'
import { unpackWoff } from './woff.ts'

const read = (url: string): Buffer => readFileSync(fileURLToPath(url))

/**
 * Fonts by name: Noto Sans has Latin, Greek, Cyrillic and Devanagari, and Unifont, dot by dot, every letter of the Basic Multilingual Plane:
 * Chinese, Japanese, Korean, Thai and the rest.
 */
const FONTS = {
  regular: () => read(import.meta.resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf')),
  bold: () => read(import.meta.resolve('@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf')),
  arabic: () =>
    read(import.meta.resolve('@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf')),
  any: () => unpackWoff(read(import.meta.resolve('@fontsource/unifont/files/unifont-latin-400-normal.woff'))),
}

export type FontName = keyof typeof FONTS

const files = new Map<FontName, Buffer>()
const letters = new Map<FontName, ReadonlySet<number>>()

/** A font's file; read when it is needed first. */
export function fontFile(name: FontName): Buffer {
  const file = files.get(name) ?? FONTS[name]()
  files.set(name, file)
  return file
}

function lettersOf(name: FontName): ReadonlySet<number> {
  const known = letters.get(name) ?? new Set((create(fontFile(name)) as Font).characterSet)
  letters.set(name, known)
  return known
}

/** What stands for a letter that no font has, such as an emoji: so that it is seen that there is one. */
const MISSING = '\uFFFD'

/** A text as it is to be drawn. */
export interface Written {
  text: string
  font: FontName
}

/** Chooses the first font that has all letters of a text. What no font has is marked. */
export function written(text: string): Written {
  for (const font of ['regular', 'arabic'] as const)
    if (Array.from(text).every((letter) => isIn(lettersOf(font), letter))) return { text, font }
  const marked = Array.from(text, (letter) => (isIn(lettersOf('any'), letter) ? letter : MISSING))
  return { text: marked.join(''), font: 'any' }
}

/** Ends of lines need no font. */
const isIn = (known: ReadonlySet<number>, letter: string): boolean =>
  /\s/.test(letter) || known.has(letter.codePointAt(0) ?? 0)

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const LETTER = /\p{L}/u
/** Words with it between them are drawn together, and turned around together where they are written from right to left. */
const NO_BREAK = '\u00A0'

/**
 * A text in lines, each as it stands on paper from left to right: where it begins from right to left the first words come last. A text from
 * left to right stays as it is.
 * @param widthOf of some words in one line. @param width of a line.
 */
export function inLines(text: string, widthOf: (words: string) => number, width: number): string {
  const [first] = LETTER.exec(text) ?? []
  if (first === undefined || !RIGHT_TO_LEFT.test(first)) return text
  const lines: string[][] = []
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)
    if (line && widthOf([...line, word].join(' ')) <= width) line.push(word)
    else lines.push([word])
  }
  return lines.map(visual).join('\n')
}

/** One line: runs of words of one direction, the last run first. */
function visual(words: readonly string[]): string {
  const runs: string[][] = []
  for (const word of words) {
    const run = runs.at(-1)
    if (run && RIGHT_TO_LEFT.test(word) === RIGHT_TO_LEFT.test(run[0] ?? '')) run.push(word)
    else runs.push([word])
  }
  const texts = runs.map((run) => {
    const isTurned = RIGHT_TO_LEFT.test(run[0] ?? '')
    // The space between two runs is of the first, and stands on its other side where that is turned around.
    return isTurned && run !== runs[0] ? NO_BREAK + run.join(NO_BREAK) : run.join(isTurned ? NO_BREAK : ' ')
  })
  return texts.toReversed().join(' ')
}
