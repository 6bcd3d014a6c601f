import { EventPage } from '../src/generated/discover/event.ts'
import { Home } from '../src/generated/discover/home.ts'
import { OrganizerPage } from '../src/generated/discover/organizer.ts'

/** An operation with which the app begins a page. */
export interface FirstQuery {
  name: string
  document: string
  variables: object
}

/** What the app asks first on each page that anybody may see. Its pages make the same variables of the same address (src/discover). */
export const FIRST_QUERIES = {
  home: (): FirstQuery => ({ name: 'Home', document: Home, variables: {} }),
  event: (slug: string): FirstQuery => ({ name: 'EventPage', document: EventPage, variables: { slug } }),
  organizer: (slug: string): FirstQuery => ({
    name: 'OrganizerPage',
    document: OrganizerPage,
    variables: { slug },
  }),
}
