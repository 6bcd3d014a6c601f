import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { expect, it } from 'vitest'
import { CREATE_EVENT, inHours, openHouse, recordQueries, startStory } from './stories.ts'

it('resolves 50 references of each entity, with what hangs on them, in one query per kind of thing', async () => {
  await using story = await startStory()
  const house = await openHouse(story)
  const events = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      story.does(house.organizer, CREATE_EVENT, {
        input: house.draftOf({ startsAt: inHours(10 + index), endsAt: inHours(10.5 + index) }),
      }),
    ),
  )
  const references = `query($r: [_Any!]!) { _entities(representations: $r) {
    ... on Event { id title status views category { name } venue { name rooms { name } } room { name } location { city } series { title } mapUrl }
    ... on Venue { id name rooms { name } location { city } } ... on Category { id name } } }`
  const r = [
    ...events.map((event) => ({ __typename: 'Event', id: event.id })),
    ...Array.from({ length: 50 }, () => ({ __typename: 'Venue', id: house.venue.id })),
    ...Array.from({ length: 50 }, () => ({ __typename: 'Category', id: house.category.id })),
    { __typename: 'Event', id: newId() },
    { __typename: 'Event', id: 'no id' },
  ]
  const sent = recordQueries(story.subgraph.deps)
  const { data, errors } = await story.ask(house.organizer, references, { r })
  expect(errors).toEqual([])
  expect(data._entities).toHaveLength(152)
  expect(data._entities[49]).toMatchObject({
    id: events[49].id,
    venue: { rooms: [{ name: 'Main' }] },
    location: { city: 'Jakarta' },
  })
  expect(data._entities[51]).toMatchObject({ id: house.venue.id, rooms: [{ name: 'Main' }] })
  expect(data._entities.slice(150)).toEqual([null, null])
  // events, views, categories, venues, rooms by id, rooms by venue, locations
  expect(sent).toHaveLength(7)

  // An event that is not public does not exist for others, not even by reference.
  const hidden = await story.ask(person(), references, { r: r.slice(0, 1) })
  expect(hidden.data._entities).toEqual([null])
})

it('lists 50 events with what hangs on them in one query per kind of thing', async () => {
  await using story = await startStory()
  const house = await openHouse(story)
  for (let index = 0; index < 50; index++) {
    await house.createEvent({ startsAt: inHours(10 + index), endsAt: inHours(10.5 + index) })
  }
  const sent = recordQueries(story.subgraph.deps)
  const page = await story.does(
    house.organizer,
    `{ myEvents(first: 50) { totalCount edges { node { title category { name } venue { name } room { name venue { name } } views pendingChanges { startsAt } } } } }`,
  )
  expect(page.edges).toHaveLength(50)
  // the page, its count, categories, venues, rooms, views
  expect(sent).toHaveLength(6)
})
