import type { IncomingHttpHeaders } from 'node:http'

export const LANGUAGES = ['id', 'en'] as const

export type Language = (typeof LANGUAGES)[number]

const THEMES = ['light', 'dark'] as const

/** What somebody has chosen in the app, or their browser says for them. */
export interface Preferences {
  language: Language
  /** Undefined: as their system has it. */
  theme: (typeof THEMES)[number] | undefined
}

/** Cookies that the app sets when somebody chooses. */
export const LANGUAGE_COOKIE = 'karcis-language'
export const THEME_COOKIE = 'karcis-theme'

export function preferencesOf(headers: IncomingHttpHeaders): Preferences {
  const chosen = cookieOf(headers.cookie, LANGUAGE_COOKIE)
  const theme = cookieOf(headers.cookie, THEME_COOKIE)
  return {
    language: LANGUAGES.find((each) => each === chosen) ?? accepted(headers['accept-language']),
    theme: THEMES.find((each) => each === theme),
  }
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([key]) => key === name)?.[1]
}

/** The language that is wanted most, of those that there are; Indonesian where none is. */
function accepted(header: string | undefined): Language {
  const wanted = (header ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const quality = parameters.map((each) => /^\s*q=([\d.]+)/.exec(each)?.[1]).find(Boolean)
    return { tag, quality: Number(quality ?? 1) }
  })
  const best = wanted
    .sort((a, b) => b.quality - a.quality)
    .flatMap(({ tag, quality }) =>
      quality > 0 ? LANGUAGES.filter((each) => tag.split('-')[0] === each) : [],
    )
  return best[0] ?? 'id'
}
