import { type MailServer, startMailServer } from '@karcis/testkit/mail-server'
import PostalMime from 'postal-mime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Mail } from '../src/mail.ts'
import { createMailer, type Mailer } from '../src/smtp.ts'

let server: MailServer
let mailer: Mailer
beforeAll(async () => {
  server = await startMailServer()
  mailer = createMailer(server.url, {
    from: 'Karcis <tickets@karcis.example>',
    returnPath: (id) => `bounces+${id}@karcis.example`,
  })
})
afterAll(async () => {
  mailer.close()
  await server[Symbol.asyncDispose]()
})
beforeEach(() => {
  server.mails.length = 0
  server.faults.length = 0
})

const png = Buffer.from('iVBORw0KGgo=', 'base64')
const mail: Mail = {
  id: '0198b1f6-1234-7000-8000-0123456789ab',
  to: 'sari@mail.example',
  letter: {
    language: 'ID',
    subject: 'Tiket untuk "Pesta <Rakyat>" 🎆',
    paragraphs: ['Halo Sari,\nini tiket Anda.'],
    facts: [['Acara', 'مهرجان الموسيقى']],
    action: { label: 'Lihat tiket', url: 'https://karcis.example/tickets' },
    unsubscribeUrl: 'https://karcis.example/mail/unsubscribe?token=abc.def',
  },
  attachments: [
    { filename: 'kode.png', contentType: 'image/png', content: png, caption: 'Festival · 7F3A-09BC' },
    { filename: 'tiket “satu”.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-') },
    {
      filename: 'acara.ics',
      contentType: 'text/calendar; charset=utf-8',
      content: Buffer.from('BEGIN:VCALENDAR'),
    },
  ],
}
const send = (changes: Partial<Mail> = {}, signal = AbortSignal.timeout(20_000)) =>
  mailer.send({ ...mail, ...changes }, signal)

it('is taken with everything in it, as a mail program reads it', async () => {
  expect(await send()).toBe('SENT')
  const [taken] = server.mails
  expect(taken).toMatchObject({ from: `bounces+${mail.id}@karcis.example`, to: 'sari@mail.example' })
  const read = await PostalMime.parse(taken?.raw ?? '')
  expect(read).toMatchObject({
    subject: 'Tiket untuk "Pesta <Rakyat>" 🎆',
    from: { name: 'Karcis', address: 'tickets@karcis.example' },
    messageId: `<${mail.id}@karcis.example>`,
  })
  const header = (name: string) => read.headers.find(({ key }) => key === name)?.value
  expect(header('list-unsubscribe')).toBe('<https://karcis.example/mail/unsubscribe?token=abc.def>')
  expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
  expect(header('auto-submitted')).toBe('auto-generated')
  expect(read.text).toContain('Acara: مهرجان الموسيقى')
  expect(read.text).toContain('https://karcis.example/tickets')
  const [image, pdf, ics] = read.attachments
  expect(image).toMatchObject({ mimeType: 'image/png', disposition: 'inline', related: true })
  expect(read.html).toContain(`src="cid:${image?.contentId?.slice(1, -1)}"`)
  expect(pdf).toMatchObject({ filename: 'tiket “satu”.pdf', disposition: 'attachment' })
  expect(ics).toMatchObject({ filename: 'acara.ics', mimeType: 'text/calendar' })
})

it('has no way out where there is none, and no line of a subject becomes a header', async () => {
  await send({ letter: { language: 'EN', subject: 'Hello\r\nBcc: eve@mail.example', paragraphs: ['x'] } })
  const [taken] = server.mails
  const read = await PostalMime.parse(taken?.raw ?? '')
  expect(taken?.to).toBe('sari@mail.example')
  expect(read.subject).toBe('Hello Bcc: eve@mail.example')
  expect(read.headers.map(({ key }) => key)).not.toContain('list-unsubscribe')
})

describe('a server', () => {
  it.each(['550 5.1.1 no such user', '550 no such user here', '550 5.2.1 mailbox disabled'])(
    'that says %s has nobody of this name',
    async (reply) => {
      server.faults.push({ at: 'RCPT', reply })
      expect(await send()).toBe('GONE')
    },
  )

  it.each([
    { at: 'RCPT', reply: '550 5.7.1 we do not like your address' },
    { at: 'RCPT', reply: '552 5.2.2 mailbox full' },
    { at: 'DATA', reply: '554 5.6.0 looks like spam' },
  ] as const)('that says $reply says nothing of who lives there', async (fault) => {
    server.faults.push(fault)
    await expect(send()).rejects.toThrow(fault.reply.slice(0, 9))
    expect(await send()).toBe('SENT')
  })

  it.each([
    { at: 'RCPT', reply: '450 4.2.0 greylisted, come again in 5 minutes' },
    { at: 'DATA', reply: '451 4.3.0 no room just now' },
  ] as const)('that says $reply takes it later', async (fault) => {
    server.faults.push(fault)
    await expect(send()).rejects.toMatchObject({ name: 'NotNow', message: fault.reply })
    expect(await send()).toBe('SENT')
  })

  it('that breaks off when it has the mail is sent it again under the same Message-ID', async () => {
    server.faults.push({ at: 'DATA', drop: true })
    await expect(send()).rejects.toThrow()
    expect(await send()).toBe('SENT')
    const ids = await Promise.all(
      server.mails.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId),
    )
    expect(ids).toEqual([`<${mail.id}@karcis.example>`, `<${mail.id}@karcis.example>`])
  })

  it.each(['RCPT', 'DATA'] as const)('that says nothing at %s is left when time is up', async (at) => {
    server.faults.push({ at, hang: true })
    await expect(send({}, AbortSignal.timeout(200))).rejects.toThrow()
    expect(await send()).toBe('SENT')
  })

  it('is sent many mails over few connections', async () => {
    const before = server.connections
    await Promise.all(Array.from({ length: 40 }, (_, n) => send({ to: `person-${n}@mail.example` })))
    expect(server.mails).toHaveLength(40)
    expect(server.connections - before).toBeLessThanOrEqual(4)
  })
})

it('sends no password over a connection that anybody can read', async () => {
  const sender = { from: 'tickets@karcis.example' }
  const away = createMailer(server.url.replace('127.0.0.1', 'sari:secret@127.1'), sender) // the same, by a name that is not known to be near
  await expect(away.send(mail, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'ETLS' })
  away.close()
  expect(server.mails).toEqual([])
})
