import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const TOKENS = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8')

type Theme = 'light' | 'dark'

/** The red, green and blue of a token's colour in a theme, 0 to 1, without gamma. */
function linear(token: string, theme: Theme): readonly [number, number, number] {
  const pair = new RegExp(`--${token}: light-dark\\(oklch\\(([^)]+)\\), oklch\\(([^)]+)\\)\\)`).exec(TOKENS)
  if (!pair) throw new Error(`no token --${token} as light-dark(oklch(), oklch())`)
  const [L = 0, C = 0, h = 0] = (pair[theme === 'light' ? 1 : 2] ?? '').split(' ').map(Number)
  const [a, b] = [C * Math.cos((h * Math.PI) / 180), C * Math.sin((h * Math.PI) / 180)]
  const [l, m, s] = [
    (L + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (L - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (L - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ]
  const clip = (value: number) => Math.min(1, Math.max(0, value))
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

function contrast(one: string, other: string, theme: Theme): number {
  const [high = 0, low = 0] = [one, other]
    .map((token) => linear(token, theme))
    .map(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue)
    .toSorted((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

const GROUNDS = ['paper', 'sheet', 'sunk']
const STOCKS = ['stock-buff', 'stock-pink', 'stock-yellow', 'stock-green', 'stock-blue']
const SOFT = ['accent-soft', 'success-soft', 'warning-soft', 'danger-soft']
const all = (words: readonly string[], grounds: readonly string[]) =>
  words.flatMap((word) => grounds.map((ground) => [word, ground] as const))

/** What words stand on what: 4.5 to 1 (WCAG 1.4.3). */
const WORDS = [
  ...all(['ink', 'ink-soft'], [...GROUNDS, ...STOCKS, ...SOFT]),
  ...all(['ink-faint', 'accent', 'accent-strong', 'success', 'warning', 'danger'], GROUNDS),
  ...all(['accent', 'accent-strong'], ['accent-soft']),
  ['accent-strong', 'accent-soft'],
  ['success', 'success-soft'],
  ['warning', 'warning-soft'],
  ['danger', 'danger-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ['on-danger', 'danger'],
  ['paper', 'ink'],
] as const

/** The edge of what can be used against what it stands on, and what shows where the focus is: 3 to 1 (WCAG 1.4.11). */
const EDGES = [...all(['line-strong'], GROUNDS), ...all(['accent', 'danger'], [...GROUNDS, ...STOCKS])] as const

describe.each(['light', 'dark'] as const)('colours in the %s theme', (theme) => {
  it.each(WORDS)('words of --%s can be read on --%s', (word, ground) => {
    expect(contrast(word, ground, theme)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(EDGES)('edges of --%s are seen on --%s', (edge, ground) => {
    expect(contrast(edge, ground, theme)).toBeGreaterThanOrEqual(3)
  })
})
