import { type Edit, importMutant, mutantPath } from '@karcis/testkit/code-mutants'
import { person } from '@karcis/testkit/people'
import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as CheckIn from '../src/domain/door/check-in.ts'
import { checkIn } from '../src/domain/door/check-in.ts'
import type * as TransferTicket from '../src/domain/owning/transfer-ticket.ts'
import { transferTicket } from '../src/domain/owning/transfer-ticket.ts'
import { signTicketCodes } from '../src/domain/tickets/ticket-code.ts'
import { eventWithTicket } from './doors.ts'
import { type Story, startStory } from './stories.ts'

// What is no condition of a statement, taken out of the code by itself: the harm that it keeps away.

const DOMAIN = new URL('../src/domain/', import.meta.url)
const CHECK_IN = new URL('door/check-in.ts', DOMAIN)
const VERIFY = new URL('tickets/verify-ticket-code.ts', DOMAIN)

let story: Story
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  story = stack.use(await startStory())
})

afterAll(() => stack.disposeAsync())

/** A code at the door of an event: the ticket that it lets in, or why it does not. */
const scan = (check: typeof checkIn, code: string, eventId: string): Promise<unknown> =>
  check(story.deps, { viewer: story.organizer }, { code, eventId }).catch(
    (error: { facts: { reason: string } }) => error.facts.reason,
  )

/** A door that looks at codes in another way. */
const doorThat = async (edits: readonly Edit[]): Promise<typeof checkIn> =>
  (
    await importMutant<typeof CheckIn>(CHECK_IN, [
      ["'../tickets/verify-ticket-code.ts'", `'${mutantPath(VERIFY, edits)}'`],
    ])
  ).checkIn

describe('a code that was not signed here', () => {
  const WITHOUT_SIGNATURE: Edit = [
    "await crypto.subtle.verify('Ed25519', key, signature, signed)",
    'signature && signed',
  ]

  it('lets somebody in without the signature being verified, and nobody with it: one that was changed', async () => {
    const { eventId, ticket } = await eventWithTicket(story)
    const { code } = ticket
    // The last character but two stands in the signature.
    const forged = code.slice(0, -3) + (code.at(-3) === '0' ? '1' : '0') + code.slice(-2)
    expect(await scan(checkIn, forged, eventId)).toBe('FORGED')
    expect(await scan(await doorThat([WITHOUT_SIGNATURE]), forged, eventId)).toBe(ticket.id)
  })

  it("likewise: one that another key has signed, in this one's name", async () => {
    const { eventId, ticket } = await eventWithTicket(story)
    const { kid } = await story.deps.signingKeys.current()
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const keys = { ...story.deps.signingKeys, current: async () => ({ kid, privateKey }) }
    const [code = ''] = await signTicketCodes(keys, [{ ticketId: ticket.id, eventId }])
    expect(await scan(checkIn, code, eventId)).toBe('FORGED')
    expect(await scan(await doorThat([WITHOUT_SIGNATURE]), code, eventId)).toBe(ticket.id)
  })
})

it("a code of another event's ticket lets somebody in without that being compared, and nobody with it", async () => {
  const [here, elsewhere] = [await eventWithTicket(story), await eventWithTicket(story)]
  const { code, id } = elsewhere.ticket
  const { checkIn: careless } = await importMutant<typeof CheckIn>(CHECK_IN, [
    ["if (claims.eventId !== eventId) throw new TicketInvalid('OTHER_EVENT')", ''],
  ])
  expect(await scan(checkIn, code, here.eventId)).toBe('OTHER_EVENT')
  expect(await scan(careless, code, here.eventId)).toBe(id)
})

it("somebody else's ticket is handed on without the comparison of its owner, and not with it", async () => {
  const { buyer, ticket } = await eventWithTicket(story)
  const [thief, fence] = [person(), person()]
  const email = `${fence.id}@karcis.test`
  story.neighbours.users.set(email, fence.id)
  const { transferTicket: careless } = await importMutant<typeof TransferTicket>(
    new URL('owning/transfer-ticket.ts', DOMAIN),
    [["if (ticket.ownerId !== viewer.id) throw new Forbidden('This is not your ticket.')", 'void Forbidden']],
  )
  const ownersOf = async () =>
    (
      await story.sql(`SELECT owner_id FROM tickets WHERE booking_id IN (SELECT booking_id FROM tickets WHERE id = '${ticket.id}')
      AND status = 'VALID'`)
    ).map(({ owner_id: owner }) => owner)
  const args = { id: ticket.id, email }
  await expect(transferTicket(story.deps, thief, args)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(await ownersOf()).toEqual([buyer.id])
  await careless(story.deps, thief, args)
  expect(await ownersOf()).toEqual([fence.id])
})
