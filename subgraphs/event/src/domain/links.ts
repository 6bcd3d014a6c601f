/** What a link needs to know of a place. */
interface Place {
  name: string
  city: string
  address?: string
  country?: string
  latitude: number | null
  longitude: number | null
}

/** One line that a person, or a map, finds a place by. */
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
