import { expect, it } from 'vitest'
import { z } from 'zod'
import { downloadPath, downloadToken, isDownload } from '../src/contracts/downloads.ts'
import { createSignedUrls } from '../src/signed-urls.ts'

const SECRET = 'a secret of at least thirty-two letters'
const claims = z.object({ eventId: z.string() })
const urls = createSignedUrls(SECRET, 'tests', claims)
const soon = () => new Date(Date.now() + 60_000)

it('gives what was signed until its time is over, and not a millisecond longer', () => {
  const expiresAt = soon()
  const token = urls.sign({ eventId: 'e1' }, expiresAt)
  expect(token).toMatch(/^[\w-]+\.[\w-]+$/)
  expect(urls.read(token)).toEqual({ eventId: 'e1' })
  expect(urls.read(token, new Date(expiresAt.getTime() - 1))).toEqual({ eventId: 'e1' })
  expect(urls.read(token, expiresAt)).toBeNull()
})

/** The letter that stands for one more. */
function nextLetter(letter = ''): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters.charAt(letters.indexOf(letter) + 1)
}

it('takes nothing that was changed, forged, or signed for something else', () => {
  const token = urls.sign({ eventId: 'e1' }, soon())
  const [text = '', signature = ''] = token.split('.')
  const other = Buffer.from(JSON.stringify([soon().getTime(), { eventId: 'e2' }])).toString('base64url')
  const wrong = [
    '',
    '.',
    text,
    `${text}.`,
    `.${signature}`,
    `${other}.${signature}`,
    `${text}.${signature.slice(0, -2)}`,
    // the last letter carries four bits of six: the others may not be anything else
    `${text}.${signature.slice(0, -1)}${nextLetter(signature.at(-1))}`,
    `${text}.${signature}.`,
    `${text}.${signature}.${signature}`,
    createSignedUrls(SECRET, 'others', claims).sign({ eventId: 'e1' }, soon()),
    createSignedUrls(`${SECRET}!`, 'tests', claims).sign({ eventId: 'e1' }, soon()),
  ]
  for (const forged of wrong) expect(urls.read(forged)).toBeNull()
})

it('makes names of files, and finds the token in them again', () => {
  const token = urls.sign({ eventId: 'e1' }, soon())
  const path = downloadPath('export', token)
  expect(path).toBe(`/exports/${token}.csv`)
  expect(isDownload(path)).toBe(true)
  expect(downloadToken('export', `${token}.csv`)).toBe(token)
  for (const name of [`${token}.pdf`, '.csv', `${'a'.repeat(1_001)}.csv`, 'a/b.csv', 'a%2e.csv'])
    expect(downloadToken('export', name)).toBeNull()
  for (const other of ['/exports/', '/exports/a', '/exports/a/b.csv', '/files/a.csv', '/invoices/a.csv'])
    expect(isDownload(other)).toBe(false)
})
