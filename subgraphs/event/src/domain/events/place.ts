import type { Location } from '../venues/location-store.ts'
import type { Venue } from '../venues/venue-store.ts'
import type { EventSchedule } from './event-schedule.ts'

/** How the places of a schedule are read, by id. */
interface PlaceReads {
  venue: { load(id: string): Promise<Venue | null> }
  location: { load(id: string): Promise<Location | null> }
}

/** Where a schedule is: its own location, else its venue's. */
export async function locationOf(read: PlaceReads, schedule: EventSchedule): Promise<Location | null> {
  if (schedule.locationId !== null) return read.location.load(schedule.locationId)
  const venue = schedule.venueId === null ? null : await read.venue.load(schedule.venueId)
  return venue?.locationId ? read.location.load(venue.locationId) : null
}

/** What a map should point at: the venue, else the location. */
export const placeOf = (read: PlaceReads, schedule: EventSchedule): Promise<Place | null> =>
  schedule.venueId === null ? locationOf(read, schedule) : read.venue.load(schedule.venueId)

/** What a link needs to know of a place. */
export interface Place {
  name: string
  city: string
  address?: string
  country?: string
  latitude: number | null
  longitude: number | null
}

/** One line by which a person, or a map, finds a place. */
export const placeLine = ({ name, address, city, country }: Place): string =>
  [name, address, city, country].filter((part) => part !== undefined && part !== '').join(', ')

/** Google Maps' search for a place: by coordinates when they are known, otherwise by name and address. */
export function mapUrl(place: Place): string {
  const { latitude, longitude } = place
  const query = latitude !== null && longitude !== null ? `${latitude},${longitude}` : placeLine(place)
  return `https://www.google.com/maps/search/?${new URLSearchParams({ api: '1', query })}`
}

/** Google Calendar's form for a new entry, filled in; times in UTC, to be shown in the event's zone. */
export function googleCalendarUrl(
  event: { title: string; description: string; startsAt: Date; endsAt: Date; timezone: string },
  place: Place | null,
): string {
  const query = new URLSearchParams({
    action: 'TEMPLATE',
    text: event.title,
    dates: `${compact(event.startsAt)}/${compact(event.endsAt)}`,
    ctz: event.timezone,
    ...(event.description && { details: event.description.slice(0, 1_000) }), // browsers and Google bound an address's length
    ...(place && { location: placeLine(place) }),
  })
  return `https://calendar.google.com/calendar/render?${query}`
}

/** 20261231T120000Z */
const compact = (instant: Date): string => instant.toISOString().replace(/[-:]|\.\d{3}/g, '')
