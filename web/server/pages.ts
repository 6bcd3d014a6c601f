import { escapeHtml } from '@karcis/kit/html'
import { type Build, preloadsOf, type Sheet, sheetOf } from './build-files.ts'
import type { Draw } from './drawing.ts'
import type { Language, Preferences } from './preferences.ts'
import type { Description, PublicPage } from './public-pages.ts'
import { pictureAddress } from './structured-data.ts'
import { createFill, dataScript } from './template.ts'
import { wordsOf } from './words.ts'

/** What shows each kind of page beside what shows all of them: a group of modules (vite.config.ts), and a room's words. */
const SHOWN_BY = {
  home: null,
  search: { group: 'search', words: 'search' },
  event: { group: 'event-page', words: 'event' },
  organizer: { group: 'event-page', words: 'event' },
} satisfies Record<PublicPage['kind'], { group: string; words: string } | null>

const KINDS = Object.keys(SHOWN_BY) as PublicPage['kind'][]

/** The groups of modules that show a page: they are loaded from the first moment on, not only when the app has begun. */
const groupsOf = (kind?: PublicPage['kind']): string[] => {
  const own = kind && SHOWN_BY[kind]
  return ['first', 'beside', ...(own ? [own.group] : [])]
}

/** Its words, besides. */
const textsOf = (kind: PublicPage['kind'] | undefined, language: Language): string[] => {
  const own = kind && SHOWN_BY[kind]
  return [`src/generated/texts-${language}.ts`, ...(own ? [`src/texts/${language}/${own.words}.ts`] : [])]
}

/** How the address of the worker begins that the app starts with (web/src/texts/intl.ts). */
const FIRST_WORKER = '/assets/intl-worker-'

export interface Pages {
  /** The style sheets that are part of a page, as its policy names them; none where it asks for them. */
  styleSources(page: PublicPage | null): readonly string[]
  /**
   * A page as HTML.
   * @param page what is known of it; null for all that only the app knows, and while the router is away.
   * @param path where search engines are told that it is; null to tell them nothing. @param hidden whether they are to leave it out.
   */
  write(
    page: PublicPage | null,
    path: string | null,
    hidden: boolean,
    preferences: Preferences,
  ): Promise<string>
}

/** @param publicUrl where people open Karcis, without a slash behind it. */
export function createPages(build: Build, draw: Draw, publicUrl: string): Pages {
  const fill = createFill(build.template)
  /** What is drawn is seen as soon as it is there: it does not wait for another round of requests. */
  const sheets = new Map(
    KINDS.map((kind) => [
      kind,
      preloadsOf(build.chunks, groupsOf(kind)).styles.map((file) => sheetOf(build, file)),
    ]),
  )
  const sheetsOf = (page: PublicPage): readonly Sheet[] => sheets.get(page.kind) ?? []
  const workers = [...build.files.keys()].filter((name) => name.startsWith(FIRST_WORKER))
  return {
    styleSources: (page) => (page ? sheetsOf(page).map(({ source }) => source) : []),
    async write(page, path, hidden, preferences) {
      const { language, theme } = preferences
      const known = page?.describe(language) ?? bare(language)
      const drawn = page && path !== null ? await draw(path, preferences, page.data) : ''
      return fill({
        language,
        theme,
        title: known.title,
        head: headOf(
          page,
          page?.status === 404 ? null : path,
          hidden || page?.status === 404,
          known,
          language,
          drawn,
        ),
        styles:
          drawn && page
            ? sheetsOf(page)
                .map(({ html }) => html)
                .join('')
            : undefined,
        content: drawn,
        data: page?.data ?? {},
      })
    },
  }

  function headOf(
    page: PublicPage | null,
    path: string | null,
    hidden: boolean,
    known: Description,
    language: Language,
    drawn: string,
  ): string {
    const address = path === null ? null : publicUrl + (page?.path ?? path)
    const preloads = preloadsOf(build.chunks, [...groupsOf(page?.kind), ...textsOf(page?.kind, language)])
    return [
      meta('name', 'description', known.description),
      hidden ? meta('name', 'robots', 'noindex') : '',
      ...(address === null
        ? []
        : [`<link rel="canonical" href="${escapeHtml(address)}">`, ...cards(page, address, known, language)]),
      ...(drawn
        ? [firstPicture(drawn)]
        : preloads.styles.map((file) => `<link rel="stylesheet" href="/${escapeHtml(file)}" crossorigin>`)),
      ...[...workers, ...preloads.scripts.map((file) => `/${file}`)].map(
        (href) => `<link rel="modulepreload" href="${escapeHtml(href)}" crossorigin>`,
      ),
      page?.structured ? dataScript('', 'application/ld+json', page.structured) : '',
    ]
      .filter(Boolean)
      .join('\n')
  }

  /** What is shown where somebody passes the address on. */
  function cards(page: PublicPage | null, address: string, known: Description, language: Language): string[] {
    const picture = page?.picture
    const image = picture ? pictureAddress(publicUrl, picture.large) : `${publicUrl}/icons/card.png`
    return [
      meta('property', 'og:site_name', 'Karcis'),
      meta('property', 'og:type', page?.kind === 'organizer' ? 'profile' : 'website'),
      meta('property', 'og:title', known.title),
      meta('property', 'og:description', known.description),
      meta('property', 'og:url', address),
      meta('property', 'og:image', image),
      meta('property', 'og:locale', language === 'id' ? 'id_ID' : 'en_US'),
      meta('name', 'twitter:card', 'summary_large_image'),
    ]
  }
}

const meta = (kind: 'name' | 'property', name: string, content: string): string =>
  `<meta ${kind}="${name}" content="${escapeHtml(content)}">`

function bare(language: Language): Description {
  const { site, about } = wordsOf(language)
  return { title: site, description: about }
}

/** The picture that a page begins with: asked for before the scripts, as browsers ask a server for few things at a time. */
function firstPicture(drawn: string): string {
  const [image = ''] = /<img [^>]*fetchpriority="high"[^>]*>/.exec(drawn) ?? []
  const [, set] = /srcset="([^"]*)"/.exec(image) ?? []
  const [, sizes] = /sizes="([^"]*)"/.exec(image) ?? []
  return set && sizes
    ? `<link rel="preload" as="image" imagesrcset="${set}" imagesizes="${sizes}" fetchpriority="high">`
    : ''
}
