import { readFile, writeFile } from 'node:fs/promises'
import mjml from 'mjml'

const SOURCE = new URL('letter.mjml', import.meta.url)
const COMPILED = new URL('letter.html', import.meta.url)

/**
 * The layout as HTML that mail clients take, with its parts marked as they are in the source. Compiled by hand and committed, so that
 * MJML, with 180 packages behind it, is nothing that a process in production has.
 * @throws Error for what is no MJML.
 */
export async function compileLayout(): Promise<string> {
  const { html } = await mjml(await readFile(SOURCE, 'utf8'), {
    validationLevel: 'strict',
    fonts: {}, // otherwise it has Roboto loaded from Google
  })
  return `${html.replace(/\s*\n\s*/g, '\n').trim()}\n`
}

if (import.meta.main) await writeFile(COMPILED, await compileLayout())
