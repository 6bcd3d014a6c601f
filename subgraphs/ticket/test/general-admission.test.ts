import type { Answer } from '@karcis/testkit/ask'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { expectBooksToBalance, imbalances, takeOutGuard } from './races.ts'
import { type Process, type Story, startStory } from './stories.ts'

const BUYERS = 200
const QUOTA = 120

/** Two hundred buyers at two processes, for fewer places than they are. */
async function rush(story: Story, other: Process) {
  const typeId = await story.ticketType(await story.event(), { quota: QUOTA })
  const answers = await Promise.all(
    Array.from({ length: BUYERS }, (_, at) => story.holdTickets(person(), typeId, 1, at % 2 ? story : other)),
  )
  return { typeId, answers }
}

const held = (answers: Answer[]): number =>
  answers.reduce((sum, { data }) => sum + (data?.holdTickets?.items[0].quantity ?? 0), 0)

describe('general admission for two hundred at once', () => {
  it('without CHECK and conditional UPDATE gives away more than there is', async () => {
    await using story = await startStory()
    const other = await story.join()
    await story.sql('ALTER TABLE ticket_types DROP CONSTRAINT ticket_types_stock_not_negative')
    const guards = [story, other].map(({ deps }) =>
      takeOutGuard(deps, 'AND t.available + d.available >= 0', ''),
    )
    const { typeId, answers } = await rush(story, other)
    for (const guard of guards) expect(guard.count).toBeGreaterThan(0)
    expect(held(answers)).toBeGreaterThan(QUOTA)
    expect((await story.stock(typeId)).available).toBeLessThan(0)
    expect(await imbalances(story)).not.toEqual([])
  })

  it('with the CHECK alone never goes below zero', async () => {
    await using story = await startStory()
    const other = await story.join()
    for (const { deps } of [story, other]) takeOutGuard(deps, 'AND t.available + d.available >= 0', '')
    const { typeId, answers } = await rush(story, other)
    expect(held(answers)).toBeLessThanOrEqual(QUOTA)
    expect((await story.stock(typeId)).available).toBeGreaterThanOrEqual(0)
    await expectBooksToBalance(story)
  })

  it('with both gives away exactly what there is, and tells the others that nothing is left', async () => {
    await using story = await startStory()
    const { typeId, answers } = await rush(story, await story.join())
    expect(held(answers)).toBe(QUOTA)
    const refused = answers.filter(({ code }) => code)
    expect(refused).toHaveLength(BUYERS - QUOTA)
    for (const { code, facts } of refused)
      expect({ code, facts }).toEqual({ code: 'SOLD_OUT', facts: { ticketTypeId: typeId, remaining: 0 } })
    expect(await story.stock(typeId)).toEqual({ quota: QUOTA, sold: 0, held: QUOTA, available: 0 })
    await expectBooksToBalance(story)
  })
})

describe('general admission', () => {
  it('refuses whoever wants more than is left and serves whoever wants less', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event(), { quota: 5 })
    expect((await story.holdTickets(person(), typeId, 3)).data.holdTickets).toMatchObject({
      seats: [],
      items: [{ quantity: 3, seat: null }],
    })
    expect(await story.holdTickets(person(), typeId, 3)).toMatchObject({
      code: 'SOLD_OUT',
      facts: { remaining: 2 },
    })
    expect((await story.holdTickets(person(), typeId, 2)).code).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('gives nobody more than maxPerUser, however many calls come at once, and gives the allowance back', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event(), { maxPerUser: 4 })
    const siti = person()
    const answers = await Promise.all(Array.from({ length: 10 }, () => story.holdTickets(siti, typeId, 2)))
    const kept = answers.filter(({ data }) => data?.holdTickets)
    expect(kept).toHaveLength(2)
    for (const { code, facts } of answers.filter(({ code }) => code)) {
      expect({ code, facts }).toEqual({
        code: 'LIMIT_EXCEEDED',
        facts: { limit: 4, remaining: 0, holdIds: kept.map(({ data }) => data.holdTickets.id).sort() },
      })
    }
    await story.release(siti, kept[0]?.data.holdTickets.id)
    expect((await story.holdTickets(siti, typeId, 2)).code).toBeUndefined()
    expect((await story.holdTickets(siti, typeId, 1)).code).toBe('LIMIT_EXCEEDED')
    await expectBooksToBalance(story)
  })

  it('without the guard of the conditional upsert a user gets more than maxPerUser', async () => {
    await using story = await startStory()
    const guard = takeOutGuard(
      story.deps,
      'WHERE allowances.taken + EXCLUDED.taken <= coalesce',
      'WHERE 0 <= coalesce',
    )
    const typeId = await story.ticketType(await story.event(), { maxPerUser: 4 })
    const siti = person()
    const answers = await Promise.all(Array.from({ length: 10 }, () => story.holdTickets(siti, typeId, 2)))
    expect(guard.count).toBeGreaterThan(0)
    expect(answers.filter(({ data }) => data?.holdTickets).length).toBeGreaterThan(2)
  })

  it('takes what lapsed holds still cover before it refuses anybody', async () => {
    await using story = await startStory()
    const typeId = await story.ticketType(await story.event(), { quota: 4 })
    const first = await story.holdTickets(person(), typeId, 4)
    await story.lapse(first.data.holdTickets.id)
    expect(await story.stock(typeId)).toEqual({ quota: 4, sold: 0, held: 0, available: 4 })
    const answers = await Promise.all(
      [1, 2, 3].map((quantity) => story.holdTickets(person(), typeId, quantity)),
    )
    expect(held(answers)).toBeGreaterThanOrEqual(3)
    await expectBooksToBalance(story)
  })

  it('refuses types with seats, and quantities that no hold may have', async () => {
    await using story = await startStory()
    const { typeId } = await story.hall(1, 5)
    expect((await story.holdTickets(person(), typeId, 1)).facts.fields).toMatchObject([
      { path: 'input.ticketTypeId' },
    ])
    expect((await story.holdTickets(person(), typeId, 0)).facts.fields).toMatchObject([
      { path: 'input.quantity' },
    ])
    expect(await story.holdTickets(person(), typeId, 11)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      facts: { limit: 10 },
    })
  })
})
