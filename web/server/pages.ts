import { escapeHtml } from '@karcis/kit/html'
import type { Build } from './build-files.ts'
import { preloadsOf } from './build-files.ts'
import type { Picture } from './facts.ts'
import type { Language, Preferences } from './preferences.ts'
import type { Description, PublicPage } from './public-pages.ts'
import { pictureAddress } from './structured-data.ts'
import { createFill, dataScript } from './template.ts'
import { wordsOf } from './words.ts'

/** What of the build shows a page, beside what every page begins with: it is loaded from the first moment on, not only when the app has begun. */
const modulesOf = (kind: PublicPage['kind'], language: Language): string[] => [
  'first',
  `src/generated/texts-${language}.ts`,
  ...(kind === 'home' ? [] : ['event-page', `src/texts/${language}/event.ts`]),
]

/** Ways in that search engines may show beside the pages of events and organizers. */
export const isListed = (path: string): boolean => path === '/search'

export interface Pages {
  /**
   * A page as HTML.
   * @param page what is known of it; null for all that only the app knows, and while the router is away.
   * @param path where search engines are told that it is; null to tell them nothing. @param hidden whether they are to leave it out.
   */
  write(page: PublicPage | null, path: string | null, hidden: boolean, preferences: Preferences): string
}

/** @param publicUrl where people open Karcis, without a slash behind it. */
export function createPages(build: Build, publicUrl: string): Pages {
  const fill = createFill(build.template)
  return {
    write(page, path, hidden, { language, theme }) {
      const known = page?.describe(language) ?? bare(language)
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
        ),
        content: page?.heading === undefined ? '' : firstLines(page.heading, page.picture, known),
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
  ): string {
    const address = path === null ? null : publicUrl + (page?.path ?? path)
    const preloads = page
      ? preloadsOf(build.chunks, modulesOf(page.kind, language))
      : { scripts: [], styles: [] }
    return [
      meta('name', 'description', known.description),
      hidden ? meta('name', 'robots', 'noindex') : '',
      ...(address === null
        ? []
        : [`<link rel="canonical" href="${escapeHtml(address)}">`, ...cards(page, address, known, language)]),
      ...preloads.styles.map((file) => `<link rel="stylesheet" href="/${escapeHtml(file)}" crossorigin>`),
      ...preloads.scripts.map((file) => `<link rel="modulepreload" href="/${escapeHtml(file)}" crossorigin>`),
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

/** What is there to read before the app has begun, drawn as the app draws it, which then takes its place (src/app/shell.tsx, src/discover/event-page.tsx). */
function firstLines(heading: string, picture: Picture | null, { lines = [] }: Description): string {
  const text = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')
  return [
    '<div class="shell-header"><div class="page shell-header__row"><span class="wordmark"></span></div></div>',
    '<main class="shell-main"><div class="page event">',
    `<div class="event__head"><h1 class="event__title">${escapeHtml(heading)}</h1></div>`,
    `<div class="event__columns"><div class="event__main">${picture ? pictureOf(picture) : ''}${text}</div></div>`,
    '</div></main>',
  ].join('')
}

/** In the sizes in which the app asks for it, so that it is loaded once. */
function pictureOf({ small, medium, large, width, height }: Picture): string {
  const set = escapeHtml(`${small} 384w, ${medium} 768w, ${large} 1280w`)
  return `<span class="picture event__picture"><img class="picture__image" alt="" width="${width}" height="${height}" sizes="(min-width: 64rem) 46rem, 94vw" srcset="${set}" src="${escapeHtml(medium)}" fetchpriority="high"></span>`
}
