import { subscribe } from '../api/subscribe.ts'
import { DoorChanges } from '../generated/door/door.ts'
import type { DoorWatch } from './keep-fresh.ts'

/** Listens to what happens at all doors of an event. @param token of a door device; null: as whoever is signed in. */
export const watchAtDoor =
  (token: string | null): DoorWatch =>
  (variables, sink) =>
    subscribe(DoorChanges, variables, sink, token === null ? {} : { token })
