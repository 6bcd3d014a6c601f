import { decimalsOf } from '@karcis/kit/contracts/currencies'
import type { EventFacts, OrganizerFacts, TicketTypeFacts } from './facts.ts'

const SCHEMA = 'https://schema.org'

/** Of a sale; a type that is over, or not open, is not offered. */
const AVAILABILITY: Readonly<Record<string, string>> = {
  ON_SALE: `${SCHEMA}/InStock`,
  SOLD_OUT: `${SCHEMA}/SoldOut`,
  UPCOMING: `${SCHEMA}/PreOrder`,
  PAUSED: `${SCHEMA}/OutOfStock`,
}

/** An amount of ours as a decimal number: 1250 of USD is 12.50. */
const decimal = (amount: number, currency: string): string => {
  const decimals = decimalsOf(currency)
  return (amount / 10 ** decimals).toFixed(decimals)
}

/** An event as search engines read it (schema.org). @param address of its page, with its origin. */
export function eventData(event: EventFacts, address: string): object {
  const { origin } = new URL(address)
  const { organizer, image, rating } = event
  const place = placeOf(event)
  const online = { '@type': 'VirtualLocation', url: address }
  const profile = organizer.organizerProfile
  return {
    '@context': SCHEMA,
    '@type': 'Event',
    '@id': address,
    url: address,
    name: event.title,
    description: event.description,
    startDate: event.startsAt,
    endDate: event.endsAt,
    eventStatus: `${SCHEMA}/${statusOf(event)}`,
    eventAttendanceMode: `${SCHEMA}/${attendanceOf(event.online, place !== null)}`,
    location: place && event.online ? [place, online] : (place ?? online),
    ...(image && { image: [pictureAddress(origin, image.large)] }),
    organizer: {
      '@type': 'Organization',
      name: profile?.name ?? organizer.name,
      ...(profile && { url: `${origin}/organizers/${encodeURIComponent(profile.slug)}` }),
    },
    offers: (event.ticketTypes ?? []).flatMap((type) => offerOf(type, address)),
    ...(rating.mean !== null && {
      aggregateRating: { '@type': 'AggregateRating', ratingValue: rating.mean, ratingCount: rating.count },
    }),
  }
}

function statusOf({ status, rescheduledAt }: EventFacts): string {
  if (status === 'CANCELLED') return 'EventCancelled'
  return rescheduledAt === null ? 'EventScheduled' : 'EventRescheduled'
}

const attendanceOf = (online: boolean, hasPlace: boolean): string =>
  online
    ? hasPlace
      ? 'MixedEventAttendanceMode'
      : 'OnlineEventAttendanceMode'
    : 'OfflineEventAttendanceMode'

function placeOf({ venue, location }: EventFacts): object | null {
  const city = venue?.city ?? location?.city
  if (city === undefined) return null
  const { latitude, longitude } = venue?.latitude != null ? venue : (location ?? {})
  return {
    '@type': 'Place',
    name: venue?.name ?? location?.name,
    address: {
      '@type': 'PostalAddress',
      ...(venue && { streetAddress: venue.address }),
      addressLocality: city,
      ...(location && { addressCountry: location.country }),
    },
    ...(latitude != null && longitude != null && { geo: { '@type': 'GeoCoordinates', latitude, longitude } }),
  }
}

function offerOf(type: TicketTypeFacts, address: string): object[] {
  const availability = AVAILABILITY[type.saleStatus]
  if (type.hidden || availability === undefined) return []
  return [
    {
      '@type': 'Offer',
      name: type.name,
      price: decimal(type.price, type.currency),
      priceCurrency: type.currency,
      availability,
      url: address,
      ...(type.saleStartsAt && { validFrom: type.saleStartsAt }),
    },
  ]
}

/** An organizer, likewise. */
export const organizerData = ({ name, about, website, links, image }: OrganizerFacts, address: string) => ({
  '@context': SCHEMA,
  '@type': 'Organization',
  '@id': address,
  url: address,
  name,
  ...(about && { description: about }),
  ...(image && { logo: pictureAddress(new URL(address).origin, image.large) }),
  sameAs: [...(website ? [website] : []), ...links.map((link) => link.url)],
})

/** The site itself, with where it searches. */
export const siteData = (publicUrl: string) => ({
  '@context': SCHEMA,
  '@type': 'WebSite',
  name: 'Karcis',
  url: `${publicUrl}/`,
  potentialAction: {
    '@type': 'SearchAction',
    target: `${publicUrl}/search?q={search_term_string}`,
    'query-input': 'required name=search_term_string',
  },
})

/** Where others than browsers get a picture: as JPEG, which all of them take. */
export const pictureAddress = (origin: string, url: string): string => `${new URL(url, origin).href}.jpg`
