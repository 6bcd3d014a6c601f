import { escapeHtml } from '@karcis/kit/html'

/** What is filled into the page of the build. HTML of what is given as such is not escaped here. */
export interface PageParts {
  language: string
  /** Undefined: as the system has it. */
  theme?: string | undefined
  title: string
  /** HTML, for the head. */
  head: string
  /** HTML, in the place of the style sheets that the template asks for; undefined: it asks for them. */
  styles?: string | undefined
  /** HTML, shown until the app has begun. */
  content: string
  /** What the app would ask first, by `operation:variables`. */
  data: Readonly<Record<string, unknown>>
}

/** Fills in one page. */
export type Fill = (parts: PageParts) => string

const HTML = /<html[^>]*>/
const TITLE = /<title>[^<]*<\/title>/
const ROOT = /<div id="app">\s*<\/div>/
const SHEETS = /<link rel="stylesheet"[^>]*>\s*/g
const HEAD = '<!-- head -->'
const DATA = '<!-- first-paint -->'

/** @param template `index.html` of the build. @throws Error when it lacks a place to fill. */
export function createFill(template: string): Fill {
  for (const place of [HTML, TITLE, ROOT, HEAD, DATA])
    if (template.search(place) < 0) throw new Error(`index.html of the web app has no ${String(place)}`)
  return ({ language, theme, title, head, styles, content, data }) => {
    const html = `<html lang="${escapeHtml(language)}"${theme ? ` data-theme="${escapeHtml(theme)}"` : ''}>`
    const known = Object.keys(data).length > 0 ? dataScript('first-paint', 'application/json', data) : ''
    // By functions: in a text, `$&` would stand for something.
    return (styles === undefined ? template : template.replace(SHEETS, ''))
      .replace(HTML, () => html)
      .replace(TITLE, () => `<title>${escapeHtml(title)}</title>`)
      .replace(HEAD, () => (styles ?? '') + head)
      .replace(ROOT, () => `<div id="app">${content}</div>`)
      .replace(DATA, () => known)
  }
}

/** Signs that would end the script, or a line of it for older readers. Inside of JSON they can only stand in texts. */
const UNSAFE = /[<>&\u2028\u2029]/g

/** Data for scripts to read, never run: the policy of the page allows no script in it. Whatever is in the data, it ends where it says. */
export function dataScript(id: string, type: string, data: unknown): string {
  const json = JSON.stringify(data).replace(
    UNSAFE,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<script type="${type}"${id === '' ? '' : ` id="${id}"`}>${json}</script>`
}
