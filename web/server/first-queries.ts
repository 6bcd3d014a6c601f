import { EventPage } from '../src/generated/discover/event.ts'
import { Home } from '../src/generated/discover/home.ts'
import { OrganizerPage } from '../src/generated/discover/organizer.ts'
import { SearchEvents, SearchFacets } from '../src/generated/discover/search.ts'
import { firstPageOf } from '../src/discover/search-asked.ts'
import { ANYTHING } from '../src/discover/search-url.ts'

/** An operation with which the app begins a page. */
export interface FirstQuery {
  name: string
  document: string
  variables: object
}

/** What the app asks first on each page that anybody may see. Its pages make the same variables of the same address (src/discover). */
export const FIRST_QUERIES = {
  home: (): FirstQuery[] => [{ name: 'Home', document: Home, variables: {} }],
  search: (): FirstQuery[] => {
    const variables = firstPageOf(ANYTHING)
    return [
      { name: 'SearchEvents', document: SearchEvents, variables },
      { name: 'SearchFacets', document: SearchFacets, variables: { filter: variables.filter } },
    ]
  },
  event: (slug: string): FirstQuery[] => [{ name: 'EventPage', document: EventPage, variables: { slug } }],
  organizer: (slug: string): FirstQuery[] => [
    { name: 'OrganizerPage', document: OrganizerPage, variables: { slug } },
  ],
}
