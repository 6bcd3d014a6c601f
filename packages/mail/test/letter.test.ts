import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { compileLayout } from '../src/layout/compile.ts'
import { type Letter, writeHtml, writeText } from '../src/letter.ts'

const letter: Letter = { language: 'EN', subject: 'Hello', paragraphs: ['One.', 'Two.'] }

it('has the layout that was compiled last', async () => {
  const compiled = await readFile(new URL('../src/layout/letter.html', import.meta.url), 'utf8')
  expect(await compileLayout(), 'npm run mail-layout').toBe(compiled)
})

describe('a letter', () => {
  const name = `"Pesta" <script>alert('x')</script> & {{subject}} <!-- part:fact --> 🎆 مهرجان ${'Jazz '.repeat(40)}`
  const full: Letter = {
    ...letter,
    subject: name,
    paragraphs: [name],
    facts: [[name, name]],
    action: { label: name, url: `https://karcis.example/?q=${encodeURIComponent(name)}&x="><script>` },
    code: name,
    pictures: [{ cid: 'a@b', caption: name }],
    unsubscribeUrl: 'https://karcis.example/mail/unsubscribe?token=a&b="',
  }

  it('shows whatever is in it as the text that it is', () => {
    const html = writeHtml(full)
    expect(html).not.toContain('<script')
    const shown = html
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
    // title, label of the page, headline; preview, paragraph; fact and its label; button; code; picture and its caption
    expect(shown.split(name).length - 1).toBe(11)
  })

  it('loads nothing from anywhere', () => {
    const html = writeHtml(full)
    expect(html.match(/\bsrc="[^"]*"/g)).toEqual(['src="cid:a@b"'])
    expect(html).not.toMatch(/<link|@import|url\(|<script/)
  })

  it('leaves out what there is none of', () => {
    const html = writeHtml(letter)
    expect(html).not.toMatch(/<img|\{\{|part:|class="(facts|code|action)/)
    expect(html).toContain('cannot be turned off')
    expect(writeHtml({ ...letter, unsubscribeUrl: 'https://karcis.example/x' })).not.toContain(
      'cannot be turned off',
    )
  })

  it('links to no address that is none of a page', () => {
    const action = { label: 'x', url: 'javascript:alert(1)' }
    expect(() => writeHtml({ ...letter, action })).toThrow('web addresses')
    expect(() => writeText({ ...letter, action })).toThrow('web addresses')
  })

  it('is in the language of who reads it, around its words too', () => {
    const html = writeHtml({ ...letter, language: 'ID' })
    expect(html).toContain('lang="id"')
    expect(html).toContain('tidak dapat dimatikan')
  })

  it('says the same as plain text', () => {
    const text = writeText({
      ...full,
      subject: 'Hello',
      paragraphs: ['One.'],
      facts: [['Event', 'Jazz']],
      code: '482913',
    })
    expect(text).toMatch(/^Hello\n\nOne\.\n\n {4}482913\n\nEvent: Jazz\n\n/)
    expect(text).toContain('\n-- \nKarcis\n')
    expect(text).toContain('https://karcis.example/mail/unsubscribe?token=a&b="')
  })
})
