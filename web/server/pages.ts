import { escapeHtml } from '@karcis/kit/html'
import type { Build } from './build-files.ts'
import { preloadsOf } from './build-files.ts'
import type { Draw } from './drawing.ts'
import type { Language, Preferences } from './preferences.ts'
import type { Description, PublicPage } from './public-pages.ts'
import { pictureAddress } from './structured-data.ts'
import { createFill, dataScript } from './template.ts'
import { wordsOf } from './words.ts'

/** What of the build shows a page: it is loaded from the first moment on, not only when the app has begun. */
function modulesOf(kind: PublicPage['kind'] | undefined, language: Language): string[] {
  const every = ['first', `src/generated/texts-${language}.ts`, 'menus']
  if (kind === undefined || kind === 'home') return every
  return kind === 'search'
    ? [...every, 'search', `src/texts/${language}/search.ts`]
    : [...every, 'event-page', `src/texts/${language}/event.ts`]
}

export interface Pages {
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
  return {
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
          firstPicture(drawn),
        ),
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
    picture: string,
  ): string {
    const address = path === null ? null : publicUrl + (page?.path ?? path)
    const preloads = preloadsOf(build.chunks, modulesOf(page?.kind, language))
    return [
      meta('name', 'description', known.description),
      hidden ? meta('name', 'robots', 'noindex') : '',
      ...(address === null
        ? []
        : [`<link rel="canonical" href="${escapeHtml(address)}">`, ...cards(page, address, known, language)]),
      ...preloads.styles.map((file) => `<link rel="stylesheet" href="/${escapeHtml(file)}" crossorigin>`),
      picture,
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

/** The picture that a page begins with: asked for before the scripts, as browsers ask a server for few things at a time. */
function firstPicture(drawn: string): string {
  const [image = ''] = /<img [^>]*fetchpriority="high"[^>]*>/.exec(drawn) ?? []
  const [, set] = /srcset="([^"]*)"/.exec(image) ?? []
  const [, sizes] = /sizes="([^"]*)"/.exec(image) ?? []
  return set && sizes
    ? `<link rel="preload" as="image" imagesrcset="${set}" imagesizes="${sizes}" fetchpriority="high">`
    : ''
}
