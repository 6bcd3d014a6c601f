import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { forgetting } from '../src/jobs.ts'
import { BLOCK, inHours, openHouse, type Story, startStory } from './stories.ts'

const VIEW = 'mutation($id: ID!) { recordEventView(id: $id) { views } }'

const forget = async ({ subgraph: { deps } }: Story) => {
  for (const job of forgetting) await job.run(deps, {})
}

describe('line 35: a year of looking at events and of blocking rooms', () => {
  it('leaves no more behind than its third quarter, and loses no view', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const events = [
      await house.createApproved({ roomId: null }),
      await house.createApproved({ roomId: null }),
    ]
    const rows = async () => {
      const [sizes] = await story.sql(`SELECT (SELECT count(*)::int FROM event_views) AS views,
        (SELECT count(*)::int FROM room_bookings) AS blocks`)
      return sizes
    }
    let most = { views: 0, blocks: 0 }
    for (let fortnight = 1; fortnight <= 35; fortnight += 1) {
      for (const { id } of events) await story.does(person(), VIEW, { id })
      const input = { roomId: house.room.id, startsAt: inHours(1), endsAt: inHours(2), reason: 'Cleaning' }
      await story.does(house.admin, BLOCK, { input })
      // In two strides: no day and no time comes onto another on the way.
      for (const days of [-7_000, 6_986]) {
        await story.sql("UPDATE event_views SET day = day + $1::int WHERE day > '-infinity'", days)
        await story.sql(
          'UPDATE room_bookings SET starts_at = starts_at + make_interval(days => $1::int), ends_at = ends_at + make_interval(days => $1::int)',
          days,
        )
      }
      await forget(story)
      if (fortnight === 30) most = await rows()
    }
    expect(await rows()).toEqual(most)
    // Six fortnights by day and one sum, of each event; blocks of 26.
    expect(most).toEqual({ views: 14, blocks: 26 })
    for (const { id } of events) {
      expect((await story.does(null, 'query($id: ID!) { event(id: $id) { views } }', { id })).views).toBe(35)
    }
  })

  it('adds views up in batches, also when two do so at once, and spares what waits and reservations', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createApproved()
    await story.sql(
      `INSERT INTO event_views SELECT $1::uuid, current_date - 100 - n, 2 FROM generate_series(1, 2500) n`,
      event.id,
    )
    await story.sql(
      `UPDATE room_bookings SET starts_at = starts_at - interval '3 years', ends_at = ends_at - interval '3 years'`,
    )
    await Promise.all([forget(story), forget(story), forget(story)])
    expect(await story.sql('SELECT day::text, views FROM event_views')).toEqual([
      { day: '-infinity', views: 5000 },
    ])
    expect(await story.sql('SELECT kind::text FROM room_bookings')).toEqual([{ kind: 'EVENT' }])
  })
})
