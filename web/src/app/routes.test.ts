import { expect, it } from 'vitest'
import { MAIL_EXAMPLES, type MailedKind } from '../../../scripts/mail-examples.ts'
import { word } from '../../../subgraphs/user/src/domain/notifications/texts/word.ts'
import { routeOf } from './routes.tsx'

const PUBLIC_URL = 'https://karcis.example'
/** What organizers and admins do has no pages of ours yet. */
const NOT_YET = /^\/(organize|admin)(\/|$)/

/** Paths that notifications of a kind lead to. */
const linksOf = (kind: MailedKind): string[] =>
  (['EN', 'ID'] as const).flatMap((language) =>
    MAIL_EXAMPLES[kind].flatMap((data) => {
      const { action } = word(kind, data, { language, timezone: 'Asia/Jakarta' }, PUBLIC_URL, 'secret')
      return action ? [new URL(action.url).pathname] : []
    }),
  )

it.each(Object.keys(MAIL_EXAMPLES) as MailedKind[])(
  'a notification of %s leads to a page that there is',
  (kind) => {
    const links = linksOf(kind).filter((path) => !NOT_YET.test(path))
    expect(links.filter((path) => !routeOf(path))).toEqual([])
  },
)

it('of an ended number leads to where the number is', () => {
  expect(new Set(linksOf('PHONE_ENDED'))).toEqual(new Set(['/account/preferences']))
})
