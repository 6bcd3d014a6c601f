import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { readMail } from '@karcis/mail/read-mail'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { type MailServer, startMailServer } from '@karcis/testkit/mail-server'
import { mutantOf } from '@karcis/testkit/mutants'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { moveToStopped, takeCampaign } from '../src/domain/notifications/campaigns/campaign-store.ts'
import { closeCampaigns, tellPage } from '../src/domain/notifications/campaigns/tell-campaigns.ts'
import { moveToSent, takeDue } from '../src/domain/notifications/deliveries/delivery-store.ts'
import { notify } from '../src/domain/notifications/notify.ts'
import { type Person, type Story, startStory } from './stories.ts'

let server: MailServer
let story: Story
let organizer: Person
beforeAll(async () => {
  server = await startMailServer()
  story = await startStory({
    SMTP_URL: server.url,
    MAIL_FROM: 'Karcis <tickets@karcis.example>',
    EMAIL_PER_SECOND: '1000',
    CAMPAIGNS_PER_SECOND: '1000',
  })
  organizer = await story.signUp('Organizer')
  await story.sql(`UPDATE users SET role = 'ORGANIZER' WHERE id = '${organizer.id}'`)
  organizer = await story.comeBack(organizer.email)
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await story.sql("DELETE FROM deliveries WHERE state = 'WAITING'") // what others have begun
  await pace(1_000)
})

const HOUR = 3_600_000

/** How fast campaigns leave: not at all for an hour, or as they are set to. */
const pace = (perSecond: number) =>
  story.sql(
    `UPDATE delivery_paces SET campaigns_next_at = ${perSecond > 0 ? 'NULL' : "now() + interval '1 hour'"}`,
  )

/** An event of the organizer, as its subgraph tells of it. */
async function newEvent(facts: { status?: string; startsAt?: Date; organizerId?: string } = {}) {
  const id = newId()
  const {
    status = 'APPROVED',
    startsAt = new Date(Date.now() + 240 * HOUR),
    organizerId = organizer.id,
  } = facts
  let version = 0
  const is = (status: string) =>
    tell(story.subgraph, 'event', {
      type: 'event.changed',
      aggregateId: id,
      payload: {
        id,
        organizerId,
        title: 'Malam Keroncong',
        status,
        startsAt,
        endsAt: new Date(startsAt.getTime() + 2 * HOUR),
        currency: 'IDR',
        timezone: 'Asia/Jakarta',
        roomId: null,
        version: ++version,
      },
    })
  await is(status)
  return { id, is }
}

const FIELDS =
  'id event { id } audience subject body status people queued sent failed dropped unsubscribed stoppedAt'
const send = (person: Person, input: object) =>
  person.ask(`mutation ($input: SendCampaignInput!) { sendCampaign(input: $input) { ${FIELDS} } }`, {
    input: { subject: 'Two for one', body: 'This week only.', audience: 'FOLLOWERS', ...input },
  })
const stop = (person: Person, id: string) =>
  person.ask(`mutation ($id: ID!) { stopCampaign(id: $id) { ${FIELDS} } }`, { id })
const list = async (eventId: string, person = organizer) => {
  const { data, code } = await person.ask(
    `query ($eventId: ID!) { campaigns(eventId: $eventId) { totalCount edges { node { ${FIELDS} } } } }`,
    { eventId },
  )
  return code ?? data.campaigns.edges.map(({ node }: { node: object }) => node)
}
const become = async (eventId: string, facts: object) =>
  eventually(async () => expect((await list(eventId))[0]).toMatchObject(facts))

/** Has somebody want campaigns by mail, or not any more. */
const want = (person: Person, enabled = true) =>
  person.ask(
    'mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) { language } }',
    { input: { switches: [{ group: 'CAMPAIGNS', channel: 'EMAIL', enabled }] } },
  )
const follow = (person: Person, id = organizer.id) =>
  person.ask('mutation ($id: ID!) { followOrganizer(id: $id) { id } }', { id })
const wish = (person: Person, id: string) =>
  person.ask('mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id })
const mailsTo = ({ email }: Person) => server.mails.filter(({ to }) => to === email).map(({ raw }) => raw)
const subjectsTo = async (person: Person) => {
  const { data } = await person.ask('{ notifications(last: 50) { edges { node { kind subject } } } }')
  return data.notifications.edges
    .map(({ node }: { node: { kind: string; subject: string } }) => node)
    .filter(({ kind }: { kind: string }) => kind === 'CAMPAIGN')
    .map(({ subject }: { subject: string }) => subject)
}

/** So many people who follow an organizer of their own and want campaigns. */
async function crowd(people: number) {
  const host = await story.signUp()
  await story.sql(`UPDATE users SET role = 'ORGANIZER' WHERE id = '${host.id}'`)
  const { id, is } = await newEvent({ organizerId: host.id })
  await story.sql(`WITH new AS (INSERT INTO users (id, email, name)
      SELECT uuidv7(), 'crowd' || n || '-${id}@karcis.test', 'Crowd' FROM generate_series(1, ${people}) n RETURNING id),
    wanting AS (INSERT INTO notification_switches (user_id, kinds, channel, enabled) SELECT id, 'CAMPAIGNS', 'EMAIL', true FROM new)
    INSERT INTO follows (id, user_id, organizer_id) SELECT uuidv7(), id, '${host.id}' FROM new`)
  return { eventId: id, organizer: await story.comeBack(host.email), is }
}

/** One that no process of the story tells: how it is told is the test's. */
async function byHand(people: number) {
  const made = await crowd(people)
  // Told in the future by all others, and now by us.
  const { deps } = story.subgraph
  await story.sql(
    `CREATE OR REPLACE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.not_before = now() + interval '1 hour'; RETURN NEW; END $$`,
  )
  await story.sql('CREATE TRIGGER later BEFORE INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION later()')
  const { data } = await send(made.organizer, { eventId: made.eventId })
  await story.sql('DROP TRIGGER later ON campaigns')
  const campaign = await transaction(deps.db, async (tx) => {
    await tx.$executeRaw`UPDATE campaigns SET not_before = now() WHERE id = ${data.sendCampaign.id}::uuid`
    return takeCampaign(tx)
  })
  if (!campaign) throw new Error('nobody else may have it')
  const count = async () =>
    (
      await story.sql(`SELECT (SELECT count(*)::int FROM notifications WHERE cause = '${campaign.id}') AS told,
        (SELECT count(*)::int FROM deliveries WHERE campaign_id = '${campaign.id}') AS deliveries, people,
        position, told_at IS NOT NULL AS done FROM campaigns WHERE id = '${campaign.id}'`)
    )[0]
  return { ...made, campaign, count }
}

describe('an organizer', () => {
  it('advertises to who follows them, wishes for the event or has bought of them, and of these to who has asked for it', async () => {
    const [siti, budi, ayu, rina] = [
      await story.signUp('Siti'),
      await story.signUp('Budi'),
      await story.signUp('Ayu'),
      await story.signUp('Rina'),
    ]
    const [event, other, third] = [await newEvent(), await newEvent(), await newEvent()]
    const guest = await story.guest('guest@karcis.test')
    for (const person of [siti, budi, rina]) await follow(person)
    for (const person of [ayu, budi]) await wish(person, other.id)
    for (const person of [siti, ayu, rina]) await want(person)
    await story.sql(`INSERT INTO notification_switches VALUES ('${guest.id}', 'CAMPAIGNS', 'EMAIL', true)`)
    await story.sql(
      `UPDATE users SET suspended_at = now(), suspension_reason = 'Spam.' WHERE id = '${rina.id}'`,
    )
    story.neighbours.buyers.set(organizer.id, [siti.id, ayu.id, budi.id, guest.id])

    const sent = await send(organizer, { eventId: event.id, subject: 'For followers' })
    expect(sent.data.sendCampaign).toMatchObject({ status: 'SENDING', people: 0, event: { id: event.id } })
    await become(event.id, { status: 'SENT', people: 1, queued: 0, sent: 1, failed: 0, dropped: 0 })
    await send(organizer, { eventId: other.id, subject: 'For wishes', audience: 'WISHLISTED' })
    await become(other.id, { status: 'SENT', people: 1, sent: 1 })
    await send(organizer, { eventId: third.id, subject: 'For buyers', audience: 'PAST_BUYERS' })
    await become(third.id, { status: 'SENT', people: 2, sent: 2 })

    expect(await subjectsTo(siti)).toEqual(['For buyers', 'For followers'])
    expect(await subjectsTo(ayu)).toEqual(['For buyers', 'For wishes'])
    expect(await subjectsTo(budi)).toEqual([])
    expect(mailsTo(siti)).toHaveLength(2 + 1) // and that of the sign-up
    expect(mailsTo(budi)).toHaveLength(1)
  })

  it('has it written as they wrote it, whatever that is, with the event’s page and a way to have no more of it', async () => {
    const siti = await story.signUp('Dewi')
    await follow(siti)
    await want(siti)
    const event = await newEvent()
    const page = `http://localhost:4000/events/${event.id}`
    const body = `<img src=x onerror=alert(1)> & "two"\nfor one.\n\nSee ${page}`
    await send(organizer, { eventId: event.id, subject: '  50% <b>off</b>  ', body })
    await become(event.id, { status: 'SENT', subject: '50% <b>off</b>', body, sent: 2 }) // Siti, of the story before, is the other
    const { html, text } = await readMail(mailsTo(siti).at(-1) ?? Buffer.alloc(0))
    expect(mailsTo(siti).at(-1)?.toString()).toMatch(/^Subject: 50% <b>off<\/b>\r$/m)
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;two&quot;<br />for one.')
    expect(html).not.toContain('<img src=x')
    expect(text).toContain('Organizer sends you this about Malam Keroncong')
    expect(new Set(html?.match(/href="[^"]+"/g)?.map((link) => link.split('?')[0]))).toEqual(
      new Set([`href="${page}"`, 'href="http://localhost:4000/mail/unsubscribe']),
    )
    expect(mailsTo(siti).at(-1)?.toString()).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
    await want(siti, false)
    expect((await list(event.id))[0]).toMatchObject({ unsubscribed: 1 })
    await want(siti, false)
    expect((await list(event.id))[0]).toMatchObject({ unsubscribed: 1 })
  })

  it.for([
    ['body', 'Pay at https://evil.example now'],
    ['body', 'Pay at evil.example/pay'],
    ['body', 'Write to sales@evil.example'],
    ['body', 'http://localhost:4000/events/{event}.evil.example'],
    ['body', 'javascript:alert(1)'],
    ['body', ' '],
    ['subject', 'www.evil.example'],
    ['subject', 'two\nlines'],
    ['subject', '\u202Esdrawkcab'],
  ])('writes no %s with %s', async ([field = '', text = '']) => {
    const event = await newEvent()
    const { code, facts } = await send(organizer, {
      eventId: event.id,
      [field]: text.replace('{event}', event.id),
    })
    expect([code, facts.fields?.map(({ path }: { path: string }) => path)]).toEqual([
      'BAD_USER_INPUT',
      [`input.${field}`],
    ])
  })

  it('advertises what is theirs, approved and to come, once a day', async () => {
    const [budi, admin] = [await story.comeBack('budi@karcis.test'), await story.admin()]
    const { eventId, organizer: host } = await crowd(0)
    const codes = await Promise.all(
      Array.from({ length: 4 }, async () => (await send(host, { eventId })).code),
    )
    expect(codes.toSorted()).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED', undefined])
    expect((await send(admin, { eventId })).code).toBe('LIMIT_EXCEEDED')
    await story.sql(`UPDATE campaigns SET day = day - 1 WHERE event_id = '${eventId}'`)
    expect((await send(admin, { eventId })).code).toBeUndefined()
    const [{ id }] = await list(eventId, host)
    expect(await list(eventId, admin)).toHaveLength(2)
    for (const person of [budi, organizer]) {
      expect((await send(person, { eventId })).code).toBe('FORBIDDEN')
      expect(await list(eventId, person)).toBe('FORBIDDEN')
      expect((await stop(person, id)).code).toBe('FORBIDDEN')
    }
    const [waiting, over] = [
      await newEvent({ status: 'PENDING' }),
      await newEvent({ startsAt: new Date(Date.now() - 3 * HOUR) }),
    ]
    expect((await send(organizer, { eventId: waiting.id })).code).toBe('CONFLICT')
    expect((await send(organizer, { eventId: over.id })).code).toBe('CONFLICT')
    expect((await send(organizer, { eventId: newId() })).code).toBe('NOT_FOUND')
    expect((await stop(organizer, newId())).code).toBe('NOT_FOUND')
    const deeds = await story.sql(
      "SELECT actor_id FROM audit_entries WHERE action = 'sendCampaign' AND code IS NULL",
    )
    expect(deeds.map(({ actor_id }) => actor_id)).toEqual(expect.arrayContaining([host.id, admin.id]))
  })

  it('stops it at once: what waits is dropped, what is under way finishes, and nothing comes back', async () => {
    await pace(0)
    const { eventId, organizer: host } = await crowd(600)
    const { data } = await send(host, { eventId })
    const { id } = data.sendCampaign
    await eventually(async () =>
      expect((await list(eventId, host))[0]).toMatchObject({ people: 600, queued: 600, status: 'SENDING' }),
    )
    const { db } = story.subgraph.deps
    const most = { all: 2, rest: 2, campaigns: 2 }
    const underWay = await transaction(db, (tx) => takeDue(tx, 'EMAIL', most, most))
    expect(underWay).toHaveLength(2)
    const stopped = await stop(host, id)
    expect(stopped.data.stopCampaign).toMatchObject({
      status: 'STOPPED',
      queued: 0,
      dropped: 600,
      stoppedAt: expect.any(String),
    })
    // One that is under way comes through, the other comes back.
    await story.sql(
      `UPDATE deliveries SET state = 'WAITING', reason = NULL, ended_at = NULL, not_before = now() WHERE id = '${underWay[1]?.id}'`,
    )
    await transaction(db, (tx) => moveToSent(tx, underWay[0]?.id ?? ''))
    await pace(1_000)
    await eventually(async () =>
      expect((await list(eventId, host))[0]).toMatchObject({ queued: 0, sent: 1, dropped: 599 }),
    )
    expect((await stop(host, id)).data.stopCampaign).toMatchObject({ status: 'STOPPED', dropped: 599 })
    expect(server.mails.filter(({ to }) => to.endsWith(`${eventId}@karcis.test`))).toHaveLength(0)
  })

  it('has it stopped when the event is called off', async () => {
    await pace(0)
    const { eventId, organizer: host, is } = await crowd(2)
    await send(host, { eventId })
    await eventually(async () =>
      expect((await list(eventId, host))[0]).toMatchObject({ people: 2, queued: 2 }),
    )
    await is('CANCELLED')
    expect((await list(eventId, host))[0]).toMatchObject({ status: 'STOPPED', queued: 0, dropped: 2 })
  })

  it('reads what became of it when its messages are forgotten', async () => {
    const { eventId, organizer: host } = await crowd(3)
    await story.sql(
      `INSERT INTO dead_addresses (channel, address) SELECT 'EMAIL', email FROM users WHERE email LIKE 'crowd1-${eventId}%'`,
    )
    await send(host, { eventId })
    await eventually(async () =>
      expect((await list(eventId, host))[0]).toMatchObject({ status: 'SENT', sent: 2 }),
    )
    await closeCampaigns(story.subgraph.deps)
    await story.sql(
      `DELETE FROM deliveries WHERE campaign_id IN (SELECT id FROM campaigns WHERE event_id = '${eventId}')`,
    )
    expect((await list(eventId, host))[0]).toMatchObject({
      status: 'SENT',
      people: 3,
      sent: 2,
      failed: 0,
      dropped: 0,
      queued: 0,
    })
  })
})

describe('a campaign', () => {
  it('lets a ticket mail go before it, however many wait, and keeps to a rate of its own', async () => {
    await pace(0)
    const { eventId, organizer: host } = await crowd(300)
    await send(host, { eventId })
    await eventually(async () => expect((await list(eventId, host))[0]).toMatchObject({ queued: 300 }))
    const { db } = story.subgraph.deps
    const siti = await story.comeBack('siti@karcis.test')
    await story.sql("UPDATE delivery_paces SET next_at = now() + interval '1 hour'") // nobody but this test hands out
    await transaction(db, (tx) =>
      notify(tx, [
        {
          userId: siti.id,
          kind: 'PROPOSAL_REVIEWED',
          cause: newId(),
          data: { proposalId: newId(), name: 'Panggung', decision: 'APPROVED', message: null },
        },
      ]),
    )
    const room = { all: 32, rest: 28, campaigns: 8 }
    const taken = await transaction(db, (tx) => takeDue(tx, 'EMAIL', { all: 100, campaigns: 3 }, room))
    expect(taken.map(({ kind }) => kind)).toEqual(['PROPOSAL_REVIEWED', 'CAMPAIGN', 'CAMPAIGN', 'CAMPAIGN'])
    const more = await transaction(db, (tx) => takeDue(tx, 'EMAIL', { all: 100, campaigns: 100 }, room))
    expect(more).toHaveLength(8) // of a process' connections the others keep most
    await story.sql('UPDATE delivery_paces SET next_at = now()')
    await stop(host, (await list(eventId, host))[0].id)
  })

  it('is told in pages, once to each, although whoever tells them dies in between and two go on at once', async () => {
    const { campaign, count } = await byHand(1_100)
    const { deps } = story.subgraph
    await tellPage(deps, campaign)
    const after = await count()
    expect(after).toMatchObject({ told: 500, people: 500, deliveries: 500, done: false })
    await Promise.all(
      [campaign, ...[1, 2, 3].map(() => ({ ...campaign, position: after.position }))].map((one) =>
        tellPage(deps, one),
      ),
    )
    expect(await count()).toMatchObject({ told: 1_000, people: 1_000, done: false })
    await eventually(async () =>
      expect(await count()).toMatchObject({ told: 1_100, people: 1_100, deliveries: 1_100, done: true }),
    ) // by the story's own
  })

  it('would be told a page twice, and count people twice, were it not for its place', async () => {
    const { campaign, count } = await byHand(2)
    const { deps } = story.subgraph
    const mutant = mutantOf(
      deps.db,
      'AND told_at IS NULL AND stopped_at IS NULL AND position IS NOT DISTINCT FROM',
      'AND id IS DISTINCT FROM',
    )
    await story.sql('ALTER TABLE notifications DROP CONSTRAINT notifications_once')
    const once = mutantOf(
      mutant.db,
      'WHERE NOT EXISTS (SELECT FROM notifications told WHERE told.user_id = new.user_id AND told.kind = new.kind AND told.cause = new.cause)',
    )
    for (const _ of [1, 2]) await tellPage({ ...deps, db: once.db }, campaign)
    expect(await count()).toMatchObject({ told: 4, people: 4 })
    await story.sql(`DELETE FROM notifications WHERE cause = '${campaign.id}'`)
    await story.sql(
      'ALTER TABLE notifications ADD CONSTRAINT notifications_once UNIQUE (user_id, kind, cause)',
    )
  })

  it('is stopped also while a page of it is being told; it would not be, were its row not locked first', async () => {
    const race = async (db: Story['subgraph']['deps']['db']) => {
      const { campaign, count } = await byHand(2)
      const { promise: begun, resolve } = Promise.withResolvers<void>()
      const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
      const telling = transaction(story.subgraph.deps.db, async (tx) => {
        await tx.$executeRaw`UPDATE campaigns SET told_at = now() WHERE id = ${campaign.id}::uuid`
        await notify(tx, [
          {
            userId: organizer.id,
            kind: 'CAMPAIGN',
            cause: campaign.id,
            data: campaign.facts,
            campaignId: campaign.id,
          },
        ])
        await tx.$executeRaw`INSERT INTO notification_switches VALUES (${organizer.id}::uuid, 'CAMPAIGNS', 'EMAIL', true) ON CONFLICT DO NOTHING`
        await tx.$executeRaw`INSERT INTO deliveries (id, notification_id, user_id, channel, address, priority, campaign_id)
          SELECT uuidv7(), id, user_id, 'EMAIL', 'late@karcis.test', 3, ${campaign.id}::uuid FROM notifications WHERE cause = ${campaign.id}`
        resolve()
        await mayEnd
      })
      await begun
      const stopping = transaction(db, (tx) => moveToStopped(tx, campaign.id))
      await eventually(async () =>
        expect(
          await story.sql(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%campaigns%'",
          ),
        ).not.toEqual([]),
      )
      end()
      await telling
      expect((await count()).done).toBe(true)
      return stopping
    }
    await pace(0)
    const { db } = story.subgraph.deps
    expect(await race(db)).toBe(true)
    const mutant = mutantOf(db, '::uuid FOR UPDATE', '::uuid')
    expect(await race(mutant.db)).toBe(false)
    expect(mutant.met.count).toBeGreaterThan(0)
  })

  it('waits while booking is away that knows who has bought', async () => {
    const siti = await story.comeBack('siti@karcis.test')
    const event = await newEvent()
    story.neighbours.unanswered.add('PastBuyers')
    await send(organizer, { eventId: event.id, audience: 'PAST_BUYERS' })
    await eventually(async () =>
      expect(
        await story.sql(`SELECT attempts > 0 AS tried FROM campaigns WHERE event_id = '${event.id}'`),
      ).toEqual([{ tried: true }]),
    )
    story.neighbours.unanswered.delete('PastBuyers')
    await become(event.id, { status: 'SENT', people: 2 })
    expect((await subjectsTo(siti))[0]).toBe('Two for one')
  })
})
