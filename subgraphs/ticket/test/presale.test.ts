import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import { transaction } from '@karcis/kit/database'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import type { Answer } from '@karcis/testkit/ask'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { importMutant, mutantPath } from '@karcis/testkit/code-mutants'
import { gql } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person, tokenOf } from '@karcis/testkit/people'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type * as holding from '../src/domain/holds/hold-tickets.ts'
import type * as codes from '../src/domain/inventory/access-codes.ts'
import type { Tx } from '../src/domain/database.ts'
import { expectBooksToBalance } from './races.ts'
import { type Story, startStory } from './stories.ts'

let story: Story

beforeAll(async () => {
  story = await startStory()
})

afterAll(() => story[Symbol.asyncDispose]())

afterEach(() => story.sql('DELETE FROM access_code_guesses'))

const HOLD = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
const UPDATE =
  'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id accessCodeRequired hidden hiddenUntilSoldOut } }'
const CREATE = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }'

const hold = (viewer: Viewer, ticketTypeId: string, accessCode?: string, quantity = 1) =>
  story.ask(viewer, HOLD, { input: { ticketTypeId, quantity, accessCode } })
const update = (input: object) => story.ask(story.organizer, UPDATE, { input })

/** The same, from an address, as the router tells it. */
async function holdFrom(address: string, viewer: Viewer, ticketTypeId: string, accessCode: string) {
  const headers = {
    [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'ticket'),
    [CLIENT_ADDRESS_HEADER]: address,
  }
  const input = { ticketTypeId, quantity: 1, accessCode }
  const { body } = await gql(`${story.subgraph.url}/graphql`, HOLD, { input }, headers)
  return body.errors?.[0]?.extensions
}

describe('access codes', () => {
  it('everybody is told that one is needed, nobody which, and nothing that is kept says so', async () => {
    const eventId = await story.event()
    const fans = await story.ticketType(eventId, { accessCode: 'Rahasia Kita' })
    const friends = await story.ticketType(eventId, { accessCode: 'rahasia kita' })
    const query = 'query ($id: ID!) { ticketType(id: $id) { accessCodeRequired } }'
    expect((await story.mustAsk(null, query, { id: fans })).ticketType).toEqual({ accessCodeRequired: true })
    const rows = await story.sql<{ access_codes: string[]; row: string }>(
      `SELECT access_codes, t::text AS row FROM ticket_types t WHERE id IN ('${fans}', '${friends}')`,
    )
    expect(rows.flatMap((row) => row.access_codes)).toHaveLength(2)
    expect(new Set(rows.flatMap((row) => row.access_codes)).size).toBe(2) // the same code, but another type's
    for (const { row } of rows) expect(row.toLowerCase()).not.toContain('rahasia')
  })

  it('says what is wrong, opens in any case, and is replaced and taken away by the organizer', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCodes: ['one', 'two'] })
    const buyer = person()
    const facts = { ticketTypeIds: [typeId] }
    expect(await hold(buyer, typeId)).toMatchObject({
      code: 'FORBIDDEN',
      facts: { ...facts, reason: 'ACCESS_CODE_MISSING' },
    })
    expect(await hold(buyer, typeId, 'three')).toMatchObject({
      code: 'FORBIDDEN',
      facts: { ...facts, reason: 'ACCESS_CODE_WRONG' },
    })
    expect((await hold(buyer, typeId, ' TWO ')).code).toBeUndefined()
    expect((await hold(buyer, typeId)).code).toBe('FORBIDDEN') // it is to be given each time
    expect((await update({ id: typeId, name: 'Renamed' })).data.updateTicketType.accessCodeRequired).toBe(
      true,
    )
    await update({ id: typeId, accessCode: 'four' })
    expect((await hold(buyer, typeId, 'two')).code).toBe('FORBIDDEN')
    expect((await hold(buyer, typeId, 'four')).code).toBeUndefined()
    await update({ id: typeId, accessCode: null })
    expect((await hold(buyer, typeId)).code).toBeUndefined()
    expect((await update({ id: typeId, accessCode: 'a', accessCodes: ['b'] })).code).toBe('BAD_USER_INPUT')
  })

  it('is needed to wait in line for it, too', async () => {
    const typeId = await story.ticketType(await story.event(), { quota: 1, accessCode: 'right' })
    await hold(person(), typeId, 'right')
    const join = (accessCode: string | null) =>
      story.ask(
        person(),
        'mutation ($id: ID!, $code: String) { joinWaitlist(ticketTypeId: $id, accessCode: $code) { status } }',
        { id: typeId, code: accessCode },
      )
    expect((await join(null)).facts.reason).toBe('ACCESS_CODE_MISSING')
    expect((await join('wrong')).facts.reason).toBe('ACCESS_CODE_WRONG')
    expect((await join('right')).data.joinWaitlist.status).toBe('WAITING')
    await update({ id: typeId, hidden: true })
    expect((await join('right')).code).toBe('NOT_FOUND')
  })

  const WITHOUT_WRONG = [["if (shut.length > 0) throw new AccessCodeRefused('WRONG', shut)", '']] as const

  it('without the guard, the refusal of a wrong one, any code opens', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCode: 'right' })
    const { deps } = story
    const { accessCodes } = deps
    const module = new URL('../src/domain/inventory/access-codes.ts', import.meta.url)
    const mutant = await importMutant<typeof codes>(module, WITHOUT_WRONG)
    deps.accessCodes = mutant.createAccessCodes(deps.settings.KEY_ENCRYPTION_SECRET)
    expect((await hold(person(), typeId, 'wrong')).code).toBeUndefined()
    deps.accessCodes = accessCodes
    expect((await hold(person(), typeId, 'wrong')).code).toBe('FORBIDDEN')
  })
})

describe('whoever guesses', () => {
  const GUARD = ' OR seen.guesses + excluded.guesses <= '
  /** A hundred codes at once, the right one among them, late. */
  const guessAll = async (typeId: string, viewer: Viewer) =>
    (await parallel(100, async (at) => hold(viewer, typeId, at === 90 ? 'right' : `wrong ${at}`))).map(
      (run) => (run.status === 'fulfilled' ? (run.value.code ?? 'taken') : 'failed'),
    )

  it('has ten wrong ones in a quarter of an hour, also when they come at once, and then not even the right one', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCode: 'right' })
    const guesser = person()
    const answers = await guessAll(typeId, guesser)
    expect(answers.filter((answer) => answer === 'FORBIDDEN')).toHaveLength(10)
    if (!answers.includes('taken'))
      expect(await hold(guesser, typeId, 'right')).toMatchObject({
        code: 'RATE_LIMITED',
        facts: { retryAfterSeconds: expect.any(Number) },
      })
    expect((await hold(person(), typeId, 'right')).code).toBeUndefined() // somebody else is not held up
    await story.sql('UPDATE access_code_guesses SET window_ends_at = now()')
    expect((await hold(guesser, typeId, 'wrong')).code).toBe('FORBIDDEN')
  })

  it('without the guard, the condition of the count, is told of each that it is wrong', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCode: 'right' })
    const answers = await withMutant(story.deps, [GUARD, ' OR 0 < '], () => guessAll(typeId, person()))
    expect(answers.filter((answer) => answer === 'FORBIDDEN')).toHaveLength(99)
  })

  it('is known by their network, whatever accounts they make', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCode: 'right' })
    const address = '203.0.113.9'
    await holdFrom(address, person(), typeId, 'wrong')
    await story.sql('UPDATE access_code_guesses SET guesses = 97')
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => holdFrom(address, person(), typeId, 'wrong')),
    )
    expect(answers.filter((facts) => facts?.code === 'FORBIDDEN')).toHaveLength(3)
    expect(answers.filter((facts) => facts?.code === 'RATE_LIMITED')).toHaveLength(9)
    expect((await holdFrom('203.0.113.10', person(), typeId, 'wrong'))?.code).toBe('FORBIDDEN')
  })

  it('is not who has the right one: a crowd of one network is let in, however few guesses that has left', async () => {
    const typeId = await story.ticketType(await story.event(), { accessCode: 'right' })
    const address = '203.0.113.11'
    await holdFrom(address, person(), typeId, 'wrong')
    await story.sql('UPDATE access_code_guesses SET guesses = 99')
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => holdFrom(address, person(), typeId, 'right')),
    )
    expect(answers.map((facts) => facts?.code)).toEqual(Array(12).fill(undefined))
  })
})

/** An early bird of so many places, and a type that waits for it. */
async function waves(quota = 2) {
  const eventId = await story.event()
  const early = await story.ticketType(eventId, { name: 'Early', quota })
  const late = await story.ticketType(eventId, { name: 'Late', hiddenUntilSoldOut: early })
  return { eventId, early, late }
}

const TYPES = 'query ($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { name hidden } }'
const listed = async (viewer: Viewer | null, eventId: string): Promise<string[]> =>
  (await story.mustAsk(viewer, TYPES, { eventId })).ticketTypesByEvent.map(
    ({ name, hidden }: { name: string; hidden: boolean }) => (hidden ? `(${name})` : name),
  )

describe('a type that waits for another to sell out', () => {
  it('shows in the moment in which the last place of that one goes, to whoever watches, and stays', async () => {
    const { eventId, early, late } = await waves()
    expect(await listed(null, eventId)).toEqual(['Early'])
    expect(await listed(person(), eventId)).toEqual(['Early'])
    for (const viewer of [story.organizer, story.admin])
      expect(await listed(viewer, eventId)).toEqual(['Early', '(Late)'])
    const one = 'query ($id: ID!) { ticketType(id: $id) { name hiddenUntilSoldOut } }'
    expect((await story.mustAsk(person(), one, { id: late })).ticketType).toBeNull()
    expect((await story.mustAsk(story.organizer, one, { id: late })).ticketType.hiddenUntilSoldOut).toBe(
      early,
    )
    expect(await hold(person(), late)).toMatchObject({ code: 'NOT_FOUND' })

    const stock = 'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { name available } }'
    const [watch, organizers] = await Promise.all([
      story.watch(stock, { eventId }),
      story.watch(stock, { eventId }, story.organizer), // whoever watches together is told the same
    ])
    type Told = { data: { ticketStockChanged: { name: string; available: number }[] } }
    const told = (message: Told) => message.data.ticketStockChanged
    await watch.until((message) => told(message).length === 1)
    const buyer = person()
    const { data } = await hold(buyer, early, undefined, 2)
    for (const { until, received } of [watch, organizers]) {
      await until((message) => told(message).length === 2)
      for (const message of received)
        expect(told(message).length === 2).toBe(
          told(message).some(({ name, available }) => name === 'Early' && available === 0),
        )
    }
    watch.stop()
    organizers.stop()
    expect((await hold(person(), late)).code).toBeUndefined()
    await story.release(buyer, data.holdTickets.id)
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    expect((await hold(person(), late)).code).toBeUndefined()
  })

  it('of a hundred who want the last places at once none is refused because it shows', async () => {
    const { eventId, early, late } = await waves(50)
    const answers = await parallel(100, async () => {
      const buyer = person()
      const first = await hold(buyer, early)
      return first.code === 'SOLD_OUT' ? ((await hold(buyer, late)).code ?? 'late') : (first.code ?? 'early')
    })
    const outcomes = answers.map((run) => (run.status === 'fulfilled' ? run.value : run.reason))
    expect(outcomes.filter((outcome) => outcome === 'early')).toHaveLength(50)
    expect(outcomes.filter((outcome) => outcome === 'late')).toHaveLength(50)
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    await expectBooksToBalance(story)
  })

  /** Somebody has taken the last place, and not yet committed, when the organizer has another type wait for that. */
  async function lastPlaceGoes(meanwhile: (say: () => Promise<Answer>, tx: Tx) => Promise<unknown>) {
    const eventId = await story.event()
    const early = await story.ticketType(eventId, { name: 'Early', quota: 1 })
    const late = await story.ticketType(eventId, { name: 'Late' })
    await transaction(story.deps.db, async (tx) => {
      await tx.$executeRaw`UPDATE ticket_types SET held = 1, available = 0 WHERE id = ${early}::uuid`
      await meanwhile(() => update({ id: late, hiddenUntilSoldOut: early }), tx)
    })
    return { eventId }
  }

  it('shows also when that was said in the moment in which the last place went', async () => {
    let said: Promise<Answer> | undefined
    const { eventId } = await lastPlaceGoes(async (say, tx) => {
      said = say()
      await untilBlocked(tx, 1)
    })
    expect((await said)?.code).toBeUndefined()
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
  })

  it('without the guard, the lock of the other, waits for ever then', async () => {
    const { eventId } = await withMutant(story.deps, [' ORDER BY id FOR NO KEY UPDATE', ' ORDER BY id'], () =>
      lastPlaceGoes(async (say) => {
        expect((await say()).code).toBeUndefined()
      }),
    )
    expect(await listed(null, eventId)).toEqual(['Early'])
  })

  it('without the guard, the trigger, goes on being hidden', async () => {
    const { eventId, early, late } = await waves(1)
    await story.sql('ALTER TABLE ticket_types DISABLE TRIGGER ticket_types_reveal')
    await hold(person(), early)
    await story.sql('ALTER TABLE ticket_types ENABLE TRIGGER ticket_types_reveal')
    expect(await listed(null, eventId)).toEqual(['Early'])
    expect((await hold(person(), late)).code).toBe('NOT_FOUND')
  })

  it('without the guard, the refusal of what is hidden, its id is enough to have it', async () => {
    const { late } = await waves()
    const at = (path: string) => new URL(`../src/domain/${path}`, import.meta.url)
    const blind = mutantPath(at('allocation/sale-reads.ts'), [
      ['if (hidden && organizerId !== buyer.userId)', 'if (hidden && organizerId === buyer.userId)'],
    ])
    const mutant = await importMutant<typeof holding>(at('holds/hold-tickets.ts'), [
      ["'../allocation/sale-reads.ts'", `'${blind}'`],
    ])
    const buyer = person()
    expect((await mutant.holdTickets(story.deps, buyer, { ticketTypeId: late, quantity: 1 })).userId).toBe(
      buyer.id,
    )
    expect((await hold(person(), late)).code).toBe('NOT_FOUND')
  })

  it('shows also when the sale of the other is over, or that is deleted, and is hidden again when the organizer says so', async () => {
    const { eventId, early, late } = await waves()
    await update({ id: early, saleEndsAt: new Date(Date.now() - 1_000).toISOString() })
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    await update({ id: early, saleEndsAt: null })
    expect(await listed(null, eventId)).toEqual(['Early'])
    await hold(person(), early, undefined, 2)
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    await update({ id: early, quota: 5 })
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    await update({ id: late, hiddenUntilSoldOut: early })
    expect(await listed(null, eventId)).toEqual(['Early'])
    await update({ id: late, hidden: true, hiddenUntilSoldOut: null })
    expect(await listed(null, eventId)).toEqual(['Early'])
    await update({ id: late, hidden: false })
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    const third = (
      await story.mustAsk(story.organizer, CREATE, {
        input: { eventId, name: 'Last', kind: 'FREE', quota: 5, hiddenUntilSoldOut: late },
      })
    ).createTicketType.id
    expect(await listed(null, eventId)).toEqual(['Early', 'Late'])
    await story.mustAsk(story.organizer, 'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }', {
      id: late,
    })
    expect(await listed(null, eventId)).toEqual(['Early', 'Last'])
    expect((await update({ id: third, hiddenUntilSoldOut: third })).code).toBe('BAD_USER_INPUT')
    const elsewhere = await story.ticketType(await story.event())
    expect((await update({ id: third, hiddenUntilSoldOut: elsewhere })).code).toBe('BAD_USER_INPUT')
  })

  it('what somebody has of a hidden type keeps its name', async () => {
    const typeId = await story.ticketType(await story.event())
    const buyer = person()
    const { data } = await hold(buyer, typeId)
    await update({ id: typeId, hidden: true })
    const query = 'query ($id: ID!) { hold(id: $id) { items { ticketType { name } } } }'
    const read = await story.mustAsk(buyer, query, { id: data.holdTickets.id })
    expect(read.hold.items).toEqual([{ ticketType: { name: 'Festival' } }])
  })
})
