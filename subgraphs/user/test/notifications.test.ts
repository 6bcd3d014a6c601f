import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_EXTENSION } from '@karcis/kit/service-token'
import { tokenOf } from '@karcis/testkit/people'
import { createWsClient } from '@karcis/testkit/ws-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, notify } from '../src/domain/notifications/notify.ts'
import { type Person, type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const tell = (...notices: Notice[]) => transaction(story.subgraph.deps.db, (tx) => notify(tx, notices))

const rejected = (person: Person, name: string): Notice => ({
  userId: person.id,
  kind: 'PROPOSAL_REVIEWED',
  cause: newId(),
  data: { proposalId: newId(), name, decision: 'REJECTED', message: 'Say more.' },
})

const LIST = `query ($unreadOnly: Boolean) { notifications(unreadOnly: $unreadOnly, first: 2) {
  totalCount unreadCount pageInfo { hasNextPage } edges { node { id kind group subject paragraphs readAt event { id } } } } }`
const READ = 'mutation ($id: ID!) { markNotificationRead(id: $id) { id readAt } }'
const PREFER = `mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) {
  groups { group email push sms fixed } quietHours { starts ends } language timezone } }`

describe('a list', () => {
  it('is newest first, of nobody else, and says what is not read', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    for (const name of ['One', 'Two', 'Three']) await tell(rejected(siti, name))
    const { notifications } = (await siti.ask(LIST)).data
    expect(notifications).toMatchObject({ totalCount: 3, unreadCount: 3, pageInfo: { hasNextPage: true } })
    const [three, two] = notifications.edges.map(({ node }: { node: object }) => node)
    expect(three).toEqual({
      id: expect.any(String),
      kind: 'PROPOSAL_REVIEWED',
      group: 'ACCOUNT',
      subject: 'Your proposal for Three was not accepted',
      paragraphs: [
        'We have looked at your proposal for Three and cannot accept it as it is.',
        'Say more.',
        'You may submit another one.',
      ],
      readAt: null,
      event: null,
    })
    expect((await budi.ask(READ, { id: two.id })).code).toBe('NOT_FOUND')
    const first = (await siti.ask(READ, { id: two.id })).data.markNotificationRead
    expect(first.readAt).not.toBeNull()
    expect((await siti.ask(READ, { id: two.id })).data.markNotificationRead).toEqual(first)
    const left = (await siti.ask(LIST, { unreadOnly: true })).data.notifications
    expect(left).toMatchObject({ totalCount: 2, unreadCount: 2, pageInfo: { hasNextPage: false } })
    expect((await siti.ask('mutation { markAllNotificationsRead }')).data).toEqual({
      markAllNotificationsRead: 2,
    })
    expect((await siti.ask(LIST)).data.notifications).toMatchObject({ totalCount: 3, unreadCount: 0 })
    expect((await budi.ask(LIST)).data.notifications.totalCount).toBe(0)
    expect((await story.anybody(LIST)).code).toBe('UNAUTHENTICATED')
  })

  it('speaks the language that its person has chosen, also of what was told before', async () => {
    const siti = await story.signUp()
    await tell(rejected(siti, 'Panggung'))
    const { data } = await siti.ask(
      'mutation ($id: ID!) { updateUser(input: { id: $id, language: ID, timezone: "asia/makassar" }) { language timezone } }',
      { id: siti.id },
    )
    expect(data.updateUser).toEqual({ language: 'ID', timezone: 'Asia/Makassar' })
    const [{ node }] = (await siti.ask(LIST)).data.notifications.edges
    expect(node.subject).toBe('Pengajuan Anda untuk Panggung belum dapat diterima')
  })
})

describe('whoever watches', () => {
  it('is told of each notification once, in order, and of nobody else’s', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    await tell(rejected(siti, 'Before'))
    await using sockets = createWsClient(`${story.subgraph.url}/graphql`)
    const extensions = { [SERVICE_TOKEN_EXTENSION]: await tokenOf(siti.viewer, 'user') }
    const told = sockets.client.iterate<{ notificationReceived: { subject: string } }>({
      query: 'subscription { notificationReceived { subject } }',
      extensions,
    })
    const next = async () => (await told.next()).value?.data?.notificationReceived.subject
    const first = next()
    // The list's revision is read when the subscription begins, which nobody outside sees: what comes until then is in the list.
    const pause = () => new Promise<undefined>((resolve) => setTimeout(resolve, 50))
    for (let n = 0; ; n += 1) {
      await tell(rejected(siti, `Stage ${n}`))
      if (await Promise.race([first, pause()])) break
    }
    const from = Number(/Stage (\d+)/.exec((await first) ?? '')?.[1])
    const last = (
      await story.sql(
        `SELECT count(*)::int - 2 AS n FROM notifications WHERE user_id = '${siti.id}' AND revision IS NOT NULL`,
      )
    )[0].n
    for (let n = from + 1; n <= last; n += 1) expect(await next()).toContain(`Stage ${n} `)
    await tell(rejected(budi, 'Somebody else'), rejected(siti, 'A'), rejected(siti, 'B'))
    expect(await next()).toContain('for A ')
    expect(await next()).toContain('for B ')
  })
})

describe('preferences', () => {
  it('are what a group is by itself, until somebody says otherwise', async () => {
    const siti = await story.signUp()
    const { data } = await siti.ask(PREFER, {
      input: {
        switches: [
          { group: 'FOLLOWING', channel: 'EMAIL', enabled: false },
          { group: 'CAMPAIGNS', channel: 'EMAIL', enabled: true },
        ],
        quietHours: { starts: '22:00', ends: '06:30' },
      },
    })
    const { groups, ...rest } = data.updateNotificationPreferences
    expect(rest).toEqual({
      quietHours: { starts: '22:00', ends: '06:30' },
      language: 'EN',
      timezone: 'Asia/Jakarta',
    })
    expect(groups).toEqual(
      expect.arrayContaining([
        { group: 'SECURITY', email: true, push: true, sms: true, fixed: true },
        { group: 'PURCHASES', email: true, push: true, sms: false, fixed: false },
        { group: 'FOLLOWING', email: false, push: true, sms: false, fixed: false },
        { group: 'CAMPAIGNS', email: true, push: false, sms: false, fixed: false },
      ]),
    )
    const cleared = await siti.ask(PREFER, { input: { quietHours: null } })
    expect(cleared.data.updateNotificationPreferences).toEqual({ groups, ...rest, quietHours: null })
  })

  it.for([
    [{ switches: [{ group: 'SECURITY', channel: 'EMAIL', enabled: false }] }, 'input.switches.0.group'],
    [
      {
        switches: [
          { group: 'OFFERS', channel: 'SMS', enabled: false },
          { group: 'OFFERS', channel: 'SMS', enabled: true },
        ],
      },
      'input.switches',
    ],
    [{ quietHours: { starts: '24:00', ends: '06:00' } }, 'input.quietHours.starts'],
    [{ quietHours: { starts: '06:00', ends: '06:00' } }, 'input.quietHours.ends'],
    [{ timezone: 'Asia/Atlantis' }, 'input.timezone'],
    [{ language: null }, 'input.language'],
  ] as const)('refuse %j', async ([input, path]) => {
    const siti = await story.signUp()
    const { code, facts } = await siti.ask(PREFER, { input })
    expect([code, facts.fields.map((field: { path: string }) => field.path)]).toEqual([
      'BAD_USER_INPUT',
      [path],
    ])
  })
})
