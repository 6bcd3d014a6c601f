import { newId } from '@karcis/kit/ids'
import type { Story } from './stories.ts'

export const SAVE = `mutation ($input: SaveSeatLayoutInput!) { saveSeatLayout(input: $input) {
  id roomId name version status seatCount standingCapacity publishedAt layout } }`
export const PUBLISH = 'mutation ($id: ID!) { publishSeatLayout(id: $id) { id version status publishedAt } }'

/** A drawing of one section with straight rows, unless told otherwise. */
export const drawing = (parts: Record<string, unknown> = {}) => ({
  format: 'karcis-seat-layout/1',
  sections: [{ name: 'Stalls', rows: [{ rows: 2, seats: 10 }] }],
  ...parts,
})

/** A room that the story's organizer owns. @returns its id. */
export function ownRoom(story: Story): string {
  const roomId = newId()
  story.neighbours.rooms.set(roomId, { mayUse: true, mayChange: true })
  return roomId
}

/** Publishes a drawing of a room. @returns its id. */
export async function publishedLayout(
  story: Story,
  roomId: string,
  layout: object,
  name = 'Concert',
): Promise<string> {
  const { saveSeatLayout } = await story.mustAsk(story.organizer, SAVE, { input: { roomId, name, layout } })
  await story.mustAsk(story.organizer, PUBLISH, { id: saveSeatLayout.id })
  return saveSeatLayout.id
}
