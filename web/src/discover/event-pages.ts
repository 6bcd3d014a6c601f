export { EventPage } from './event-page.tsx'
export { OrganizerPage } from './organizer-page.tsx'
