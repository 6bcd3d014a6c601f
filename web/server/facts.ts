/** What is asked of the platform about a page that anybody may see, for its head: no more than search engines and previews show. */

const PICTURE =
  'image { small: url(width: 384) medium: url(width: 768) large: url(width: 1280) width height }'

export const EVENT_FACTS = `query EventFacts($slug: String!) {
  event(slug: $slug) {
    id slug title description status startsAt endsAt timezone online currency salesPaused rescheduledAt ${PICTURE}
    venue { name address city latitude longitude }
    location { name city country latitude longitude }
    category { name }
    organizer { name organizerProfile { slug name } }
    rating { count mean }
    ticketTypes { name kind price currency saleStatus saleStartsAt hidden }
    priceRange { min max currency }
  }
}`

export const ORGANIZER_FACTS = `query OrganizerFacts($slug: String!) {
  organizer(slug: $slug) { slug name about website links { url } ${PICTURE} }
}`

/** A picture by its width in pixels: at least 384, 768, 1280, where it is so wide. */
export interface Picture {
  small: string
  medium: string
  large: string
  width: number
  height: number
}

export interface EventFacts {
  id: string
  slug: string
  title: string
  description: string
  status: string
  startsAt: string
  endsAt: string
  timezone: string
  online: boolean
  currency: string
  salesPaused: boolean
  rescheduledAt: string | null
  image: Picture | null
  venue: {
    name: string
    address: string
    city: string
    latitude: number | null
    longitude: number | null
  } | null
  location: {
    name: string
    city: string
    country: string
    latitude: number | null
    longitude: number | null
  } | null
  category: { name: string } | null
  organizer: { name: string; organizerProfile: { slug: string; name: string } | null }
  rating: { count: number; mean: number | null }
  ticketTypes: TicketTypeFacts[] | null
  priceRange: { min: number; max: number; currency: string } | null
}

export interface TicketTypeFacts {
  name: string
  kind: string
  price: number
  currency: string
  saleStatus: string
  saleStartsAt: string | null
  hidden: boolean
}

export interface OrganizerFacts {
  slug: string
  name: string
  about: string | null
  website: string | null
  links: { url: string }[]
  image: Picture | null
}
