import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it } from 'vitest'
import { PASSWORD, type Story, startStory } from './stories.ts'

it('delivers an event to booking for everybody who signs up, once, and for nobody whose sign-up failed', async () => {
  await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
  const siti = await story.signUp('Siti')
  await story.anybody(
    'mutation { createUser(input: { email: "siti@karcis.test", password: "long enough", name: "Again" }) { expiresIn } }',
  )
  const budi = await story.signUp('Budi')
  const registered = ({ id }: { id: string }) => ({
    service: 'user',
    to: 'booking',
    type: 'user.registered',
    payload: { userId: id, personHash: expect.any(String) },
  })
  const { received } = story.neighbours
  await eventually(() => expect(received).toHaveLength(2))
  expect(received).toEqual(expect.arrayContaining([registered(siti), registered(budi)]))
  await eventually(async () =>
    expect(await story.sql('SELECT id FROM kit.outbox WHERE delivered_at IS NULL')).toEqual([]),
  )
  expect(await story.sql('SELECT type FROM kit.outbox')).toHaveLength(2)
})

describe('line 21: whoever signs up again', () => {
  /** What booking is told of each sign-up with these addresses. */
  async function hashesOf(story: Story, emails: string[]): Promise<string[]> {
    for (const email of emails) {
      const { data } = await story.anybody(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken user { id } } }',
        { input: { email, password: PASSWORD, name: 'Siti' } },
      )
      const viewer = { id: data.createUser.user.id, role: 'CUSTOMER', sessionId: newId() } as const
      await story.askAs(viewer)(
        'mutation ($id: ID!, $password: String) { deleteUser(id: $id, input: { password: $password }) { id } }',
        { id: viewer.id, password: PASSWORD },
      )
    }
    const rows = await story.sql(
      "SELECT payload->>'personHash' AS hash FROM kit.outbox WHERE type = 'user.registered' ORDER BY seq",
    )
    return rows.map(({ hash }) => hash)
  }

  it('after an erasure, or under another name of the same mailbox, is known for the same person', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    const same = await hashesOf(story, [
      'siti.r@gmail.com',
      'SITI.R@gmail.com',
      'sitir@gmail.com',
      'siti.r+karcis@googlemail.com',
    ])
    expect(same).toHaveLength(4)
    expect(new Set(same).size).toBe(1)
  })

  it('is another for another mailbox, and the hash gives no address away', async () => {
    await using story = await startStory({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
    const hashes = await hashesOf(story, ['s.iti@karcis.test', 'siti@karcis.test', '+siti@karcis.test'])
    expect(new Set(hashes).size).toBe(3)
    await using elsewhere = await startStory({
      ADMIN_EMAIL: '',
      ADMIN_PASSWORD: '',
      KEY_ENCRYPTION_SECRET: 'another secret, so that hashes are others too',
    })
    expect(hashes).not.toContain((await hashesOf(elsewhere, ['siti@karcis.test']))[0])
  })
})

it('takes in a change of a booking once, however often it is delivered', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const [id, bookingId] = [newId(), newId()]
  const payload = { bookingId, userId: siti.id, status: 'PAID' }
  const event = { id, type: 'booking.changed', aggregateId: bookingId, payload }
  for (let n = 0; n < 2; n += 1) await tell(story.subgraph, 'booking', event)
  expect(await story.sql('SELECT event_id FROM kit.inbox')).toEqual([{ event_id: id }])
})

it('answers nothing without a service token', async () => {
  await using story = await startStory()
  for (const query of ['{ __typename }', '{ _service { sdl } }', '{ me { id } }']) {
    const { status, body } = await gql(`${story.subgraph.url}/graphql`, query)
    expect(status).toBe(401)
    expect(body.data).toBeUndefined()
  }
  for (const path of ['/.well-known/jwks.json', '/internal/auth-changes']) {
    expect((await fetch(`${story.subgraph.url}${path}`)).status).toBe(401)
  }
})
