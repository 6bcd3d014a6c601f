import type { discover as indonesian } from '../id/discover.ts'
import type { Same } from '../same.ts'

export const discover: Same<typeof indonesian> = {
  retry: 'Try again',
  signIn: 'Sign in',
  cancelled: 'Cancelled',
  home: {
    title: 'Tickets for events near you',
    line: 'Pick a show, pick a seat, and go.',
    below: 'The price you see includes every fee. You need no account to buy.',
    categories: 'Categories',
    popular: 'Popular now',
    weekend: 'This weekend',
    soon: 'Coming up',
    upcoming: 'Your next events',
    followed: 'New from organizers you follow',
    all: 'See all',
    allOf: (part) => `See all: ${part}`,
    nothing: 'No events yet',
    nothingText: 'As soon as an event is approved, it appears here.',
    nothingAction: 'Make one with the API',
  },
  near: {
    button: 'Near me',
    refused: 'Your location may not be used. Allow it in the browser, or choose a city.',
    unknown: 'Your location was not found. Choose a city instead.',
  },
  search: {
    label: 'Search for events, artists, places or cities',
    placeholder: 'Event, artist or place',
    submit: 'Search',
    past: 'Searched before',
    forget: 'Clear history',
    forgotten: 'Your search history is cleared.',
  },
  wish: {
    save: 'Save',
    saved: 'Saved',
    of: (title) => `Save ${title}`,
    added: 'Saved. We will tell you when tickets are almost gone.',
    removed: 'No longer saved.',
  },
}
