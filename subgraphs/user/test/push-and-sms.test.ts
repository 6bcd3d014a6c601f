import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { type Browser, type PushService, startPushService } from '@karcis/stand-ins/push'
import {
  NO_MOBILE,
  NO_NUMBER,
  type SmsProvider,
  startSmsProvider,
  STOPPED_NUMBER,
  type TakenSms,
} from '@karcis/stand-ins/sms'
import { mustAsk } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { tokenOf } from '@karcis/testkit/people'
import { startProcess } from '@karcis/testkit/process'
import webPush from 'web-push'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUserSubgraph } from '../src/server.ts'
import { type Notice, notify } from '../src/domain/notifications/notify.ts'
import { type Person, settingsFor, type Story, startStory } from './stories.ts'

const REGISTER = `mutation ($input: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $input) {
  id service current device { browser system } } }`
const REMOVE = 'mutation ($id: ID!) { removePushSubscription(id: $id) { id } }'
const LIST = '{ pushSubscriptions { totalCount edges { node { id current } } } }'
const REQUEST = 'mutation ($phoneNumber: String!) { requestPhoneCode(phoneNumber: $phoneNumber) }'
const VERIFY = 'mutation ($code: String!) { verifyPhone(code: $code) { phoneNumber phoneVerified } }'
const PHONE = '{ me { phoneNumber phoneVerified } }'

const { publicKey, privateKey } = webPush.generateVAPIDKeys()
const ACCOUNT = { account: 'AC0123456789abcdef0123456789abcdef', token: 'what the provider signs with' }
const FIREFOX = 'Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0'

let push: PushService
let sms: SmsProvider
let story: Story
const settings = () => ({
  PUSH_PRIVATE_KEY: privateKey,
  PUSH_CONTACT: 'mailto:ops@karcis.example',
  SMS_URL: sms.url,
  SMS_ACCOUNT: ACCOUNT.account,
  SMS_TOKEN: ACCOUNT.token,
  SMS_FROM: 'Karcis',
  SMS_PREFIXES: '+62,+1500',
  SMS_PER_SECOND: '100',
})
beforeAll(async () => {
  push = await startPushService()
  sms = await startSmsProvider({ ...ACCOUNT, from: ['Karcis'] })
  story = await startStory(settings())
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await push[Symbol.asyncDispose]()
  await sms[Symbol.asyncDispose]()
})

const tell = (db: Story, ...notices: Notice[]) =>
  transaction(db.subgraph.deps.db, (tx) => notify(tx, notices))

const decided = ({ id }: { id: string }, more: Partial<Notice> = {}): Notice =>
  ({
    userId: id,
    kind: 'PROPOSAL_REVIEWED',
    cause: newId(),
    data: { proposalId: newId(), name: 'Panggung “Kita”', decision: 'APPROVED', message: null },
    ...more,
  }) as Notice

const EVENT = {
  eventId: newId(),
  title: 'Malam Nusantara',
  startsAt: '2027-03-01T12:00:00Z',
  timezone: 'Asia/Jakarta',
  place: 'GBK',
}
const reminder = ({ id }: Person, kind: 'REMINDER_DAY' | 'REMINDER_SOON', until?: Date): Notice => ({
  userId: id,
  kind,
  cause: newId(),
  data: EVENT,
  ...(until && { until }),
})

/** Registers another browser of somebody's. */
async function browserOf(person: Person): Promise<Browser & { id: string }> {
  const browser = push.subscribe(publicKey)
  const { data } = await person.ask(REGISTER, { input: { ...browser.keys, userAgent: FIREFOX } })
  return { ...browser, id: data.registerPushSubscription.id }
}

const shown = ({ received }: Browser) => received.map(({ text }) => JSON.parse(text))
const titles = (browser: Browser) => shown(browser).map(({ title }) => title)

const deliveriesOf = ({ id }: Person, channel: 'PUSH' | 'SMS') =>
  story.sql(
    `SELECT address, state::text, reason, attempts, extract(epoch FROM not_before - now())::int AS seconds
      FROM deliveries WHERE user_id = '${id}' AND channel = '${channel}' ORDER BY seq`,
  )

describe('a browser that is registered', () => {
  it('is told, for its eyes alone: every one of somebody, each once, as the kind asks for', async () => {
    const siti = await story.signUp()
    expect((await story.anybody('{ pushPublicKey }')).data.pushPublicKey).toBe(publicKey)
    const { data } = await siti.ask(REGISTER, {
      input: { ...push.subscribe(publicKey).keys, userAgent: FIREFOX },
    })
    expect(data.registerPushSubscription).toMatchObject({
      service: '127.0.0.1',
      current: true,
      device: { browser: 'Firefox', system: 'Android' },
    })
    const [phone, desk] = [await browserOf(siti), await browserOf(siti)]
    await tell(story, decided(siti))
    await eventually(() =>
      expect([phone, desk].map(titles)).toEqual([[expect.any(String)], [expect.any(String)]]),
    )
    expect(shown(phone)[0]).toEqual({
      title: 'Panggung “Kita” may hold events on Karcis',
      body: 'Your proposal for Panggung “Kita” has been accepted: you are an organizer now.',
      url: 'http://localhost:4000/organize',
      tag: expect.stringMatching(/^[\w-]{32}$/),
      kind: 'PROPOSAL_REVIEWED',
    })
    expect(phone.received[0]).toMatchObject({
      ttlSeconds: 72 * 3_600,
      urgency: 'normal',
      topic: shown(phone)[0].tag,
    })
    expect(push.refusals).toEqual([])
    expect((await siti.ask(LIST)).data.pushSubscriptions).toMatchObject({ totalCount: 3 })
    expect((await siti.ask(REMOVE, { id: desk.id })).data.removePushSubscription.id).toBe(desk.id)
    await tell(story, decided(siti))
    await eventually(() => expect(phone.received).toHaveLength(2))
    expect(desk.received).toHaveLength(1)
    expect((await (await story.signUp()).ask(REMOVE, { id: phone.id })).code).toBe('NOT_FOUND')
  })

  it('has of what replaces the other only the last, when it is on again; a push is kept no longer than it is of use', async () => {
    const siti = await story.signUp()
    const phone = await browserOf(siti)
    phone.switchOff()
    await tell(story, reminder(siti, 'REMINDER_DAY'))
    await eventually(async () => expect((await deliveriesOf(siti, 'PUSH'))[0]?.state).toBe('SENT'))
    await tell(story, reminder(siti, 'REMINDER_SOON', new Date(Date.now() + 600_000)), decided(siti))
    await eventually(async () =>
      expect((await deliveriesOf(siti, 'PUSH')).map(({ state }) => state)).toEqual(['SENT', 'SENT', 'SENT']),
    )
    phone.switchOn()
    expect(titles(phone).toSorted()).toEqual([
      'Panggung “Kita” may hold events on Karcis',
      'Soon: Malam Nusantara',
    ])
    const soon = phone.received.find(({ text }) => text.includes('Soon'))
    expect(soon?.urgency).toBe('low')
    expect(soon?.ttlSeconds).toBeGreaterThan(590)
    expect(soon?.ttlSeconds).toBeLessThanOrEqual(600)
  })

  it('is forgotten once its service says that it is gone, with all that waits for it; the others are not', async () => {
    const siti = await story.signUp()
    const [phone, desk] = [await browserOf(siti), await browserOf(siti)]
    phone.unsubscribe()
    await tell(story, decided(siti))
    await eventually(async () =>
      expect(
        (await deliveriesOf(siti, 'PUSH')).map(({ state, reason }) => `${state} ${reason}`).toSorted(),
      ).toEqual(['DEAD GONE', 'SENT null']),
    )
    const { edges } = (await siti.ask(LIST)).data.pushSubscriptions
    expect(edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([desk.id])
    expect(await story.sql("SELECT 1 FROM dead_addresses WHERE channel = 'PUSH'")).toEqual([])
  })

  it('is tried again when its service asks for it, as it asks; and not at all where the message is at fault', async () => {
    const phones: Awaited<ReturnType<typeof browserOf>>[] = []
    // Of somebody else each: one person's next message waits for the one before it.
    const attempt = async (...faults: PushService['faults']) => {
      const siti = await story.signUp()
      phones.push(await browserOf(siti))
      push.faults.push(...faults)
      await tell(story, decided(siti))
      return eventually(async () => {
        const last = (await deliveriesOf(siti, 'PUSH')).at(-1)
        expect(push.faults).toEqual([])
        expect(last?.reason).not.toBeNull()
        return last
      })
    }
    const later = await attempt({ status: 429, retryAfter: '120' })
    expect(later).toMatchObject({ state: 'WAITING', reason: '127.0.0.1 answered 429: ' })
    expect(later?.seconds).toBeGreaterThan(110)
    const date = new Date(Date.now() + 300_000).toUTCString()
    expect((await attempt({ status: 503, retryAfter: date }))?.seconds).toBeGreaterThan(280)
    expect((await attempt({ status: 500 }))?.seconds).toBeLessThan(10)
    expect(await attempt({ status: 413 })).toMatchObject({ state: 'DEAD', attempts: 1 })
    expect(phones.flatMap(({ received }) => received)).toEqual([])
    // What is asked for is done up to six hours.
    expect((await attempt({ status: 429, retryAfter: '999999999' }))?.seconds).toBeLessThan(6 * 3_600 + 1)
  })

  it('takes the longest text there can be, shortened, whatever it is written in', async () => {
    const siti = await story.signUp()
    const phone = await browserOf(siti)
    for (const message of ['😀'.repeat(2_000), '"\\\n'.repeat(2_000), 'kata '.repeat(400)]) {
      const name = `${message.slice(0, 200)}!`
      await tell(story, decided(siti, { data: { proposalId: newId(), name, decision: 'REJECTED', message } }))
    }
    await eventually(() => expect(phone.received).toHaveLength(3))
    for (const { title, body } of shown(phone)) {
      expect(Array.from(title).length).toBeLessThanOrEqual(120)
      expect(Array.from(body).length).toBeLessThanOrEqual(400)
      expect(body).toMatch(/…$/)
      expect(title.isWellFormed() && body.isWellFormed()).toBe(true)
    }
    expect(push.refusals).toEqual([])
  })

  it('is told what is for whoever registered it last, and nothing that waited for somebody else', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    const shared = await browserOf(siti)
    await story.sql("UPDATE delivery_paces SET next_at = now() + interval '1 hour' WHERE channel = 'PUSH'")
    await tell(story, decided(siti))
    expect(await deliveriesOf(siti, 'PUSH')).toMatchObject([{ address: shared.id, state: 'WAITING' }])
    const { data } = await budi.ask(REGISTER, { input: shared.keys })
    expect(data.registerPushSubscription.id).not.toBe(shared.id)
    await story.sql("UPDATE delivery_paces SET next_at = now() WHERE channel = 'PUSH'")
    expect(await deliveriesOf(siti, 'PUSH')).toMatchObject([{ state: 'DEAD', reason: 'GONE' }])
    await tell(story, decided(siti), decided(budi))
    await eventually(() => expect(shared.received).toHaveLength(1))
    expect(await deliveriesOf(siti, 'PUSH')).toHaveLength(1)
    expect((await siti.ask(LIST)).data.pushSubscriptions.totalCount).toBe(0)
    // Both at once, again and again: it is one's or the other's, and nobody is told that something failed.
    const outcomes = await parallel(8, (n) => (n % 2 ? siti : budi).ask(REGISTER, { input: shared.keys }))
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'fulfilled', value: { errors: [] } })
    expect(
      await story.sql(`SELECT 1 FROM push_subscriptions WHERE user_id IN ('${siti.id}', '${budi.id}')`),
    ).toHaveLength(1)
  })

  it('is the same when it is registered again; past twenty the oldest is forgotten', async () => {
    const siti = await story.signUp()
    const first = await browserOf(siti)
    const again = await siti.ask(REGISTER, { input: first.keys })
    expect(again.data.registerPushSubscription.id).toBe(first.id)
    for (let n = 0; n < 20; n += 1) await browserOf(siti)
    const { edges } = (await siti.ask(LIST)).data.pushSubscriptions
    expect(edges).toHaveLength(20)
    expect(edges.map(({ node }: { node: { id: string } }) => node.id)).not.toContain(first.id)
  })

  it('is told nothing once its person has signed out there, or was signed out', async () => {
    const siti = await story.signUp()
    const elsewhere = await story.comeBack(siti.email)
    const [phone, desk] = [await browserOf(siti), await browserOf(elsewhere)]
    await elsewhere.ask('mutation { logout }')
    await tell(story, decided(siti))
    await eventually(() => expect(phone.received).toHaveLength(1))
    expect(desk.received).toHaveLength(0)
    expect((await elsewhere.ask(REGISTER, { input: desk.keys })).code).toBe('UNAUTHENTICATED')
    await siti.ask('mutation { logout(everywhere: true) }')
    expect(await story.sql(`SELECT 1 FROM push_subscriptions WHERE user_id = '${siti.id}'`)).toEqual([])
  })

  it('is not registered in a session that ends at this moment, which the lock on it sees to', async () => {
    const { deps } = story.subgraph
    const registerAsItEnds = async () => {
      const siti = await story.signUp()
      const { sessionId } = siti.viewer
      const [under, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const ending = transaction(deps.db, async (tx) => {
        await tx.$executeRaw`UPDATE sessions SET revoked_at = now() WHERE id = ${sessionId}::uuid`
        under.resolve()
        await ended.promise
      })
      await under.promise
      const registering = siti.ask(REGISTER, { input: push.subscribe(publicKey).keys })
      await Promise.race([registering, new Promise((resolve) => setTimeout(resolve, 300))])
      ended.resolve()
      await ending
      return (await registering).code
    }
    expect(await registerAsItEnds()).toBe('UNAUTHENTICATED')
    expect(await withMutant(deps, [' FOR SHARE'], registerAsItEnds)).toBeUndefined()
  })

  it.each([
    ['endpoint', 'http://push.example/a'],
    ['endpoint', 'https://10.0.0.1/a'],
    ['endpoint', 'https://192.168.1.7/a'],
    ['endpoint', 'https://metadata.internal/a'],
    ['p256dh', Buffer.alloc(65, 4).toString('base64url')],
    ['p256dh', 'x'],
    ['auth', Buffer.alloc(15).toString('base64url')],
  ])('is refused for its %s %s', async (name, value) => {
    const siti = await story.signUp()
    const { code, facts } = await siti.ask(REGISTER, {
      input: { ...push.subscribe(publicKey).keys, [name]: value },
    })
    expect(code).toBe('BAD_USER_INPUT')
    expect(facts.fields).toMatchObject([{ path: `input.${name}` }])
  })
})

/** The last message to a number. */
const messageTo = (number: string): Promise<TakenSms> =>
  eventually(() => {
    const message = sms.messages.findLast(({ to }) => to === number)
    if (!message) throw new Error('nothing has come')
    return message
  })

const codeIn = ({ text }: TakenSms): string => text.split('\n')[0] ?? ''

let numbers = 0
const newNumber = (): string => `+62812${String((numbers += 1)).padStart(7, '0')}`

/** Somebody whose number is verified. */
async function verified(): Promise<Person & { number: string }> {
  const [siti, number] = [await story.signUp(), newNumber()]
  await siti.ask(REQUEST, { phoneNumber: number })
  await siti.ask(VERIFY, { code: codeIn(await messageTo(number)) })
  return { ...siti, number }
}

describe('a phone number', () => {
  it('is somebody’s once they have brought the code that was sent there; another one is not', async () => {
    const siti = await story.signUp()
    expect((await siti.ask(PHONE)).data.me).toEqual({ phoneNumber: '+62 812 3456', phoneVerified: false })
    expect((await siti.ask(REQUEST, { phoneNumber: '+62 (811) 222-3333' })).data.requestPhoneCode).toBe(true)
    const message = await messageTo('+628112223333')
    expect(message.text).toBe(
      `${codeIn(message)}\nKarcis: Your code to verify this number\nIt is good for 10 minutes. Nobody at Karcis will ask you for it.`,
    )
    expect(message.validitySeconds).toBeLessThanOrEqual(600)
    const code = codeIn(message)
    expect(code).toMatch(/^\d{6}$/)
    const other = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    expect((await siti.ask(VERIFY, { code: other })).code).toBe('INVALID_CREDENTIALS')
    const { data } = await siti.ask(VERIFY, { code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect(data.verifyPhone).toEqual({ phoneNumber: '+628112223333', phoneVerified: true })
    const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { phoneVerified } }'
    const change = async (phoneNumber: string) =>
      (await siti.ask(UPDATE, { input: { id: siti.id, phoneNumber } })).data.updateUser.phoneVerified
    expect(await change('+62 811-222-3333')).toBe(true)
    expect(await change('0811 222 3333')).toBe(false)
    expect(
      (await story.sql(`SELECT secret FROM deliveries WHERE address = '+628112223333'`))[0]?.secret,
    ).toBeNull()
  })

  it('is told of what was chosen, and of what an account’s owner must know; nobody is by a number that is not verified', async () => {
    const [siti, budi] = [await verified(), await story.signUp()]
    for (const { id } of [siti, budi])
      await story.sql(`INSERT INTO notification_switches VALUES ('${id}', 'EVENTS', 'SMS', true)`)
    const cancelled = (person: Person): Notice => ({
      userId: person.id,
      kind: 'EVENT_CANCELLED',
      cause: newId(),
      data: { ...EVENT, reason: 'x'.repeat(900) },
    })
    await tell(story, cancelled(siti), cancelled(budi), decided(siti))
    const { text, from } = await eventually(() => {
      const found = sms.messages.findLast(
        ({ to, text: said }) => to === siti.number && said.includes('cancelled'),
      )
      if (!found) throw new Error('nothing has come')
      return found
    })
    expect(from).toBe('Karcis')
    expect(text).toMatch(/^Karcis: Malam Nusantara is cancelled\n/)
    expect(text).toMatch(/x\.\.\.\nhttp:\/\/localhost:4000\/bookings$/)
    expect(text.length).toBeGreaterThan(3 * 153 - 40)
    expect(text.length).toBeLessThanOrEqual(3 * 153)
    expect(await deliveriesOf(budi, 'SMS')).toEqual([])
    await tell(story, {
      userId: siti.id,
      kind: 'PASSWORD_CHANGED',
      cause: newId(),
      data: { by: 'PASSWORD' },
    })
    await eventually(async () => expect((await messageTo(siti.number)).text).toContain('password'))
    expect(await deliveriesOf(siti, 'SMS')).toHaveLength(3) // with the code; not what nobody has chosen
  })

  it('takes each code once, however many bring it at once, and none that is too old: guards of one statement', async () => {
    const siti = await story.signUp()
    const { deps } = story.subgraph
    const fresh = async () => {
      const number = newNumber()
      await story.sql('DELETE FROM login_attempts')
      await siti.ask(REQUEST, { phoneNumber: number })
      return codeIn(await messageTo(number))
    }
    const code = await fresh()
    const outcomes = await parallel(8, () => siti.ask(VERIFY, { code }))
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.code : 'failed'))
    expect(codes.filter((one) => one === undefined)).toHaveLength(1)
    const old = await fresh()
    await story.sql(`UPDATE phone_codes SET expires_at = now() - interval '1 second'`)
    expect((await siti.ask(VERIFY, { code: old })).code).toBe('INVALID_CREDENTIALS')
    const accepted = await withMutant(deps, [' AND expires_at > now()'], () =>
      siti.ask(VERIFY, { code: old }),
    )
    expect(accepted.code).toBeUndefined()
    const [first, second] = [await fresh(), await fresh()]
    expect((await siti.ask(VERIFY, { code: first })).code).toBe('INVALID_CREDENTIALS')
    expect((await siti.ask(VERIFY, { code: second })).code).toBeUndefined()
  })

  it('is neither guessed nor flooded', async () => {
    await story.sql('DELETE FROM login_attempts')
    const siti = await story.signUp()
    const number = newNumber()
    await siti.ask(REQUEST, { phoneNumber: number })
    const code = codeIn(await messageTo(number))
    const wrong = String((Number(code) + 7) % 1_000_000).padStart(6, '0')
    const outcomes = await parallel(40, () => siti.ask(VERIFY, { code: wrong }))
    const refused = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.code : 'failed',
    )
    expect(refused.filter((one) => one === 'INVALID_CREDENTIALS')).toHaveLength(10)
    expect(refused.filter((one) => one === 'RATE_LIMITED')).toHaveLength(30)
    expect((await siti.ask(VERIFY, { code })).code).toBe('RATE_LIMITED')
    for (let n = 0; n < 4; n += 1) await siti.ask(REQUEST, { phoneNumber: number })
    expect((await siti.ask(REQUEST, { phoneNumber: newNumber() })).code).toBe('RATE_LIMITED')
    expect((await (await story.signUp()).ask(REQUEST, { phoneNumber: number })).code).toBe('RATE_LIMITED')
    await story.sql('DELETE FROM login_attempts')
  })

  it.each(['0812 345 678', '+1 202 555 0100', '+62', 'ask me'])('is not %s', async (phoneNumber) => {
    const { code, facts } = await (await story.signUp()).ask(REQUEST, { phoneNumber })
    expect(code).toBe('BAD_USER_INPUT')
    expect(facts.fields).toMatchObject([{ path: 'phoneNumber' }])
  })

  it.each([
    [NO_NUMBER, 'GONE'],
    [NO_MOBILE, 'GONE'],
    [STOPPED_NUMBER, 'UNSUBSCRIBED'],
  ])('%s that nothing reaches ends, and its person is told in the app: %s', async (number, reason) => {
    const siti = await verified()
    await story.sql(`UPDATE verified_phones SET number = '${number}' WHERE user_id = '${siti.id}'`)
    await tell(story, {
      userId: siti.id,
      kind: 'PASSWORD_CHANGED',
      cause: newId(),
      data: { by: 'PASSWORD' },
    })
    await eventually(async () =>
      expect((await deliveriesOf(siti, 'SMS')).at(-1)).toMatchObject({ state: 'DEAD', reason }),
    )
    expect((await siti.ask(PHONE)).data.me.phoneVerified).toBe(false)
    const { data } = await siti.ask(
      '{ notifications(first: 1) { edges { node { kind paragraphs action { url } } } } }',
    )
    expect(data.notifications.edges[0].node).toMatchObject({
      kind: 'PHONE_ENDED',
      action: { url: 'http://localhost:4000/account/preferences' }, // where the number is
    })
    expect(data.notifications.edges[0].node.paragraphs[0]).toContain(number.slice(-4))
  })

  it('ends also by what the provider says later, if it has signed that', async () => {
    const siti = await verified()
    const message = await messageTo(siti.number)
    const path = new URL(message.statusCallback ?? '')
    expect(path.origin + path.pathname).toBe('http://localhost:4000/sms/status')
    const say = async (status: string, errorCode?: number, signature?: string) =>
      sms.tell(
        message,
        { status, ...(errorCode !== undefined && { errorCode }) },
        {
          to: story.subgraph.url + path.pathname + path.search,
          headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') },
          ...(signature !== undefined && { signature }),
        },
      )
    for (const [status, code] of [['delivered'], ['undelivered', 30003]] as const)
      expect(await say(status, code)).toBe(200)
    expect((await siti.ask(PHONE)).data.me.phoneVerified).toBe(true)
    for (const forged of ['', 'x', Buffer.alloc(20).toString('base64')])
      expect(await say('failed', 21610, forged)).toBe(401)
    expect((await siti.ask(PHONE)).data.me.phoneVerified).toBe(true)
    expect(await say('failed', 21610)).toBe(200)
    expect(await say('failed', 21610)).toBe(200)
    expect((await siti.ask(PHONE)).data.me.phoneVerified).toBe(false)
    expect(
      await story.sql(
        `SELECT data->>'reason' AS reason FROM notifications WHERE user_id = '${siti.id}' AND kind = 'PHONE_ENDED'`,
      ),
    ).toEqual([{ reason: 'UNSUBSCRIBED' }])
  })

  it('that the provider has no time for is tried again, and what it will never take is not', async () => {
    let siti = await verified()
    // Of somebody else each: one person's next message waits for the one before it.
    const attempt = async (fault: SmsProvider['faults'][number]) => {
      siti = await verified()
      sms.faults.push(fault)
      await tell(story, {
        userId: siti.id,
        kind: 'PASSWORD_CHANGED',
        cause: newId(),
        data: { by: 'PASSWORD' },
      })
      return eventually(async () => {
        const last = (await deliveriesOf(siti, 'SMS')).at(-1)
        expect(sms.faults).toEqual([])
        expect(last?.reason).not.toBeNull()
        return last
      })
    }
    const busy = await attempt({ status: 429, code: 20429, retryAfter: '90' })
    expect(busy?.state).toBe('WAITING')
    expect(busy?.seconds).toBeGreaterThan(80)
    expect((await attempt({ status: 503 }))?.state).toBe('WAITING')
    expect(await attempt({ status: 400, code: 21408 })).toMatchObject({ state: 'DEAD', attempts: 1 })
    expect((await siti.ask(PHONE)).data.me.phoneVerified).toBe(true)
  })
})

it('a process that dies between what a provider has taken and our note of it: a push comes once more and is shown once, a text message whose provider says that it has it does not', async () => {
  await story.sql("DELETE FROM deliveries WHERE state = 'WAITING'") // what is still tried again would meet the faults below
  await using base = await startStory() // it has neither channel: nothing is sent but by the processes below
  const env = Object.fromEntries(
    Object.entries({ ...base.settings, ...settings() }).map(([name, value]) => [name, String(value)]),
  )
  await using first = await startProcess('subgraphs/user/src/main.ts', env)
  const siti = await base.signUp()
  await first.ready()
  const phone = push.subscribe(publicKey)
  const number = newNumber()
  await mustAsk({ name: 'user', url: first.url }, siti.viewer, REGISTER, { input: phone.keys })
  await base.sql(`INSERT INTO verified_phones (user_id, number) VALUES ('${siti.id}', '${number}')`)
  push.faults.push({ taken: 'hang' })
  sms.faults.push({ taken: 'hang' })
  await tell(base, { userId: siti.id, kind: 'PASSWORD_CHANGED', cause: newId(), data: { by: 'PASSWORD' } })
  await eventually(() => expect([phone.received.length, sms.messages.at(-1)?.to]).toEqual([1, number]))
  first.signal('SIGKILL')
  await first.ended
  const states = () =>
    base.sql(
      `SELECT channel::text, state::text FROM deliveries WHERE user_id = '${siti.id}' AND channel <> 'EMAIL' ORDER BY channel`,
    )
  expect(await states()).toEqual([
    { channel: 'PUSH', state: 'WAITING' },
    { channel: 'SMS', state: 'WAITING' },
  ])

  await using second = await createUserSubgraph(settingsFor(base.databaseUrl, env))
  const message = await messageTo(number)
  const told = await sms.tell(
    message,
    { status: 'queued' },
    {
      to:
        second.url +
        new URL(message.statusCallback ?? '').pathname +
        new URL(message.statusCallback ?? '').search,
      headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') },
    },
  )
  expect(told).toBe(200)
  await base.sql("UPDATE deliveries SET not_before = now() WHERE state = 'WAITING'") // as after a minute
  await eventually(async () =>
    expect(await states()).toEqual([
      { channel: 'PUSH', state: 'SENT' },
      { channel: 'SMS', state: 'SENT' },
    ]),
  )
  expect(sms.messages.filter(({ to }) => to === number)).toHaveLength(1)
  expect(phone.received).toHaveLength(2)
  expect(new Set(phone.received.map(({ topic }) => topic)).size).toBe(1)
  expect(new Set(shown(phone).map(({ tag }) => tag)).size).toBe(1)
})

it.each([
  [{ PUSH_CONTACT: 'mailto:ops@karcis.example' }, 'PUSH_PRIVATE_KEY'],
  [{ PUSH_PRIVATE_KEY: 'x' }, 'PUSH_PRIVATE_KEY'],
  [{ PUSH_PRIVATE_KEY: privateKey }, 'PUSH_CONTACT'],
  [{ PUSH_PRIVATE_KEY: privateKey, PUSH_CONTACT: 'ops@karcis.example' }, 'PUSH_CONTACT'],
  [{ SMS_ACCOUNT: 'AC1', SMS_FROM: 'Karcis' }, 'SMS_TOKEN'],
  [{ SMS_FROM: 'a name that is too long' }, 'SMS_FROM'],
  [{ SMS_PREFIXES: '62' }, 'SMS_PREFIXES'],
  [{ SMS_URL: 'api.example' }, 'SMS_URL'],
])('settings %o are refused for %s', (wrong, name) => {
  expect(() => settingsFor('postgresql://x/y', wrong as unknown as Record<string, string>)).toThrow(name)
})
