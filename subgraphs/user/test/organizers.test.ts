import { newId } from '@karcis/kit/ids'
import { expect, it } from 'vitest'
import { type Person, startStory } from './stories.ts'

const PROPOSAL = 'id name status message reviewedAt applicant { id role } reviewer { id }'
const SUBMIT = `mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { ${PROPOSAL} } }`
const REVIEW = `mutation ($id: ID!, $input: ReviewOrganizerProposalInput!) {
  reviewOrganizerProposal(id: $id, input: $input) { ${PROPOSAL} } }`
const INPUT = {
  name: 'Siti Live',
  category: 'Music',
  description: 'Concerts under the sky',
  location: 'Jakarta',
}

const submit = async (person: Person) =>
  (await person.ask(SUBMIT, { input: INPUT })).data.submitOrganizerProposal

it('a customer proposes, an admin approves, and the customer is an organizer', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  const proposal = await submit(siti)
  expect(proposal).toMatchObject({
    status: 'PENDING',
    applicant: { id: siti.id, role: 'CUSTOMER' },
    reviewedAt: null,
    reviewer: null,
  })
  const input = { decision: 'APPROVED', message: 'Welcome.' }
  const { data } = await admin.ask(REVIEW, { id: proposal.id, input })
  expect(data.reviewOrganizerProposal).toMatchObject({
    status: 'APPROVED',
    message: 'Welcome.',
    applicant: { role: 'ORGANIZER' },
    reviewer: { id: admin.id },
    reviewedAt: expect.any(String),
  })
  const { data: refreshed } = await story.refresh(siti.refreshToken)
  expect(refreshed.refreshToken.user.role).toBe('ORGANIZER')
  const { users } = await story.get('/internal/auth-changes')
  expect(users).toMatchObject([{ id: siti.id, role: 'ORGANIZER', suspended: false }])
  expect((await siti.ask(SUBMIT, { input: INPUT })).code).toBe('CONFLICT')
})

it('who is rejected is told why, and may propose again', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  const { id } = await submit(siti)
  expect((await admin.ask(REVIEW, { id, input: { decision: 'REJECTED' } })).facts.fields).toMatchObject([
    { path: 'input.message' },
  ])
  await admin.ask(REVIEW, { id, input: { decision: 'REJECTED', message: 'Which concerts?' } })
  expect((await story.comeBack(siti.email)).viewer.role).toBe('CUSTOMER')
  await submit(siti)
  const { data } = await siti.ask('{ myOrganizerProposals { totalCount edges { node { status message } } } }')
  expect(data.myOrganizerProposals).toEqual({
    totalCount: 2,
    edges: [
      { node: { status: 'PENDING', message: null } },
      { node: { status: 'REJECTED', message: 'Which concerts?' } },
    ],
  })
})

it('a proposal is decided once', async () => {
  await using story = await startStory()
  const [siti, admin] = [await story.signUp('Siti'), await story.admin()]
  const { id } = await submit(siti)
  await admin.ask(REVIEW, { id, input: { decision: 'REJECTED', message: 'No.' } })
  expect((await admin.ask(REVIEW, { id, input: { decision: 'APPROVED' } })).code).toBe('CONFLICT')
  expect((await story.comeBack(siti.email)).viewer.role).toBe('CUSTOMER')
  expect((await admin.ask(REVIEW, { id: newId(), input: { decision: 'APPROVED' } })).code).toBe('NOT_FOUND')
})

it('only admins decide and see all; an applicant sees their own', async () => {
  await using story = await startStory()
  const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
  const { id } = await submit(siti)
  const READ = 'query ($id: ID!) { organizerProposal(id: $id) { name } }'
  expect((await siti.ask(REVIEW, { id, input: { decision: 'APPROVED' } })).code).toBe('FORBIDDEN')
  expect((await siti.ask('{ organizerProposals { totalCount } }')).code).toBe('FORBIDDEN')
  expect((await budi.ask(READ, { id })).code).toBe('FORBIDDEN')
  expect(
    (await budi.ask('{ myOrganizerProposals { totalCount } }')).data.myOrganizerProposals.totalCount,
  ).toBe(0)
  expect((await story.anybody(SUBMIT, { input: INPUT })).code).toBe('UNAUTHENTICATED')
  for (const { ask } of [siti, admin])
    expect((await ask(READ, { id })).data.organizerProposal).toEqual({ name: 'Siti Live' })
  expect((await admin.ask(READ, { id: newId() })).data.organizerProposal).toBeNull()

  await submit(budi)
  await admin.ask(REVIEW, { id, input: { decision: 'APPROVED' } })
  const WAITING =
    '{ organizerProposals(filter: { status: PENDING }) { totalCount edges { node { applicant { id } } } } }'
  const { data } = await admin.ask(WAITING)
  expect(data.organizerProposals).toEqual({
    totalCount: 1,
    edges: [{ node: { applicant: { id: budi.id } } }],
  })
  const HISTORY = `query ($id: ID!) { organizerProposals(filter: { applicantId: $id }) {
    edges { node { status message reviewedAt reviewer { id } } } } }`
  expect((await admin.ask(HISTORY, { id: siti.id })).data.organizerProposals.edges).toEqual([
    {
      node: {
        status: 'APPROVED',
        message: null,
        reviewedAt: expect.any(String),
        reviewer: { id: admin.id },
      },
    },
  ])
  expect((await admin.ask(HISTORY, { id: 'no id' })).code).toBe('BAD_USER_INPUT')
})

it('every broken rule of a proposal is named at once', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const { facts } = await siti.ask(SUBMIT, {
    input: { name: '', category: ' ', description: '', location: 'x'.repeat(201) },
  })
  expect(facts.fields.map((field: { path: string }) => field.path)).toEqual([
    'input.name',
    'input.category',
    'input.description',
    'input.location',
  ])
})
