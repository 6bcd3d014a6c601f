import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkIn, eventWithTicket } from './doors.ts'
import { pileUp } from './races.ts'
import { type Story, startStory } from './stories.ts'

let story: Story
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  story = stack.use(await startStory())
})

afterAll(() => stack.disposeAsync())

const QUESTIONS = [
  { text: 'What do you eat?', kind: 'CHOICE', required: true, options: ['All', 'No meat'] },
  { text: 'Do you come by car?', kind: 'YES_NO' },
  { text: 'Anything else?', kind: 'TEXT' },
]

const ask = (eventId: string, input: object, viewer: Viewer | null = story.organizer) =>
  story.ask(
    viewer,
    `mutation ($input: SetQuestionsInput!) {
      setQuestions(input: $input) { id questions { text kind required options } answersUntil } }`,
    { input: { eventId, ...input } },
  )

type Answer = [question: string, answer: string]

const say = (viewer: Viewer, ticketId: string, answers?: Answer[], name = 'Sari') =>
  story.ask(
    viewer,
    'mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { attendee { name answers { question answer } } } }',
    {
      input: {
        ticketId,
        name,
        ...(answers && { answers: answers.map(([question, answer]) => ({ question, answer })) }),
      },
    },
  )

/** What stands with a ticket after it was said. */
const said = async (...args: Parameters<typeof say>): Promise<Answer[]> => {
  const { data, code, facts } = await say(...args)
  if (code) throw new Error(`${code} ${JSON.stringify(facts)}`)
  return data.setAttendee.attendee.answers.map(({ question, answer }: Record<string, string>) => [
    question,
    answer,
  ])
}

const problemsOf = async (answer: ReturnType<typeof say>) => {
  const { facts, code } = await answer
  return [
    code,
    ...(facts.fields ?? []).map(({ path, message }: Record<string, string>) => `${path} ${message}`),
  ]
}

describe('what is asked of those who come', () => {
  it('is set by the organizer, and seen by everybody who sees the event', async () => {
    const { eventId } = await eventWithTicket(story)
    const { data } = await ask(eventId, { questions: QUESTIONS, answersUntil: '2036-05-01T19:00:00+07:00' })
    const questions = QUESTIONS.map((question) => ({ required: false, options: [], ...question }))
    const expected = { id: eventId, questions, answersUntil: '2036-05-01T12:00:00.000Z' }
    expect(data.setQuestions).toEqual(expected)
    const READ = `query ($id: ID!) { _entities(representations: [{ __typename: "Event", id: $id }]) {
      ... on Event { id questions { text kind required options } answersUntil } } }`
    expect((await story.mustAsk(null, READ, { id: eventId }))._entities).toEqual([expected])
    const hidden = await story.event({ status: 'DRAFT' })
    await ask(hidden, { questions: QUESTIONS })
    expect((await story.mustAsk(null, READ, { id: hidden }))._entities[0]).toMatchObject({ questions: null })

    expect((await ask(eventId, { answersUntil: null })).data.setQuestions).toEqual({
      ...expected,
      answersUntil: null,
    })
    expect((await ask(eventId, { questions: [] })).data.setQuestions).toEqual({
      id: eventId,
      questions: [],
      answersUntil: null,
    })
    for (const viewer of [person(), person({ role: 'ORGANIZER' })])
      expect((await ask(eventId, { questions: [] }, viewer)).code).toBe('FORBIDDEN')
    expect((await ask(eventId, { questions: [] }, null)).code).toBe('UNAUTHENTICATED')
    expect((await ask(newId(), { questions: [] })).code).toBe('NOT_FOUND')
  })

  it('is refused where it cannot be answered', async () => {
    const { eventId } = await eventWithTicket(story)
    const [choice, yesOrNo] = QUESTIONS as [object, object]
    const fieldsOf = async (questions: object[]) => {
      const { facts } = await ask(eventId, { questions })
      return facts.fields?.map(({ path }: { path: string }) => path)
    }
    expect(await fieldsOf([choice, choice])).toEqual(['input.questions'])
    expect(await fieldsOf([{ ...choice, options: ['One'] }])).toEqual(['input.questions.0.options'])
    expect(await fieldsOf([choice, { ...yesOrNo, options: ['One', 'Two'] }])).toEqual([
      'input.questions.1.options',
    ])
    expect(await fieldsOf([{ ...choice, text: ' ' }])).toEqual(['input.questions.0.text'])
    expect(await fieldsOf(Array.from({ length: 21 }, (_, at) => ({ ...yesOrNo, text: `${at}?` })))).toEqual([
      'input.questions',
    ])
    const sql = `INSERT INTO questionnaires VALUES ('${eventId}', '{}')`
    await expect(story.sql(sql)).rejects.toThrow('questionnaires_questions_check')
  })
})

describe('what they answer', () => {
  it('is checked answer by answer', async () => {
    const { eventId, buyer, ticket } = await eventWithTicket(story)
    await ask(eventId, { questions: QUESTIONS })
    expect(await problemsOf(say(buyer, ticket.id, []))).toEqual([
      'BAD_USER_INPUT',
      'input.answers must answer: What do you eat?',
    ])
    expect(await problemsOf(say(buyer, ticket.id))).toEqual([
      'BAD_USER_INPUT',
      'input.answers must answer: What do you eat?',
    ])
    const wrong: Answer[] = [
      ['What do you eat?', 'Stones'],
      ['Do you come by car?', 'maybe'],
      ['How old are you?', '7'],
      ['Do you come by car?', 'NO'],
    ]
    expect(await problemsOf(say(buyer, ticket.id, wrong))).toEqual([
      'BAD_USER_INPUT',
      'input.answers.0.answer must be one of All, No meat',
      'input.answers.1.answer must be one of YES, NO',
      'input.answers.2.question is not asked at this event',
      'input.answers.3.question is answered twice',
    ])
    const answers: Answer[] = [
      ['Do you come by car?', 'YES'],
      ['What do you eat?', 'No meat'],
    ]
    expect(await said(buyer, ticket.id, answers)).toEqual(answers.toReversed()) // as they are asked
    expect(await said(buyer, ticket.id, undefined, 'Dewi')).toEqual(answers.toReversed())
    // The organizer writes what they know.
    expect(await said(story.organizer, ticket.id, [])).toEqual([])
    expect((await problemsOf(say(story.organizer, ticket.id, wrong))).length).toBe(5)
  })

  it('stays when other things are asked, and goes with the ticket or the account', async () => {
    const { eventId, buyer, ticket } = await eventWithTicket(story)
    const [choice, yesOrNo] = QUESTIONS as [object, object]
    await ask(eventId, { questions: [choice] })
    expect(await said(buyer, ticket.id, [['What do you eat?', 'All']])).toEqual([['What do you eat?', 'All']])
    await ask(eventId, { questions: [yesOrNo] })
    const READ = 'query ($id: ID!) { ticket(id: $id) { attendee { answers { answer } } } }'
    const answersOf = async () => (await story.mustAsk(buyer, READ, { id: ticket.id })).ticket.attendee
    expect(await answersOf()).toEqual({ answers: [{ answer: 'All' }] })
    expect(await said(buyer, ticket.id, [['Do you come by car?', 'NO']])).toEqual([
      ['Do you come by car?', 'NO'],
      ['What do you eat?', 'All'],
    ])
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: buyer.id,
      payload: { userId: buyer.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    const [row] = await story.sql(
      `SELECT attendee_name, attendee_answers FROM tickets WHERE id = '${ticket.id}'`,
    )
    expect(row).toEqual({ attendee_name: null, attendee_answers: null })
  })

  it('comes too late for owners past its time, and for all once the ticket was used', async () => {
    const { eventId, buyer, ticket } = await eventWithTicket(story)
    await ask(eventId, { answersUntil: new Date(Date.now() - 60_000).toISOString() })
    const { code, errors } = await say(buyer, ticket.id)
    expect([code, errors[0]?.message]).toEqual([
      'CONFLICT',
      'It is too late to say who comes: ask the organizer.',
    ])
    expect(await said(story.organizer, ticket.id, [['Shirt?', 'M']])).toEqual([['Shirt?', 'M']])
    await ask(eventId, { answersUntil: new Date(Date.now() + 60_000).toISOString() })
    expect(await said(buyer, ticket.id)).toEqual([['Shirt?', 'M']])
    await checkIn(story, story.organizer, { code: ticket.code, eventId })
    for (const viewer of [buyer, story.organizer])
      expect((await say(viewer, ticket.id)).code).toBe('CONFLICT')
  })
})

describe('the guards of it', () => {
  const SET = 'mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { id } }'
  const set = (buyer: Viewer, ticketId: string) =>
    story.ask(buyer, SET, { input: { ticketId, name: 'Late' } })

  it("somebody is let in while it is said who comes: without the guard (status = 'VALID') it is written after all", async () => {
    /** The scan commits once what is said waits for it. */
    async function meet() {
      const { eventId, buyer, ticket } = await eventWithTicket(story)
      const [, late] = await pileUp(
        story,
        `SELECT FROM tickets WHERE id = '${ticket.id}' FOR UPDATE`,
        { start: () => checkIn(story, story.organizer, { code: ticket.code, eventId }), waiting: 1 },
        { start: () => set(buyer, ticket.id), waiting: 2 },
      )
      return late?.code
    }
    expect(await meet()).toBe('CONFLICT')
    expect(
      await withMutant(story.deps, [" AND status = 'VALID'\n      AND (", '\n      AND ('], meet),
    ).toBeUndefined()
  })

  it('without the guard (answers_until <= now()) its time has no end', async () => {
    const { eventId, buyer, ticket } = await eventWithTicket(story)
    await ask(eventId, { answersUntil: new Date(Date.now() - 60_000).toISOString() })
    const late = async () => (await set(buyer, ticket.id)).code
    expect(await late()).toBe('CONFLICT')
    expect(
      await withMutant(story.deps, [' AND q.answers_until <= now()', ' AND false'], late),
    ).toBeUndefined()
  })
})
