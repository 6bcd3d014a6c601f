import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Notice, notify } from '../src/domain/notifications/notify.ts'
import { type Person, type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const tell = (...notices: Notice[]) => transaction(story.subgraph.deps.db, (tx) => notify(tx, notices))

const decided = (person: Person, cause: string = newId()): Notice => ({
  userId: person.id,
  kind: 'PROPOSAL_REVIEWED',
  cause,
  data: { proposalId: newId(), name: 'Panggung', decision: 'APPROVED', message: null },
})

const deliveriesOf = ({ id }: Person) =>
  story.sql(
    `SELECT channel::text, address, priority, state::text FROM deliveries WHERE user_id = '${id}'
      AND notification_id NOT IN (SELECT id FROM notifications WHERE kind = 'VERIFY_EMAIL') ORDER BY seq`,
  )
const revisionsOf = async ({ id }: Person) =>
  (
    await story.sql<{ revision: number }>(
      `SELECT revision FROM notifications WHERE user_id = '${id}' AND kind <> 'VERIFY_EMAIL' ORDER BY id`,
    )
  ).map(({ revision }) => revision)

describe('somebody', () => {
  it('is told of one cause once, however many tell them at once', async () => {
    const siti = await story.signUp()
    const notice = decided(siti)
    await tell(notice, notice)
    await Promise.all(Array.from({ length: 8 }, () => tell(notice)))
    expect(await revisionsOf(siti)).toHaveLength(1)
    expect(await deliveriesOf(siti)).toEqual([
      { channel: 'EMAIL', address: siti.email, priority: 1, state: 'WAITING' },
    ])
  })

  it('has a list whose revisions rise with it, whoever tells them', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    await Promise.all(Array.from({ length: 6 }, () => tell(decided(siti), decided(budi), decided(siti))))
    expect((await revisionsOf(siti)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, n) => n + 1),
    )
    expect(await revisionsOf(budi)).toHaveLength(6)
  })

  it('is told nothing by a channel that they have switched off, and by no address that is dead', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    await story.sql(`INSERT INTO notification_switches VALUES ('${siti.id}', 'ACCOUNT', 'EMAIL', false)`)
    await story.sql(`INSERT INTO notification_switches VALUES ('${siti.id}', 'ACCOUNT', 'SMS', true)`)
    await story.sql(`INSERT INTO verified_phones (user_id, number) VALUES ('${siti.id}', '+628123456')`)
    await story.sql(`INSERT INTO dead_addresses (channel, address) VALUES ('EMAIL', '${budi.email}')`)
    await tell(decided(siti), decided(budi))
    expect(await deliveriesOf(siti)).toMatchObject([{ channel: 'SMS', address: '+628123456' }])
    expect(await deliveriesOf(budi)).toEqual([])
    expect(await revisionsOf(budi)).toEqual([1])
  })

  it('who is erased is told nothing, and nothing that they were told is left', async () => {
    const siti = await story.signUp()
    await tell(decided(siti))
    await story.sql(
      `UPDATE users SET email = NULL, password_hash = NULL, phone_number = NULL, address = NULL, deleted_at = now() WHERE id = '${siti.id}'`,
    )
    await tell(decided(siti))
    expect(await revisionsOf(siti)).toEqual([1])
  })
})

it('an applicant is told how their proposal was decided, with the decision', async () => {
  const [siti, admin] = [await story.signUp(), await story.admin()]
  const { data } = await siti.ask(
    'mutation { submitOrganizerProposal(input: { name: "Panggung", category: "Music", description: "Small stages.", location: "Bandung" }) { id } }',
  )
  const { id } = data.submitOrganizerProposal
  await admin.ask(
    'mutation ($id: ID!) { reviewOrganizerProposal(id: $id, input: { decision: APPROVED }) { id } }',
    { id },
  )
  expect(
    await story.sql(
      `SELECT kind, cause, data FROM notifications WHERE revision IS NOT NULL AND user_id = '${siti.id}'`,
    ),
  ).toEqual([
    {
      kind: 'PROPOSAL_REVIEWED',
      cause: id,
      data: { proposalId: id, name: 'Panggung', decision: 'APPROVED', message: null },
    },
  ])
})
