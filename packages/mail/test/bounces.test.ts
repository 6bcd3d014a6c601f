import { describe, expect, it } from 'vitest'
import { readDeliveryReport } from '../src/delivery-report.ts'
import { createReturnPaths } from '../src/return-paths.ts'

const paths = createReturnPaths('bounces@karcis.example', 'a secret of one test only, long enough')
const ID = '0198b1f6-1234-7000-8000-0123456789ab'

describe('the address for what comes back', () => {
  it('says which mail it was made for, in any case, and is short enough for every server', () => {
    const address = paths.of(ID)
    expect(address).toMatch(/^bounces\+[a-z2-7]{42}@karcis\.example$/)
    expect(paths.read(address)).toBe(ID)
    expect(paths.read(` ${address.toUpperCase()}`)).toBe(ID)
    expect(createReturnPaths('twenty-one-characters@x.example', 's'.repeat(32)).of(ID).indexOf('@')).toBe(64)
  })

  it('cannot be made up, nor changed into that of another mail', () => {
    const address = paths.of(ID)
    for (let at = 8; at < 50; at += 1) {
      const other = address[at] === 'q' ? 'y' : 'q' // of other bits than what is cut off at the end
      expect(paths.read(address.slice(0, at) + other + address.slice(at + 1)), String(at)).toBeNull()
    }
    const others = createReturnPaths('bounces@karcis.example', 'another secret of one test, long enough')
    expect(others.read(address)).toBeNull()
    expect(paths.read(address.replace('karcis', 'other'))).toBeNull()
    for (const text of ['', 'bounces@karcis.example', 'bounces+abc@karcis.example', '@', 'x'.repeat(5_000)])
      expect(paths.read(text)).toBeNull()
  })
})

const report = (fields: string, to = paths.of(ID)): Buffer =>
  Buffer.from(
    [
      `Delivered-To: ${to}`,
      'From: MAILER-DAEMON@mx.example (Mail Delivery System)',
      `To: <${to}>`,
      'Subject: Undelivered Mail Returned to Sender',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="b1"',
      '',
      '--b1',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      'I am sorry to have to inform you that your message could not be delivered.',
      '',
      '--b1',
      'Content-Description: Delivery report',
      'Content-Type: message/delivery-status',
      '',
      fields,
      '',
      '--b1',
      'Content-Type: message/rfc822',
      '',
      'From: tickets@karcis.example\nTo: gone@mail.example\nSubject: Action: failed\n\nStatus: 5.1.1',
      '--b1--',
      '',
    ]
      .join('\n')
      .replaceAll('\n', '\r\n'),
  )

describe('a report of a mail server', () => {
  it('says what became of the mail, in the words of Postfix', async () => {
    const read = await readDeliveryReport(
      report(
        'Reporting-MTA: dns; mx.example\nX-Postfix-Queue-ID: 4XyZ\n\nFinal-Recipient: rfc822; gone@mail.example\nOriginal-Recipient: rfc822;gone@mail.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.mail.example\nDiagnostic-Code: smtp; 550 5.1.1 <gone@mail.example>: Recipient address\n    rejected: User unknown',
      ),
    )
    expect(read?.addressees.map((address) => paths.read(address))).toEqual([ID, ID])
    expect(read?.outcomes).toEqual([
      {
        action: 'failed',
        status: '5.1.1',
        diagnostic: 'smtp; 550 5.1.1 <gone@mail.example>: Recipient address rejected: User unknown',
      },
    ])
  })

  it('in the words of Exchange: other case, other order, a comment behind the status', async () => {
    const read = await readDeliveryReport(
      report(
        'reporting-mta: dns;EX01\n\nfinal-recipient: RFC822;gone@mail.example\nstatus: 5.2.2 (mailbox full)\naction: Failed\ndiagnostic-code: smtp;552 5.2.2 STOREDRV; mailbox full',
      ),
    )
    expect(read?.outcomes).toMatchObject([{ action: 'failed', status: '5.2.2' }])
  })

  it('that it is late is no failure', async () => {
    const read = await readDeliveryReport(report('Reporting-MTA: dns; x\n\nAction: delayed\nStatus: 4.4.1'))
    expect(read?.outcomes).toEqual([{ action: 'delayed', status: '4.4.1', diagnostic: null }])
  })

  it('is none in any other mail, in half a report, and in what is no mail', async () => {
    const holiday = `To: ${paths.of(ID)}\r\nSubject: I am away\r\n\r\nStatus: 5.1.1\r\nAction: failed\r\n`
    for (const raw of [holiday, '', '\0\0\0', 'x'.repeat(100_000)])
      expect(await readDeliveryReport(Buffer.from(raw))).toBeNull()
    expect((await readDeliveryReport(report('Reporting-MTA: dns; x')))?.outcomes).toEqual([])
  })
})
