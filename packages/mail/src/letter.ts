import { readFileSync } from 'node:fs'
import { escapeHtml } from '@karcis/kit/html'
import { readTemplate } from './layout/template.ts'
import { type Language, WORDS } from './words.ts'

/** What is written to somebody. Texts are plain; line breaks in a paragraph stay. */
export interface Letter {
  language: Language
  subject: string
  paragraphs: readonly string[]
  /** Names and values, as of what was bought. */
  facts?: readonly (readonly [label: string, value: string])[] | undefined
  /** What to do next. */
  action?: { label: string; url: string } | undefined
  /** To be typed in somewhere. */
  code?: string | undefined
  /** Attached images that are seen in the mail, by their content ids. */
  pictures?: readonly { cid: string; caption: string }[] | undefined
  /** Where whoever gets it says that they want none of its kind; only where they may. */
  unsubscribeUrl?: string | undefined
}

const BRAND = 'Karcis'

const layout = readTemplate(readFileSync(new URL('layout/letter.html', import.meta.url), 'utf8'))

/** The letter as HTML, in the layout of all mails. Nothing in it is loaded from anywhere. */
export function writeHtml(letter: Letter): string {
  const { language, subject, paragraphs, facts = [], action, code, pictures = [], unsubscribeUrl } = letter
  const words = WORDS[language]
  return layout.render(
    {
      language: language.toLowerCase(),
      brand: BRAND,
      subject: escapeHtml(subject),
      preview: escapeHtml(paragraphs[0] ?? ''),
      because: escapeHtml(unsubscribeUrl === undefined ? words.needed : words.chosen),
    },
    {
      paragraph: paragraphs.map((text) => layout.part('paragraph').render({ paragraph: withBreaks(text) })),
      code: some(code, (text) => layout.part('code').render({ code: escapeHtml(text) })),
      facts: facts.length === 0 ? [] : [renderFacts(facts)],
      picture: pictures.map(({ cid, caption }) =>
        layout.part('picture').render({ cid: escapeHtml(cid), caption: escapeHtml(caption) }),
      ),
      action: some(action, ({ label, url }) =>
        layout.part('action').render({
          label: escapeHtml(label),
          url: escapeHtml(webUrl(url)),
          otherwise: escapeHtml(words.otherwise),
        }),
      ),
      unsubscribe: some(unsubscribeUrl, (url) =>
        layout
          .part('unsubscribe')
          .render({ url: escapeHtml(webUrl(url)), label: escapeHtml(words.unsubscribe) }),
      ),
    },
  )
}

function renderFacts(facts: NonNullable<Letter['facts']>): string {
  const table = layout.part('facts')
  const row = table.part('fact')
  return table.render(
    {},
    {
      fact: facts.map(([label, value]) => row.render({ label: escapeHtml(label), value: withBreaks(value) })),
    },
  )
}

/** The same as plain text, for whoever reads no HTML. */
export function writeText(letter: Letter): string {
  const { language, subject, paragraphs, facts = [], action, code, pictures = [], unsubscribeUrl } = letter
  const words = WORDS[language]
  const blocks = [
    subject,
    ...paragraphs,
    ...(code === undefined ? [] : [`    ${code}`]),
    ...(facts.length === 0 ? [] : [facts.map(([label, value]) => `${label}: ${value}`).join('\n')]),
    ...(pictures.length === 0 ? [] : [pictures.map(({ caption }) => `* ${caption}`).join('\n')]),
    ...(action ? [`${action.label}:\n${webUrl(action.url)}`] : []),
    // The line that marks a signature (RFC 3676): clients show what follows as such.
    `-- \n${BRAND}\n${unsubscribeUrl === undefined ? words.needed : `${words.chosen}\n${words.unsubscribe}: ${webUrl(unsubscribeUrl)}`}`,
  ]
  return `${blocks.join('\n\n')}\n`
}

const some = <T>(thing: T | undefined, render: (thing: T) => string): string[] =>
  thing === undefined ? [] : [render(thing)]

const withBreaks = (text: string): string => escapeHtml(text).replace(/\r?\n/g, '<br />')

/** @throws Error for an address that no browser opens as a page, as `javascript:`. */
function webUrl(url: string): string {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error('A mail links to web addresses only.')
  return url
}
