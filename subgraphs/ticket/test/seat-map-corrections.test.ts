import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { drawing, ownRoom, publishedLayout, SAVE } from './layouts.ts'
import { expectBooksToBalance, pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const CREATE = `mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision focal { x y }
  sections { name seatCount capacity ticketType { id quota available seated } } } }`
const UPDATE = `mutation ($input: UpdateSeatMapInput!) { updateSeatMap(input: $input) { revision sections { name seatCount } } }`
const SEATS = `query ($eventId: ID!) { seatMap(eventId: $eventId) { revision seats {
  id section row number label x y status accessible companion obstructed ticketType { id } } } }`

interface SeatSeen {
  id: string
  section: string
  row: string
  number: number
  label: string
  x: number
  status: string
}

const seatsOf = async (story: Story, eventId: string): Promise<SeatSeen[]> =>
  (await story.mustAsk(null, SEATS, { eventId })).seatMap.seats
const named = ({ section, row, label }: SeatSeen): string => `${section} ${row}-${label}`

/** Stalls A1 to A10 and B1 to B10 of a map of given sections, with a word for what corrects it. */
async function hall(story: Story) {
  const made = await story.hall(2, 10)
  const { eventId, typeId } = made
  const stalls = { name: 'Stalls', ticketTypeId: typeId, rows: 2, seatsPerRow: 10 }
  const correct = (sections: object[], input: object = {}) =>
    story.ask(story.organizer, UPDATE, { input: { eventId, sections, ...input } })
  return { ...made, stalls, correct }
}

describe('a seat map of a drawing', () => {
  const layout = drawing({
    stage: {
      outline: [
        { x: -100, y: -80 },
        { x: 100, y: -80 },
        { x: 100, y: -40 },
        { x: -100, y: -40 },
      ],
    },
    sections: [
      {
        name: 'Stalls',
        priceTier: 'Seat',
        rows: [{ rows: 2, seats: 4, gaps: [{ after: 2 }], seatLabels: ['L1', 'L2', 'R1', 'R2'] }],
        accessible: [{ row: 'A', seats: ['L1'] }],
        companion: [{ row: 'A', seats: ['L2'] }],
        obstructed: [{ row: 'B', seats: ['R2'] }],
        blocked: [{ row: 'B', seats: ['L1'] }],
      },
      {
        name: 'Tables',
        rotation: 30,
        origin: { x: 0, y: 300 },
        tables: [{ label: 'T1', x: 0, y: 0, seats: 6 }],
      },
    ],
    standing: [
      {
        name: 'Pit',
        outline: [
          { x: -100, y: -30 },
          { x: 100, y: -30 },
          { x: 0, y: -10 },
        ],
        capacity: 50,
      },
    ],
  })

  it('has its seats, of several events alike, each sold as the event says, and places to stand', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const layoutId = await publishedLayout(story, roomId, layout)
    for (const facts of [{ roomId, capacity: 64 }, {}]) {
      const eventId = await story.event(facts)
      const [seat, table, pit] = [
        await story.ticketType(eventId, { name: 'SEAT', quota: 1 }),
        await story.ticketType(eventId, { name: 'Table', quota: 1 }),
        await story.ticketType(eventId, { name: 'Standing', quota: 1 }),
      ]
      const tiers = [
        { section: 'Tables', ticketTypeId: table },
        { section: 'Pit', ticketTypeId: pit },
      ]
      const { createSeatMap } = await story.mustAsk(story.organizer, CREATE, {
        input: { eventId, layoutId, tiers },
      })
      const type = (id: string, quota: number, seated = true) => ({ id, quota, available: quota, seated })
      expect(createSeatMap).toEqual({
        revision: 1,
        focal: { x: 0, y: -60 },
        sections: [
          { name: 'Stalls', seatCount: 8, capacity: null, ticketType: type(seat, 7) },
          { name: 'Tables', seatCount: 6, capacity: null, ticketType: type(table, 6) },
          { name: 'Pit', seatCount: 0, capacity: 50, ticketType: type(pit, 50, false) },
        ],
      })
      const seats = await seatsOf(story, eventId)
      expect(seats.slice(0, 2)).toMatchObject([
        { section: 'Stalls', row: 'A', number: 1, label: 'L1', x: -40, accessible: true, companion: false },
        { label: 'L2', accessible: false, companion: true, obstructed: false },
      ])
      expect(seats.slice(4, 8)).toMatchObject([
        { status: 'BLOCKED' },
        {},
        {},
        { label: 'R2', obstructed: true },
      ])
      // Who sits on two sides of an aisle does not sit side by side.
      const best = (await story.holdBest(person(), eventId, seat, 2)).data.holdBestSeats.seats
      const ids = best.map(({ id }: { id: string }) => id)
      expect([seats.slice(0, 2), seats.slice(2, 4)].map((pair) => pair.map(({ id }) => id))).toContainEqual(
        ids,
      )
      expect((await story.holdTickets(person(), pit, 3)).code).toBeUndefined()
      await expectBooksToBalance(story)
    }
  })

  it('is refused for a draft, another room, tiers that do not fit, and more places than the room holds', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const layoutId = await publishedLayout(story, roomId, layout)
    const draft = (await story.mustAsk(story.organizer, SAVE, { input: { roomId, name: 'Draft', layout } }))
      .saveSeatLayout.id
    const make = async (facts: object, input: (types: string[]) => object) => {
      const eventId = await story.event({ roomId, ...facts })
      const types = [
        await story.ticketType(eventId, { name: 'A', quota: 1 }),
        await story.ticketType(eventId, { name: 'B', quota: 1 }),
      ]
      const { code, facts: told } = await story.ask(story.organizer, CREATE, {
        input: { eventId, layoutId, ...input(types) },
      })
      return [code, ...(told.fields ?? []).map(({ path }: { path: string }) => path)]
    }
    const tiers = ([a, b]: string[]) => [
      { section: 'Stalls', ticketTypeId: a },
      { section: 'Tables', ticketTypeId: a },
      { section: 'Pit', ticketTypeId: b },
    ]
    expect(await make({}, (types) => ({ tiers: tiers(types), layoutId: draft }))).toEqual(['CONFLICT'])
    expect(await make({}, (types) => ({ tiers: tiers(types), layoutId: newId() }))).toEqual(['NOT_FOUND'])
    expect(await make({ roomId: newId() }, (types) => ({ tiers: tiers(types) }))).toEqual([
      'BAD_USER_INPUT',
      'input.layoutId',
    ])
    expect(await make({}, () => ({}))).toEqual(['BAD_USER_INPUT', 'input.tiers'])
    expect(await make({}, ([a = '']) => ({ tiers: tiers([a, a]) }))).toEqual([
      'BAD_USER_INPUT',
      'input.tiers',
    ])
    expect(await make({}, () => ({ tiers: [{ section: 'Roof', ticketTypeId: newId() }] }))).toContain(
      'input.tiers.0.section',
    )
    expect(await make({ capacity: 63 }, (types) => ({ tiers: tiers(types) }))).toEqual([
      'BAD_USER_INPUT',
      'input.sections',
    ])
    story.neighbours.rooms.set(roomId, { mayUse: false, mayChange: false })
    expect(await make({ roomId: null }, (types) => ({ tiers: tiers(types) }))).toEqual(['NOT_FOUND'])
  })
})

describe('a map that is corrected while it is on sale', () => {
  it('adds, moves, renames, sells as another type and takes away what nobody has; quotas follow, and watchers see it whole', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '50' })
    const { eventId, typeId, seat, stalls, correct } = await hall(story)
    const vip = await story.ticketType(eventId, { name: 'VIP', quota: 1 })
    const held = [seat('A1'), seat('A2')]
    await story.holdSeats(person(), eventId, held)
    const block =
      'mutation ($eventId: ID!, $seatIds: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $seatIds) { id } }'
    await story.mustAsk(story.organizer, block, { eventId, seatIds: [seat('A10')] })
    const watch = await story.watch(
      `subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 3) { revision snapshot seats { id status } } }`,
      { eventId },
    )
    // Row B is gone, a row is new, and another section is sold as another type.
    const answer = await correct([
      { ...stalls, rows: 2, rowLabels: ['A', 'C'], origin: { x: -5, y: 0 } },
      { name: 'Balcony', ticketTypeId: vip, rows: 1, seatsPerRow: 6, blocked: [{ row: 'A', number: 6 }] },
    ])
    expect(answer.data.updateSeatMap).toEqual({
      revision: 4,
      sections: [
        { name: 'Stalls', seatCount: 20 },
        { name: 'Balcony', seatCount: 6 },
      ],
    })
    expect(await story.stock(typeId)).toEqual({ quota: 19, sold: 0, held: 2, available: 17 })
    expect(await story.stock(vip)).toEqual({ quota: 5, sold: 0, held: 0, available: 5 })
    const seats = await seatsOf(story, eventId)
    expect(seats.filter(({ status }) => status === 'HELD').map(({ id }) => id)).toEqual(held)
    // C stands where B stood: those seats were renamed.
    expect(seats.filter(({ row }) => row === 'C').map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, at) => seat(`B${at + 1}`)),
    )
    expect(seats.find(({ id }) => id === seat('A10'))).toMatchObject({ status: 'BLOCKED' })
    const whole = await watch.until(({ data }) => data.seatMapChanged.revision === 4)
    expect(whole.data.seatMapChanged.snapshot).toBe(true)
    expect(whole.data.seatMapChanged.seats.map(({ id }: SeatSeen) => id).sort()).toEqual(
      seats.map(({ id }) => id).sort(),
    )

    // What is free moves and is sold as another type, in the middle of what is held; then it all goes but for that.
    expect(
      (
        await correct([
          { ...stalls, rows: 1 },
          { name: 'Side', ticketTypeId: vip, rows: 1, seatsPerRow: 10, origin: { x: -5, y: 1 } },
        ])
      ).code,
    ).toBeUndefined()
    expect(await story.stock(vip)).toEqual({ quota: 10, sold: 0, held: 0, available: 10 })
    expect(
      (await seatsOf(story, eventId)).filter(({ section }) => section === 'Side').map(({ id }) => id),
    ).toEqual(Array.from({ length: 10 }, (_, at) => seat(`B${at + 1}`)))
    expect(
      (await correct([{ ...stalls, rows: 1, seatsPerRow: 2, origin: { x: -5, y: 0 } }])).code,
    ).toBeUndefined()
    expect((await seatsOf(story, eventId)).map(named)).toEqual(['Stalls A-1', 'Stalls A-2'])
    expect(await story.stock(typeId)).toEqual({ quota: 2, sold: 0, held: 2, available: 0 })
    expect(await story.stock(vip)).toEqual({ quota: 0, sold: 0, held: 0, available: 0 })
    // And back again, behind what was taken off the map.
    expect((await correct([{ ...stalls, origin: { x: -5, y: 0 } }])).code).toBeUndefined()
    expect((await seatsOf(story, eventId)).map(named)).toHaveLength(20)
    await expectBooksToBalance(story)
  })

  it('changes nothing when somebody has a seat that would not stay what it is, and names each of them', async () => {
    await using story = await startStory()
    const { eventId, typeId, seat, stalls, correct } = await hall(story)
    const vip = await story.ticketType(eventId, { name: 'VIP', quota: 1 })
    const [siti, bookingId] = [person(), newId()]
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1'), seat('A2')])).data.holdSeats
    await story.booking.bind(siti, id, bookingId)
    await story.booking.issue(bookingId)
    await story.holdSeats(person(), eventId, [seat('B10')])
    const before = await seatsOf(story, eventId)
    const refused = async (...sections: object[]) => {
      const { code, facts } = await correct(sections)
      expect(code).toBe('SEATS_UNAVAILABLE')
      expect(facts.count).toBe(facts.seats.length)
      expect(facts.seatIds).toEqual(facts.seats.map((each: { id: string }) => each.id))
      return facts.seats
        .map(
          (each: { seat: string; status: string; change: string }) =>
            `${each.seat} ${each.status} ${each.change}`,
        )
        .sort()
    }
    expect(await refused({ ...stalls, rows: 1 })).toEqual(['Stalls B-10 HELD REMOVED'])
    expect(await refused({ ...stalls, origin: { x: 0, y: 0 } })).toEqual([
      'Stalls A-1 SOLD MOVED',
      'Stalls A-2 SOLD MOVED',
      'Stalls B-10 HELD MOVED',
    ])
    expect(await refused({ ...stalls, rowLabels: ['X', 'B'] })).toEqual([
      'Stalls A-1 SOLD RENAMED',
      'Stalls A-2 SOLD RENAMED',
    ])
    expect(await refused({ ...stalls, ticketTypeId: vip })).toHaveLength(3)
    expect(await refused({ ...stalls, accessible: [{ row: 'B', number: 10 }] })).toEqual([
      'Stalls B-10 HELD ALTERED',
    ])
    expect(await seatsOf(story, eventId)).toEqual(before)
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 2, held: 1, available: 17 })
    expect(await story.stock(vip)).toMatchObject({ quota: 1 })

    // A hold past its time is nobody's.
    const { id: late } = (await story.holdSeats(person(), eventId, [seat('B1')])).data.holdSeats
    await story.lapse(late)
    expect(
      (await correct([{ ...stalls, rowLabels: ['A', 'B'], accessible: [{ row: 'B', number: 1 }] }])).code,
    ).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('is for whoever organizes the event, of an event with a map, of types that fit, and for no more than the room holds', async () => {
    await using story = await startStory()
    const made = await hall(story)
    const { eventId, stalls } = made
    const ask = async (input: object, viewer = story.organizer) => {
      const { code } = await story.ask(viewer, UPDATE, { input: { eventId, sections: [stalls], ...input } })
      return code
    }
    expect(await ask({}, person({ role: 'ORGANIZER' }))).toBe('FORBIDDEN')
    expect(await ask({ sections: null })).toBe('CONFLICT') // the event has no room
    const other = await story.event()
    const type = await story.ticketType(other)
    expect(await ask({ eventId: other, sections: [{ ...stalls, ticketTypeId: type }] })).toBe('NOT_FOUND')
    const general = await story.ticketType(eventId, { name: 'Floor' })
    await story.holdTickets(person(), general, 1)
    expect(await ask({ sections: [{ ...stalls, ticketTypeId: general }] })).toBe('CONFLICT')
    await story.sql(`UPDATE event_copies SET capacity = 121 WHERE id = '${eventId}'`)
    expect(await ask({ sections: [{ ...stalls, rows: 3 }] })).toBe('BAD_USER_INPUT')
    expect(await ask({})).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('has a standing area hold more or fewer people, as far as they have no place there', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const outline = [0, 1, 2].map((at) => ({ x: at * 100, y: (at % 2) * 100 + 500 }))
    const layoutOf = (capacity: number) =>
      publishedLayout(
        story,
        roomId,
        drawing({ standing: [{ name: 'Pit', outline, capacity }] }),
        `Pit ${capacity}`,
      )
    const eventId = await story.event({ roomId })
    const [seat, pit] = [await story.ticketType(eventId), await story.ticketType(eventId, { name: 'Pit' })]
    const tiers = [{ section: 'Stalls', ticketTypeId: seat }]
    await story.mustAsk(story.organizer, CREATE, {
      input: {
        eventId,
        layoutId: await layoutOf(10),
        tiers: [...tiers, { section: 'Pit', ticketTypeId: pit }],
      },
    })
    await story.holdTickets(person(), pit, 4)
    const correct = async (capacity: number) => {
      const layoutId = await layoutOf(capacity)
      const input = { eventId, layoutId, tiers: [...tiers, { section: 'Pit', ticketTypeId: pit }] }
      return (await story.ask(story.organizer, UPDATE, { input })).code
    }
    expect(await correct(3)).toBe('CONFLICT')
    expect(await correct(4)).toBeUndefined()
    expect(await story.stock(pit)).toEqual({ quota: 4, sold: 0, held: 4, available: 0 })
    expect(await correct(20)).toBeUndefined()
    expect(await story.stock(pit)).toEqual({ quota: 20, sold: 0, held: 4, available: 16 })
  })

  it('has the best seats chosen among those that there are now, in every process', async () => {
    await using story = await startStory()
    const { eventId, typeId, stalls, correct } = await hall(story)
    const other = await story.join()
    const best = async (process: typeof other) => {
      const { data } = await story.holdBest(person(), eventId, typeId, 2, process)
      return data.holdBestSeats.seats.map(({ id }: { id: string }) => id)
    }
    await best(other)
    const nearer = { name: 'Front', ticketTypeId: typeId, rows: 1, seatsPerRow: 4, origin: { x: -2, y: -5 } }
    expect(
      (await correct([nearer, { ...stalls, origin: { x: -5, y: 0 } }], { focal: { x: 0, y: -6 } })).code,
    ).toBeUndefined()
    const [first] = await best(other)
    expect((await seatsOf(story, eventId)).find(({ id }) => id === first)).toMatchObject({ section: 'Front' })
  })

  it('gives no tickets to a late payment for a seat that is gone', async () => {
    await using story = await startStory()
    const { eventId, seat, stalls, correct } = await hall(story)
    const [siti, bookingId] = [person(), newId()]
    const { id } = (await story.holdSeats(siti, eventId, [seat('B1')])).data.holdSeats
    await story.booking.bind(siti, id, bookingId)
    await story.booking.release(bookingId)
    expect((await correct([{ ...stalls, rows: 1 }])).code).toBeUndefined()
    expect((await story.booking.issue(bookingId)).data.issueTickets).toEqual({ issued: false, ticketIds: [] })
    await expectBooksToBalance(story)
  })
})

describe('a correction and a buyer who come at once', () => {
  /** Guard: `s.status IN ('AVAILABLE', 'BLOCKED')` of what draws a seat anew. */
  const HOLD_FIRST = `s.status IN ('AVAILABLE', 'BLOCKED')`

  /** The buyer has the seat, and waits for its stock to commit; then comes the correction. */
  async function holdFirst(story: Story) {
    const { eventId, typeId, seat, stalls, correct } = await hall(story)
    const lock = `SELECT 1 FROM ticket_types WHERE id = '${typeId}' FOR NO KEY UPDATE`
    const [held, corrected] = await pileUp(
      story,
      lock,
      { start: () => story.holdSeats(person(), eventId, [seat('A1')]), waiting: 1 },
      { start: () => correct([{ ...stalls, origin: { x: 100, y: 0 } }]), waiting: 2 },
    )
    const [first] = await seatsOf(story, eventId)
    return { held: held?.code, corrected, x: first?.x, a1: seat('A1') }
  }

  it('leave the seat as the buyer has bought it', async () => {
    await using story = await startStory()
    const { held, corrected, x, a1 } = await holdFirst(story)
    expect(held).toBeUndefined()
    expect(corrected).toMatchObject({ code: 'SEATS_UNAVAILABLE', facts: { seatIds: [a1] } })
    expect(x).toBe(-5)
    await expectBooksToBalance(story)
  })

  it('without the guard, the seat that somebody holds stands elsewhere', async () => {
    await using story = await startStory()
    const met = takeOutGuard(story.deps, HOLD_FIRST, 'true')
    const { corrected, x } = await holdFirst(story)
    expect(met.count).toBeGreaterThan(0)
    expect(corrected?.code).toBeUndefined()
    expect(x).toBe(100)
  })

  /** Guard: `s.ticket_type_id = n.type_id` of what takes a free seat. */
  const CORRECTION_FIRST = 's.ticket_type_id = n.type_id'

  /** The correction sells the back row as another type, and waits to commit; the buyer chose a seat there as what it was. */
  async function correctionFirst(story: Story) {
    const { eventId, typeId, seat, stalls, correct } = await hall(story)
    const vip = await story.ticketType(eventId, { name: 'VIP', price: 900_000, quota: 1 })
    const side = { name: 'Side', ticketTypeId: vip, rows: 1, seatsPerRow: 10, origin: { x: -5, y: 1 } }
    const lock = `SELECT 1 FROM ticket_types WHERE id = '${typeId}' FOR NO KEY UPDATE`
    const [corrected, held] = await pileUp(
      story,
      lock,
      { start: () => correct([{ ...stalls, rows: 1, origin: { x: -5, y: 0 } }, side]), waiting: 1 },
      { start: () => story.holdSeats(person(), eventId, [seat('B1')]), waiting: 2 },
    )
    expect(corrected?.code).toBeUndefined()
    return { held, typeId, vip }
  }

  it('sell nobody a seat as what it is no longer', async () => {
    await using story = await startStory()
    const { held, vip } = await correctionFirst(story)
    expect(held?.code).toBe('SEATS_UNAVAILABLE')
    expect(await story.stock(vip)).toEqual({ quota: 10, sold: 0, held: 0, available: 10 })
    await expectBooksToBalance(story)
  })

  it('without the guard, it is held at the price of before, and another is sold with it', async () => {
    await using story = await startStory()
    const met = takeOutGuard(story.deps, CORRECTION_FIRST, 'true')
    const { held, typeId, vip } = await correctionFirst(story)
    expect(met.count).toBeGreaterThan(0)
    expect(held?.data.holdSeats.items).toMatchObject([{ unitPrice: 100_000, ticketType: { id: typeId } }])
    const [free] = await story.sql(
      `SELECT count(*)::int AS seats FROM seats WHERE ticket_type_id = '${vip}' AND status = 'AVAILABLE'`,
    )
    expect([free.seats, (await story.stock(vip)).available]).toEqual([9, 10])
  })
})
