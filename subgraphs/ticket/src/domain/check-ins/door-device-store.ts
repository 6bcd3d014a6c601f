import type { Db, Tx } from '../database.ts'

/** A scanner of one event. */
export interface DoorDevice {
  id: string
  eventId: string
  name: string
  /** Where it stands; null for anywhere. */
  gate: string | null
  expiresAt: Date
  revokedAt: Date | null
  createdAt: Date
}

/** A scanner that is to be; it has its id, since its token bears that. */
export interface NewDoorDevice extends Pick<DoorDevice, 'id' | 'eventId' | 'name' | 'gate' | 'expiresAt'> {
  createdBy: string
}

const SHOWN = {
  id: true,
  eventId: true,
  name: true,
  gate: true,
  expiresAt: true,
  revokedAt: true,
  createdAt: true,
} as const

/** The scanners of an event, those that were revoked among them, newest first. */
export const listDoorDevices = (db: Db, eventId: string): Promise<DoorDevice[]> =>
  db.doorDevice.findMany({ where: { eventId }, orderBy: { id: 'desc' }, select: SHOWN })

/** A scanner by its id. */
export const findDoorDevice = (db: Db, id: string): Promise<DoorDevice | null> =>
  db.doorDevice.findUnique({ where: { id }, select: SHOWN })

/** How many scanners an event has, those that were revoked among them. */
export const countDoorDevices = (tx: Tx, eventId: string): Promise<number> =>
  tx.doorDevice.count({ where: { eventId } })

export const insertDoorDevice = (tx: Tx, device: NewDoorDevice): Promise<DoorDevice> =>
  tx.doorDevice.create({ data: device, select: SHOWN })

/** Revokes a scanner; one that is revoked stays so since then. */
export async function updateRevoked(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE door_devices SET revoked_at = now() WHERE id = ${id}::uuid AND revoked_at IS NULL`
}
