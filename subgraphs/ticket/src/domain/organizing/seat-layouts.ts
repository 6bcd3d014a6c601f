import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden, KarcisError, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { ServiceClient } from '@karcis/kit/service-client'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { type LayoutDocument, layoutDocument } from '../seat-map/layout-document.ts'
import { countSeats, layoutProblems } from '../seat-map/layout-problems.ts'
import { layoutOfPretix, pretixPlan } from '../seat-map/pretix-plan.ts'
import * as store from '../seat-map/layout-store.ts'

/** Each is a drawing of up to a megabyte. */
const MAX_VERSIONS = 500

const ROOM_RIGHTS = 'query RoomRights($roomId: ID!) { roomRights(roomId: $roomId) { mayUse mayChange } }'
const roomRights = z.object({ mayUse: z.boolean(), mayChange: z.boolean() })

/** What somebody may do with a room: plan events in it, or change it. */
export type RoomRights = z.infer<typeof roomRights>

/** As the room's owner tells it; null when there is no such room. @throws ServiceUnavailable when the event subgraph does not answer. */
export async function findRoomRights(
  { clients }: { clients: Record<string, ServiceClient> },
  viewer: Viewer,
  roomId: string,
): Promise<RoomRights | null> {
  if (!clients.event) throw new ServiceUnavailable()
  const answer = await clients.event.query<{ roomRights: unknown }>(ROOM_RIGHTS, { roomId }, viewer)
  return answer.roomRights === null ? null : roomRights.parse(answer.roomRights)
}

/** @throws Forbidden, NotFound, ServiceUnavailable. */
async function requireRoom(
  deps: Deps,
  viewer: Viewer,
  roomId: string,
  right: keyof RoomRights,
): Promise<RoomRights> {
  const rights = await findRoomRights(deps, viewer, roomId)
  if (!rights) throw new NotFound('room', roomId)
  if (!rights[right])
    throw new Forbidden(
      right === 'mayUse' ? 'This room is not open to you.' : 'This room is not yours to change.',
    )
  return rights
}

const saveSchema = z.object({
  roomId: idSchema,
  name: nameSchema(60),
  layout: z.unknown(),
  format: z.enum(['KARCIS', 'PRETIX']).nullish(),
})

/**
 * Writes the draft of a drawing of a room of the viewer's, or begins the next version of its name.
 * @throws Forbidden, NotFound, BadUserInput with every problem of the drawing, ServiceUnavailable; LIMIT_EXCEEDED for too many versions.
 */
export async function saveSeatLayout(deps: Deps, viewer: Viewer, input: unknown): Promise<store.SeatLayout> {
  requireRole({ viewer }, 'ORGANIZER')
  const { roomId, name, layout: given, format } = parseInput(saveSchema, input)
  await requireRoom(deps, viewer, roomId, 'mayChange')
  const layout = parseLayout(
    format === 'PRETIX' ? layoutOfPretix(parseInput(pretixPlan, given, 'input.layout')) : given,
  )
  const standingCapacity = layout.standing.reduce((sum, area) => sum + area.capacity, 0)
  const drawn = { roomId, name, layout, seatCount: countSeats(layout), standingCapacity }
  return transaction(deps.db, async (tx) => {
    await store.lockLayoutsOfRoom(tx, roomId)
    const draft = await store.updateDraft(tx, drawn)
    if (draft) return draft
    if ((await store.countSeatLayouts(tx, roomId, true)) >= MAX_VERSIONS)
      throw new KarcisError(
        'LIMIT_EXCEEDED',
        `A room has at most ${MAX_VERSIONS} drawings, all versions together.`,
        {
          limit: MAX_VERSIONS,
        },
      )
    return store.insertDraft(tx, drawn)
  })
}

/** A drawing that can be drawn. @throws BadUserInput with everything that is wrong with it. */
function parseLayout(given: unknown): LayoutDocument {
  const layout = parseInput(layoutDocument, given, 'input.layout')
  const problems = layoutProblems(layout, 'input.layout')
  if (problems.length > 0) throw new BadUserInput(problems)
  return layout
}

/** Makes a draft of the viewer's what maps can be made of; it never changes again. @throws Forbidden, NotFound, BadUserInput, ServiceUnavailable. */
export async function publishSeatLayout(deps: Deps, viewer: Viewer, id: string): Promise<store.SeatLayout> {
  requireRole({ viewer }, 'ORGANIZER')
  const layoutId = parseInput(idSchema, id, 'id')
  const layout = await store.findSeatLayout(deps.db, layoutId)
  if (!layout) throw new NotFound('seat layout', layoutId)
  await requireRoom(deps, viewer, layout.roomId, 'mayChange')
  return transaction(deps.db, async (tx) => {
    await store.moveLayoutToPublished(tx, layoutId)
    const published = await store.findSeatLayout(tx, layoutId)
    if (!published) throw new NotFound('seat layout', layoutId)
    return published
  })
}

/** One version; null when there is none that the viewer may see. @throws BadUserInput, ServiceUnavailable. */
export async function readSeatLayout(
  deps: Deps,
  viewer: Viewer,
  id: string,
): Promise<store.SeatLayout | null> {
  const layout = await store.findSeatLayout(deps.db, parseInput(idSchema, id, 'id'))
  const rights = layout && (await findRoomRights(deps, viewer, layout.roomId))
  if (!layout || !rights) return null
  return rights.mayChange || (rights.mayUse && layout.status === 'PUBLISHED') ? layout : null
}

/** The document of a drawing that the viewer has been given. */
export async function readLayoutDocument(
  { db }: Deps,
  { id, layout }: store.SeatLayout,
): Promise<LayoutDocument> {
  const document = layout ?? (await store.findSeatLayout(db, id))?.layout
  if (!document) throw new NotFound('seat layout', id)
  return document
}

/** The drawings of a room, newest first; drafts only for whoever may change it. @throws Forbidden, NotFound, BadUserInput, ServiceUnavailable. */
export async function listSeatLayouts(
  deps: Deps,
  viewer: Viewer,
  { roomId: id, ...args }: PageArgs & { roomId: string },
): Promise<store.SeatLayoutPage> {
  const roomId = parseInput(idSchema, id, 'roomId')
  const { mayChange } = await requireRoom(deps, viewer, roomId, 'mayUse')
  return store.LAYOUTS_OF_ROOM.read(args, {
    rows: (page) => store.listSeatLayouts(deps.db, roomId, mayChange, page),
    count: () => store.countSeatLayouts(deps.db, roomId, mayChange),
  })
}
