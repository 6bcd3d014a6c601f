import { transaction } from '@karcis/kit/database'
import { createDoorTokens } from '@karcis/kit/door-tokens'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import {
  countDoorDevices,
  type DoorDevice,
  findDoorDevice,
  insertDoorDevice,
  listDoorDevices,
  updateRevoked,
} from '../check-ins/door-device-store.ts'
import type { Deps } from '../deps.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'

/** Lists of them come whole. */
const MOST_DEVICES = 200

/** How long after its event a scanner may still send what it has scanned while it was offline. */
const GOOD_AFTER_EVENT_MS = 7 * 86_400_000

const deviceSchema = z.object({
  eventId: idSchema,
  name: nameSchema(60),
  gate: nameSchema(60).nullish(),
})

/** A scanner with its token, which only whoever made it is given. */
export interface NewlyMadeDevice extends DoorDevice {
  token?: string
}

/**
 * Makes a scanner for an event of the viewer's. Its token lets it check tickets of that event in, until a week after the event's end as
 * that stands now, and do nothing else.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (the event has 200), ServiceUnavailable.
 */
export async function createDoorDevice(deps: Deps, viewer: Viewer, input: unknown): Promise<NewlyMadeDevice> {
  const { eventId, name, gate } = parseInput(deviceSchema, input)
  const { endsAt } = await requireDuty(deps, viewer, eventId, 'EDIT')
  const expiresAt = new Date(endsAt.getTime() + GOOD_AFTER_EVENT_MS)
  const id = newId()
  const device = await transaction(deps.db, async (tx) => {
    await lockEventCopy(tx, eventId)
    if ((await countDoorDevices(tx, eventId)) >= MOST_DEVICES)
      throw new Conflict(`An event has at most ${MOST_DEVICES} scanners.`, { limit: MOST_DEVICES })
    return insertDoorDevice(tx, { id, eventId, name, gate: gate ?? null, expiresAt, createdBy: viewer.id })
  })
  return { ...device, token: createDoorTokens(deps.settings.SERVICE_SECRET).sign(id, expiresAt) }
}

/** The scanners of an event of the viewer's, newest first. @throws Forbidden, NotFound, BadUserInput. */
export async function readDoorDevices(deps: Deps, viewer: Viewer, id: string): Promise<DoorDevice[]> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireDuty(deps, viewer, eventId, 'EDIT')
  return listDoorDevices(deps.db, eventId)
}

/** Ends a scanner of an event of the viewer's at once; repeating it changes nothing. @throws Forbidden, NotFound, BadUserInput. */
export async function revokeDoorDevice(deps: Deps, viewer: Viewer, id: string): Promise<DoorDevice | null> {
  const deviceId = parseInput(idSchema, id, 'id')
  const device = await findDoorDevice(deps.db, deviceId)
  if (!device) throw new NotFound('scanner', deviceId)
  await requireDuty(deps, viewer, device.eventId, 'EDIT')
  await transaction(deps.db, (tx) => updateRevoked(tx, deviceId))
  return findDoorDevice(deps.db, deviceId)
}
