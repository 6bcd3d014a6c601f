/** What this device is at the door of an event. */
export interface Scanner {
  eventId: string
  title: string
  /** By which scans of it are known: the id of a door device, or, of a person, a name of its own. */
  deviceId: string
  /** Where it stands; null for any. */
  gate: string | null
  /** Of a door device; null: it asks as whoever is signed in. */
  token: string | null
}

/** A link that makes a device a scanner. All of it stands behind the `#`, which no browser sends to any server. */
export function linkOf({ eventId, title, deviceId, gate, token }: Scanner, origin: string): string {
  const facts = new URLSearchParams({ event: eventId, device: deviceId, title, token: token ?? '' })
  if (gate !== null) facts.set('gate', gate)
  return `${origin}/door#${facts}`
}

/** @param link as `linkOf` makes it, or the part of it from the `#` on. @returns null for any other text. */
export function scannerOfLink(link: string): Scanner | null {
  const facts = new URLSearchParams(link.slice(link.indexOf('#') + 1))
  const [eventId, deviceId, token] = [facts.get('event'), facts.get('device'), facts.get('token')]
  if (!link.includes('#') || !eventId || !deviceId || !token) return null
  return { eventId, deviceId, token, title: facts.get('title') ?? '', gate: facts.get('gate') }
}
