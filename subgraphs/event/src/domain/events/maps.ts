import { placeLine, type Place } from './place.ts'

/** What a template of a map may ask for, in braces. */
const MARKS = ['latitude', 'longitude', 'zoom', 'query', 'west', 'south', 'east', 'north'] as const

/** Those that only a place has whose coordinates are known. */
const OF_COORDINATES = new Set<string>(MARKS.filter((mark) => mark !== 'query' && mark !== 'zoom'))

/** A place, and the streets around it. */
const ZOOM = 16
/** How much of the globe is seen at that zoom, in degrees, to either side: some 400 m. */
const EAST_WEST = 0.004
const NORTH_SOUTH = 0.002

/** Somewhere in OpenStreetMap, with a mark on it: <https://wiki.openstreetmap.org/wiki/Export>. */
export const OPENSTREETMAP =
  'https://www.openstreetmap.org/export/embed.html?bbox={west},{south},{east},{north}&layer=mapnik&marker={latitude},{longitude}'

/** What is wrong with a template; null when nothing is. */
export function templateProblem(template: string): string | null {
  const filled = template.replace(/\{(\w+)\}/g, (mark, name: string) =>
    (MARKS as readonly string[]).includes(name) ? '1' : mark,
  )
  if (!URL.canParse(filled) || !/^https?:/.test(filled)) return 'must be an http:// or https:// URL'
  return /[{}]/.test(filled) ? `may have only these in braces: ${MARKS.join(', ')}` : null
}

/**
 * A map of a place by a template. It is found by its coordinates as far as they are known, else, as `query`, by its name and address.
 * @param around where its coordinates stand if it has none of its own. @returns null without a template, and where a place has not what that asks for.
 */
export function mapOf(
  template: string | null,
  place: Place | null,
  around: Pick<Place, 'latitude' | 'longitude'> | null = null,
): string | null {
  if (template === null || !place) return null
  const at = [place, around].find((each) => each && each.latitude !== null && each.longitude !== null)
  const asked = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  if (!at && asked.some((name) => OF_COORDINATES.has(name))) return null
  const [latitude, longitude] = [at?.latitude ?? 0, at?.longitude ?? 0]
  const values: Record<string, string> = {
    latitude: degrees(latitude),
    longitude: degrees(longitude),
    zoom: String(ZOOM),
    query: at ? `${degrees(latitude)},${degrees(longitude)}` : placeLine(place),
    west: degrees(longitude - EAST_WEST),
    east: degrees(longitude + EAST_WEST),
    south: degrees(latitude - NORTH_SOUTH),
    north: degrees(latitude + NORTH_SOUTH),
  }
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
}

/** To some 10 cm, and never as 1e-7. */
const degrees = (value: number): string => String(Number(value.toFixed(6)) || 0)
