import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { readMail } from '@karcis/mail/read-mail'
import { createReturnPaths } from '@karcis/mail/return-paths'
import { eventually } from '@karcis/testkit/eventually'
import { type MailServer, startMailServer } from '@karcis/testkit/mail-server'
import { tokenOf } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../src/domain/notifications/channels/channel.ts'
import type { ChannelName } from '../src/domain/notifications/kinds.ts'
import { notify } from '../src/domain/notifications/notify.ts'
import { word } from '../src/domain/notifications/texts/word.ts'
import { type Person, settingsFor, type Story, startStory } from './stories.ts'

const BOUNCE_SECRET = 'what the mail server shows to bring what came back'

let server: MailServer
let story: Story
beforeAll(async () => {
  server = await startMailServer()
  story = await startStory({
    SMTP_URL: server.url,
    MAIL_FROM: 'Karcis <tickets@karcis.example>',
    MAIL_BOUNCE: 'bounces@karcis.example',
    MAIL_BOUNCE_SECRET: BOUNCE_SECRET,
    EMAIL_PER_SECOND: '0.01', // what the stories send by themselves goes at once
  })
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** As the router asks, for somebody who is not signed in. */
async function visit(
  { subgraph }: Story,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string } = {},
) {
  const response = await fetch(subgraph.url + path, {
    method,
    headers: { ...headers, [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') },
    ...(body !== undefined && { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const DATA = {
  proposalId: newId(),
  name: 'Panggung "Kita" <b>',
  decision: 'APPROVED',
  message: null,
} as const

const messageTo = (person: Person, language: 'EN' | 'ID' = 'EN'): OutgoingMessage => ({
  id: newId(),
  to: person.email,
  userId: person.id,
  language,
  kind: 'PROPOSAL_REVIEWED',
  group: 'ACCOUNT',
  data: DATA,
  until: null,
  wording: word('PROPOSAL_REVIEWED', DATA, { language, timezone: 'Asia/Jakarta' }, 'https://karcis.example'),
})

async function send({ subgraph }: Story, name: ChannelName, message: OutgoingMessage) {
  const channel = subgraph.deps.channels.find((one) => one.name === name)
  return channel?.send(message, AbortSignal.timeout(20_000))
}

/** Tells somebody something, and gives the delivery. */
async function tell(person: Person): Promise<string> {
  const cause = newId()
  await transaction(story.subgraph.deps.db, (tx) =>
    notify(tx, [{ userId: person.id, kind: 'PROPOSAL_REVIEWED', cause, data: DATA }]),
  )
  const [delivery] = await story.sql<{ id: string }>(
    `SELECT d.id FROM deliveries d JOIN notifications n ON n.id = d.notification_id WHERE n.cause = '${cause}' AND channel = 'EMAIL'`,
  )
  return delivery?.id ?? ''
}

/** A mail as the server has taken it; empty when it has not. */
const rawOf = ({ id }: OutgoingMessage): Buffer =>
  server.mails.find(({ raw }) => raw.includes(`<${id}@karcis.example>`))?.raw ?? Buffer.alloc(0)

const stateOf = async (id: string) =>
  (await story.sql(`SELECT state::text, reason FROM deliveries WHERE id = '${id}'`))[0]

describe('a link to have no more of a kind', () => {
  it('asks, and does it when told to: by the page, or by one click in a mail program', async () => {
    const siti = await story.signUp()
    const message = messageTo(siti)
    expect(await send(story, 'EMAIL', message)).toBe('SENT')
    const raw = rawOf(message).toString()
    const link = /List-Unsubscribe: <http:\/\/localhost:4000(\/[^>]+)>/.exec(raw)?.[1] ?? ''
    const waiting = await tell(siti)

    const page = await visit(story, link)
    expect(page).toMatchObject({ status: 200 })
    expect(page.text).toContain('<form method="post">')
    expect(await story.sql(`SELECT 1 FROM notification_switches WHERE user_id = '${siti.id}'`)).toEqual([])

    for (const _ of [1, 2]) {
      const done = await visit(story, link, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'List-Unsubscribe=One-Click',
      })
      expect(done).toMatchObject({ status: 200 })
      expect(done.text).toContain('about your account')
    }
    expect(
      await story.sql(
        `SELECT kinds, channel::text, enabled FROM notification_switches WHERE user_id = '${siti.id}'`,
      ),
    ).toEqual([{ kinds: 'ACCOUNT', channel: 'EMAIL', enabled: false }])
    expect(await stateOf(waiting)).toEqual({ state: 'DEAD', reason: 'UNSUBSCRIBED' })
    expect(await tell(siti)).toBe('')
  })

  it('ends nothing when it was changed, cut short or made for something else', async () => {
    const siti = await story.signUp()
    const url = new URL(
      story.subgraph.deps.unsubscribeLinks.of({
        userId: siti.id,
        group: 'CAMPAIGNS',
        channel: 'EMAIL',
        language: 'ID',
      }),
    )
    const token = url.searchParams.get('token') ?? ''
    expect((await visit(story, url.pathname + url.search)).text).toContain('lang="id"')
    for (const wrong of ['', 'x', token.slice(1), token.slice(0, -1), `${token}x`]) {
      const answer = await visit(story, `/mail/unsubscribe?token=${wrong}`, { method: 'POST', body: '' })
      expect(answer, wrong).toMatchObject({ status: 404 })
    }
    expect(await story.sql(`SELECT 1 FROM notification_switches WHERE user_id = '${siti.id}'`)).toEqual([])
  })

  it('is in no mail that nobody may switch off', async () => {
    const siti = await story.signUp()
    const message: OutgoingMessage = { ...messageTo(siti), group: 'SECURITY' }
    await send(story, 'EMAIL', message)
    expect(rawOf(message).toString()).toMatch(/^Subject/m)
    expect(rawOf(message).toString()).not.toMatch(/unsubscribe/i)
  })
})

describe('a mail about tickets', () => {
  const kind = 'PURCHASE' as OutgoingMessage['kind']
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const ticket = (reference: string) => ({
    reference,
    admits: 'Festival',
    qrCode: base64(`code ${reference}`),
    pdf: base64(`%PDF ${reference}`),
    calendar: base64('BEGIN:VCALENDAR'),
  })

  it('has those with it that are still its reader’s: codes to be seen, pages to print, and the event once', async () => {
    const siti = await story.signUp()
    const ids = [newId(), newId(), newId()]
    const { mailedTickets } = story.neighbours
    mailedTickets.set(`${ids[0]} of ${siti.id}`, ticket('7F3A-09BC'))
    mailedTickets.set(`${ids[1]} of ${newId()}`, ticket('0000-0000')) // has gone to somebody else
    mailedTickets.set(`${ids[2]} of ${siti.id}`, ticket('11AA-22BB'))
    const message = { ...messageTo(siti), kind, data: { ticketIds: ids } }
    expect(await send(story, 'EMAIL', message)).toBe('SENT')
    const { files, html } = await readMail(rawOf(message))
    expect(files.map(({ filename }) => filename).toSorted()).toEqual([
      'ticket-11AA-22BB.pdf',
      'ticket-11AA-22BB.png',
      'ticket-7F3A-09BC.ics',
      'ticket-7F3A-09BC.pdf',
      'ticket-7F3A-09BC.png',
    ])
    expect(html).toContain(`src="data:image/png;base64,${base64('code 7F3A-09BC')}"`)
    expect(html).toContain('Festival · 11AA-22BB')
  })

  it('waits while they cannot be had', async () => {
    const siti = await story.signUp()
    story.neighbours.away = true
    const message = { ...messageTo(siti), kind, data: { ticketId: newId() } }
    await expect(send(story, 'EMAIL', message)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    story.neighbours.away = false
    expect(rawOf(message)).toHaveLength(0)
  })
})

describe('what comes back', () => {
  const paths = () => createReturnPaths('bounces@karcis.example', story.settings.KEY_ENCRYPTION_SECRET)
  const report = (to: string, status: string, action = 'failed') =>
    [
      `To: ${to}`,
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example',
      '',
      `Action: ${action}`,
      `Status: ${status}`,
      '--b--',
      '',
    ].join('\r\n')
  const bring = (body: string, secret = BOUNCE_SECRET, query = '') =>
    visit(story, `/mail/bounces${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body,
    })
  const since = async ({ ask }: Person) =>
    (await ask('{ me { emailUndeliverableSince } }')).data.me.emailUndeliverableSince

  it('from where nobody of the name lives ends the address, which its person sees', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    const [first, waiting] = [await tell(siti), await tell(siti)]
    expect(await since(siti)).toBeNull()
    for (const _ of [1, 2])
      expect(await bring(report(paths().of(first), '5.1.1'))).toMatchObject({
        status: 200,
        text: '{"taken":true}',
      })
    expect(await since(siti)).toEqual(expect.any(String))
    expect(await since(budi)).toBeNull()
    expect(await stateOf(waiting)).toEqual({ state: 'DEAD', reason: 'GONE' })
    expect(await tell(siti)).toBe('')
    expect(await tell(budi)).not.toBe('')
    const { data } = await budi.ask('query ($id: ID!) { user(id: $id) { emailUndeliverableSince } }', {
      id: budi.id,
    })
    expect(data.user).toEqual({ emailUndeliverableSince: null })
  })

  it('is forgotten when its person shows that they read there', async () => {
    const siti = await story.signUp()
    const token = await story.mailed(siti.email, 'VERIFY_EMAIL')
    await bring(report(paths().of(await tell(siti)), '5.1.1'))
    expect(await since(siti)).not.toBeNull()
    await story.anybody('mutation ($token: String!) { verifyEmail(token: $token) { id } }', { token })
    expect(await since(siti)).toBeNull()
    expect(await tell(siti)).not.toBe('')
  })

  it('for a full mailbox ends it only after the third mail, each of which counts once', async () => {
    const siti = await story.signUp()
    const ids = [await tell(siti), await tell(siti), await tell(siti)]
    for (const id of [ids[0], ids[0], ids[0], ids[1], ids[1]])
      await bring(report(paths().of(id ?? ''), '5.2.2'))
    expect(await since(siti)).toBeNull()
    await bring(report(paths().of(ids[2] ?? ''), '5.2.2'))
    expect(await since(siti)).not.toBeNull()
  })

  it('at the same moment is counted all the same', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => story.signUp()))
    const ids = await Promise.all(people.flatMap((person) => [tell(person), tell(person), tell(person)]))
    await Promise.all(ids.map((id) => bring(report(paths().of(id), '5.7.1'))))
    for (const person of people) expect(await since(person)).not.toBeNull()
  })

  it('ends nothing when it is late only, no report, of no mail of ours, or brought by somebody else', async () => {
    const siti = await story.signUp()
    const id = await tell(siti)
    const to = paths().of(id)
    for (const body of [
      report(to, '4.4.1', 'delayed'),
      report(to, '4.2.2'),
      `To: ${to}\r\nSubject: I am away\r\n\r\nStatus: 5.1.1`,
      report('bounces@karcis.example', '5.1.1'),
      report(paths().of(newId()), '5.1.1'),
      '',
    ])
      expect(await bring(body)).toMatchObject({ status: 200, text: '{"taken":false}' })
    for (const secret of ['', 'x', `${BOUNCE_SECRET}x`])
      expect(await bring(report(to, '5.1.1'), secret)).toMatchObject({ status: 401 })
    expect(await since(siti)).toBeNull()
    // A mail server may say itself whom a mail was for.
    const said = await bring(report('x@y.example', '5.1.1'), BOUNCE_SECRET, `?to=${encodeURIComponent(to)}`)
    expect(said.text).toBe('{"taken":true}')
    expect(await since(siti)).not.toBeNull()
  })
})

describe('the outbox', () => {
  it('shows in development what would have been sent, and nothing in it runs or is loaded', async () => {
    await using development = await startStory({ NODE_ENV: 'development' })
    const [siti, budi] = [await development.signUp('Siti'), await development.signUp('Budi')]
    const messages = [messageTo(siti), messageTo(budi, 'ID')]
    for (const message of messages) {
      for (const _ of [1, 2]) expect(await send(development, 'EMAIL', message)).toBe('SENT')
    }
    await send(development, 'SMS', { ...messageTo(siti), to: '+62 812 3456' })

    // Siti's sign-up has sent her a mail by itself.
    const list = await eventually(async () => {
      const found = await visit(development, '/outbox?to=SITI')
      expect(found.text.match(/<li>/g)).toHaveLength(2)
      return found
    })
    expect(list.status).toBe(200)
    expect(list.text).toContain(siti.email)
    expect((await visit(development, '/outbox?channel=SMS')).text).toContain('+62 812 3456')
    expect(list.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(list.text).not.toMatch(/<script|\son\w+=/)

    const path = `/outbox/${messages[0]?.id}`
    const page = await visit(development, path)
    expect(page.text).toContain('sandbox="allow-popups')
    expect(page.text).toContain(`Message-ID: &lt;${messages[0]?.id}@localhost&gt;`)
    expect(page.text).not.toContain('<b>')
    const frame = await visit(development, `${path}?part=html`)
    expect(frame.headers.get('content-security-policy')).toMatch(/default-src 'none'.*; sandbox/)
    expect(frame.text).toContain('Panggung &quot;Kita&quot; &lt;b&gt;')
    const file = await visit(development, `${path}?part=raw`)
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/)
    for (const none of ['?part=0', '?part=x', 'x'])
      expect(await visit(development, path + none), none).toMatchObject({ status: 404 })
  })

  it('keeps the newest two hundred', async () => {
    await using development = await startStory({ NODE_ENV: 'development' })
    const { outbox } = development.subgraph.deps
    const address = `${newId()}@karcis.test`
    const add = (n: number) =>
      outbox?.add(
        {
          id: newId(),
          channel: 'PUSH',
          to: address,
          subject: `${n}`,
          kind: 'x',
          at: new Date().toISOString(),
        },
        'x',
      )
    for (let n = 1; n <= 203; n += 1) await add(n)
    const all = (await outbox?.list()) ?? []
    expect(all).toHaveLength(200)
    expect([all[0]?.subject, all.at(-1)?.subject]).toEqual(['203', '4'])
  })

  it('is not there where messages are really sent', async () => {
    for (const path of ['/outbox', `/outbox/${newId()}`])
      expect(await visit(story, path)).toMatchObject({ status: 404 })
    expect(story.subgraph.deps.channels.map(({ name }) => name)).toEqual(['EMAIL'])
  })
})

it.each([
  [{ SMTP_URL: 'smtp://localhost' }, 'MAIL_FROM'],
  [{ SMTP_URL: 'http://localhost' }, 'SMTP_URL'],
  [{ MAIL_FROM: 'Karcis' }, 'MAIL_FROM'],
  [{ MAIL_BOUNCE: 'bounces@karcis.example' }, 'MAIL_BOUNCE_SECRET'],
  [{ MAIL_BOUNCE: 'twenty-two-characters-@x.example', MAIL_BOUNCE_SECRET: BOUNCE_SECRET }, 'MAIL_BOUNCE'],
])('settings %o are refused for %s', (settings, name) => {
  expect(() => settingsFor('postgresql://x/y', settings as unknown as Record<string, string>)).toThrow(name)
})
