import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { drawing, ownRoom, PUBLISH, publishedLayout, SAVE } from './layouts.ts'
import { startStory } from './stories.ts'

const LAYOUT = 'query ($id: ID!) { seatLayout(id: $id) { id version status layout } }'
const LAYOUTS = `query ($roomId: ID!, $first: Int, $after: String) { seatLayouts(roomId: $roomId, first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } edges { node { name version status } } } }`

describe('the drawing of a room', () => {
  it('is a draft that can be saved again, until it is published; then saving begins the next version', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const save = async (layout: object, name = 'Concert') =>
      (await story.mustAsk(story.organizer, SAVE, { input: { roomId, name, layout } })).saveSeatLayout
    const draft = await save(drawing())
    expect(draft).toMatchObject({ version: 1, status: 'DRAFT', seatCount: 20, publishedAt: null })
    // What was left out is there, so that whoever reads it needs no defaults.
    expect(draft.layout).toMatchObject({ seatSize: 20, floors: [], sections: [{ rotation: 0, tables: [] }] })
    const again = await save(drawing({ sections: [{ name: 'Stalls', rows: [{ rows: 3, seats: 4 }] }] }))
    expect(again).toMatchObject({ id: draft.id, version: 1, seatCount: 12 })

    const published = (await story.mustAsk(story.organizer, PUBLISH, { id: draft.id })).publishSeatLayout
    expect(published).toMatchObject({ status: 'PUBLISHED', publishedAt: expect.any(String) })
    expect((await story.mustAsk(story.organizer, PUBLISH, { id: draft.id })).publishSeatLayout).toEqual(
      published,
    )
    expect(await save(drawing())).toMatchObject({ version: 2, status: 'DRAFT', seatCount: 20 })
    expect(await save(drawing(), 'Theatre')).toMatchObject({ version: 1 })
    expect(
      (await story.mustAsk(story.organizer, LAYOUT, { id: draft.id })).seatLayout.layout.sections[0].rows,
    ).toMatchObject([{ rows: 3, seats: 4 }])
    await expect(story.sql(`UPDATE seat_layouts SET name = 'x' WHERE id = '${draft.id}'`)).rejects.toThrow(
      'it never changes',
    )

    const first = (await story.mustAsk(story.organizer, LAYOUTS, { roomId, first: 2 })).seatLayouts
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
    expect(first.edges.map(({ node }: { node: object }) => node)).toEqual([
      { name: 'Theatre', version: 1, status: 'DRAFT' },
      { name: 'Concert', version: 2, status: 'DRAFT' },
    ])
    const { endCursor } = first.pageInfo
    const rest = (await story.mustAsk(story.organizer, LAYOUTS, { roomId, after: endCursor })).seatLayouts
    expect(rest.edges).toMatchObject([{ node: { version: 1, status: 'PUBLISHED' } }])
    const whole =
      'query ($roomId: ID!) { seatLayouts(roomId: $roomId, last: 1) { edges { node { layout } } } }'
    expect((await story.mustAsk(story.organizer, whole, { roomId })).seatLayouts.edges[0].node).toEqual({
      layout: again.layout,
    })
  })

  it('is written once by twenty who save it at once', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const saved = await Promise.all(
      Array.from({ length: 20 }, () =>
        story.mustAsk(story.organizer, SAVE, { input: { roomId, name: 'Concert', layout: drawing() } }),
      ),
    )
    expect(new Set(saved.map(({ saveSeatLayout }) => saveSeatLayout.id)).size).toBe(1)
  })

  it('is changed by whoever owns the room, and read by whoever may plan events there once it is published', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const input = { roomId, name: 'Concert', layout: drawing() }
    const published = await publishedLayout(story, roomId, drawing())
    const draft = (await story.mustAsk(story.organizer, SAVE, { input })).saveSeatLayout.id
    const guest = person({ role: 'ORGANIZER' })
    story.neighbours.rooms.set(roomId, { mayUse: true, mayChange: false })
    expect((await story.ask(guest, SAVE, { input })).code).toBe('FORBIDDEN')
    expect((await story.ask(guest, PUBLISH, { id: draft })).code).toBe('FORBIDDEN')
    expect((await story.mustAsk(guest, LAYOUT, { id: draft })).seatLayout).toBeNull()
    expect((await story.mustAsk(guest, LAYOUT, { id: published })).seatLayout).toMatchObject({ version: 1 })
    expect((await story.mustAsk(guest, LAYOUTS, { roomId })).seatLayouts).toMatchObject({ totalCount: 1 })
    story.neighbours.rooms.set(roomId, { mayUse: false, mayChange: false })
    expect((await story.mustAsk(guest, LAYOUT, { id: published })).seatLayout).toBeNull()
    expect((await story.ask(guest, LAYOUTS, { roomId })).code).toBe('FORBIDDEN')
    const nowhere = { ...input, roomId: newId() }
    expect((await story.ask(story.organizer, SAVE, { input: nowhere })).code).toBe('NOT_FOUND')
    expect((await story.ask(person(), SAVE, { input })).code).toBe('FORBIDDEN')
    story.neighbours.away = true
    expect((await story.ask(story.organizer, SAVE, { input })).code).toBe('SERVICE_UNAVAILABLE')
  })

  it('is checked field by field, all at once', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const problems = async (layout: unknown) => {
      const { facts } = await story.ask(story.organizer, SAVE, { input: { roomId, name: 'Concert', layout } })
      return facts.fields?.map((field: { path: string }) => field.path.replace('input.layout', '$'))
    }
    expect(await problems({})).toEqual(['$.format'])
    expect(await problems(drawing({ sections: [] }))).toEqual(['$.sections'])
    expect(
      await problems(drawing({ sections: [{ name: '', rows: [{ seats: 0, colour: 1 }] }], stage: 1 })),
    ).toEqual(['$.stage', '$.sections.0.name', '$.sections.0.rows.0.seats', '$.sections.0.rows.0'])
    const row = { seats: 4 }
    expect(
      await problems(
        drawing({
          floors: [{ id: '1', name: 'Ground' }],
          sections: [
            { name: 'A', floor: '2', rows: [row, row] },
            { name: 'A', rows: [{ ...row, seatsByRow: [4] }] },
            { name: 'B', rows: [{ ...row, seatLabels: ['a', 'b', 'b'] }] },
            { name: 'C', rows: [{ seats: 100, radius: 10 }] },
            {
              name: 'D',
              tables: [{ label: 'T', x: 0, y: 0, seats: 4, sides: [1, 1, 1, 2], shape: 'rectangle' }],
            },
            { name: 'E' },
          ],
        }),
      ),
    ).toEqual([
      '$.sections.0.floor',
      '$.sections.1.name',
      '$.sections.0.rows.1.firstLabel',
      '$.sections.1.rows.0.seatsByRow',
      '$.sections.2.rows.0.seatLabels',
      '$.sections.2.rows.0.seatLabels',
      '$.sections.3.rows.0.radius',
      '$.sections.4.tables.0.sides',
      '$.sections.5.rows',
    ])
    const marked = { name: 'A', rows: [row], accessible: [{ row: 'A', seats: [1, 5] }] }
    expect(await problems(drawing({ sections: [marked, { name: 'B', rows: [row] }] }))).toEqual([
      '$.sections.0.accessible.0',
      '$.sections.1',
    ])
    expect((await story.ask(story.organizer, SAVE, { input: { roomId, name: 'x', layout: '{' } })).code).toBe(
      'BAD_USER_INPUT',
    )
    const saved = await story.mustAsk(story.organizer, SAVE, {
      input: { roomId, name: 'As text', layout: JSON.stringify(drawing()) },
    })
    expect(saved.saveSeatLayout.seatCount).toBe(20)
  })

  it('has a hundred thousand seats, and not one more', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const stadium = (last: number) =>
      drawing({
        sections: Array.from({ length: 100 }, (_, at) => ({
          name: `Block ${at}`,
          origin: { x: (at % 10) * 1_000, y: Math.floor(at / 10) * 1_000 },
          rows: [
            { rows: 25, seats: 39 },
            { rows: 1, firstLabel: '1', y: 900, seats: at === 99 ? last : 25 },
          ],
        })),
      })
    const ask = (last: number) =>
      story.ask(story.organizer, SAVE, { input: { roomId, name: 'Stadium', layout: stadium(last) } })
    expect((await ask(25)).data.saveSeatLayout.seatCount).toBe(100_000)
    expect((await ask(26)).facts.fields).toMatchObject([{ path: 'input.layout.sections' }])
  })

  it('is taken from a seating plan of pretix, and given as our own', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const seats = (category: string, ...numbers: [sign: string, x: number][]) =>
      numbers.map(([seat_number, x]) => ({
        seat_guid: newId(),
        seat_number,
        position: { x, y: 0 },
        category,
        radius: 10,
      }))
    const plan = {
      name: 'Freilichtbühne',
      categories: [{ name: 'VIP', color: '#f00' }, { name: 'Normal' }],
      size: { width: 800, height: 600 },
      zones: [
        {
          uuid: newId(),
          name: 'Parkett',
          position: { x: 100, y: 200 },
          rows: [
            {
              row_number: '1',
              row_number_position: 'both',
              position: { x: 10, y: 0 },
              seats: [...seats('VIP', ['1', 0], ['2', 25], ['3', 100]), ...seats('Normal', ['4', 125.4])],
            },
            { row_number: '', position: { x: 10, y: 30 }, seats: seats('Normal', ['1a', 0], ['1b', 25]) },
          ],
          areas: [
            {
              shape: 'rectangle',
              color: '#ccc',
              border_color: '#000',
              rotation: 0,
              position: { x: 0, y: -100 },
              text: { position: { x: 50, y: 20 }, color: '#333', text: 'Bühne' },
              rectangle: { width: 300, height: 60 },
            },
            { shape: 'text', position: { x: 5, y: 90 }, text: { text: 'Ausgang', size: 16 } },
          ],
        },
      ],
    }
    const input = { roomId, name: plan.name, layout: plan, format: 'PRETIX' }
    const { layout, seatCount } = (await story.mustAsk(story.organizer, SAVE, { input })).saveSeatLayout
    expect(seatCount).toBe(6)
    expect(layout).toMatchObject({
      format: 'karcis-seat-layout/1',
      seatSize: 25,
      stage: {
        label: 'Bühne',
        outline: [
          { x: 100, y: 100 },
          { x: 400, y: 100 },
          { x: 400, y: 160 },
          { x: 100, y: 160 },
        ],
      },
      labels: [{ text: 'Ausgang', x: 105, y: 290 }],
      sections: [
        {
          name: 'Parkett VIP',
          priceTier: 'VIP',
          placedRows: [
            {
              label: '1',
              seats: [
                { x: 110, y: 200, number: 1, gap: false },
                { x: 135, y: 200, number: 2, gap: false },
                { x: 210, y: 200, number: 3, gap: true },
              ],
            },
          ],
        },
        {
          name: 'Parkett Normal',
          placedRows: [
            { label: '1', seats: [{ x: 235, y: 200, number: 4 }] },
            { label: '2', seats: [{ label: '1a', number: null }, { label: '1b' }] },
          ],
        },
      ],
    })
    // What we give is what we take.
    const copy = { roomId, name: 'Copy', layout }
    expect((await story.mustAsk(story.organizer, SAVE, { input: copy })).saveSeatLayout.layout).toEqual(
      layout,
    )
    const { facts } = await story.ask(story.organizer, SAVE, {
      input: { ...input, layout: { ...plan, zones: [{}] } },
    })
    expect(facts.fields.map((field: { path: string }) => field.path)).toEqual([
      'input.layout.zones.0.position',
      'input.layout.zones.0.rows',
    ])
  })
})
