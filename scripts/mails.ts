import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { rawMail } from '../packages/mail/src/mail.ts'
import { readMail } from '../packages/mail/src/read-mail.ts'
import { type Browser, chromium } from 'playwright-core'
import { GROUPS, KINDS } from '../subgraphs/user/src/domain/notifications/kinds.ts'
import { word } from '../subgraphs/user/src/domain/notifications/texts/word.ts'
import { MAIL_EXAMPLES, type MailedKind } from './mail-examples.ts'

/** Draws every kind of mail, in both languages, light and dark, at the width of a phone and of a desk, and sheets of them to look through. */

const LANGUAGES = ['EN', 'ID'] as const
const SCHEMES = ['light', 'dark'] as const
const WIDTHS = { phone: 390, desk: 900 } as const
/** Mails on one sheet. */
const ON_A_SHEET = 12
const SHEET_COLUMNS = 6
const PUBLIC_URL = 'https://karcis.example'

const MAILED = Object.keys(MAIL_EXAMPLES) as MailedKind[]

interface DrawnMail {
  name: string
  html: string
}

/** The mails of one language, as a mail program shows them. */
async function writeMails(language: (typeof LANGUAGES)[number]): Promise<DrawnMail[]> {
  const mails: DrawnMail[] = []
  for (const kind of MAILED) {
    for (const [at, data] of MAIL_EXAMPLES[kind].entries()) {
      const wording = word(kind, data, { language, timezone: 'Asia/Jakarta' }, PUBLIC_URL, 'secret')
      const isFixed = 'fixed' in GROUPS[KINDS[kind].group]
      const letter = {
        ...wording,
        language,
        ...(!isFixed && { unsubscribeUrl: `${PUBLIC_URL}/mail/unsubscribe` }),
      }
      const raw = await rawMail(
        { from: 'Karcis <karcis@karcis.example>' },
        { id: 'example', to: 'a@example', letter },
      )
      mails.push({ name: `${kind}-${at + 1}`, html: (await readMail(raw)).html })
    }
  }
  return mails
}

async function draw(browser: Browser, folder: string): Promise<number> {
  let drawn = 0
  for (const language of LANGUAGES) {
    const mails = await writeMails(language)
    for (const colorScheme of SCHEMES) {
      for (const [size, width] of Object.entries(WIDTHS)) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 600 } })
        const of = join(folder, `${language.toLowerCase()}-${colorScheme}-${size}`)
        await mkdir(of, { recursive: true })
        const pictures: { name: string; png: Buffer }[] = []
        for (const { name, html } of mails) {
          await page.setContent(html)
          const png = await page.screenshot({ path: join(of, `${name}.png`), fullPage: true })
          pictures.push({ name, png })
        }
        await page.close()
        drawn += pictures.length
        for (let from = 0; from < pictures.length; from += ON_A_SHEET)
          await drawSheet(
            browser,
            `${of}-sheet-${from / ON_A_SHEET + 1}.png`,
            pictures.slice(from, from + ON_A_SHEET),
          )
      }
    }
  }
  return drawn
}

/** Many mails on one picture. */
async function drawSheet(
  browser: Browser,
  path: string,
  pictures: readonly { name: string; png: Buffer }[],
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1800, height: 600 } })
  const figures = pictures.map(
    ({ name, png }) =>
      `<figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${png.toString('base64')}"></figure>`,
  )
  await page.setContent(`<style>body { margin: 8px; display: grid; grid-template-columns: repeat(${SHEET_COLUMNS}, 1fr); gap: 8px; font: 13px sans-serif }
    figure { margin: 0 } img { width: 100% }</style>${figures.join('')}`)
  await page.screenshot({ path, fullPage: true })
  await page.close()
}

const executablePath = findChromium()
if (executablePath === null) {
  process.stderr.write('There is no Chromium on PATH: set CHROMIUM to where one is.\n')
  process.exit(1)
}
const folder = process.argv[2] ?? 'mails'
await mkdir(folder, { recursive: true })
await writeFile(join(folder, '.gitignore'), '*\n')
const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
try {
  process.stdout.write(`${await draw(browser, folder)} mails in ${folder}\n`)
} finally {
  await browser.close()
}
