import type { app as indonesian } from '../id/app.ts'
import type { Same } from '../same.ts'

export const app: Same<typeof indonesian> = {
  skip: 'Skip to content',
  home: 'Karcis, to the front page',
  search: 'Find events, artists or places',
  tickets: 'My tickets',
  wishlist: 'Saved',
  notifications: 'Notifications',
  account: 'Account',
  signIn: 'Sign in',
  signUp: 'Sign up',
  signOut: 'Sign out',
  wallet: 'Wallet',
  accountOf: (name) => `Account of ${name}`,
  menu: 'Menu',
  display: 'Language and appearance',
  themes: { system: 'Same as device', light: 'Light', dark: 'Dark' },
  door: 'Ticket scanner',
  forDevelopers: 'For developers',
  footer: 'Karcis is an open-source ticketing platform.',
  offline: 'You are offline. Tickets still open; the rest waits until you are connected again.',
  update: 'A new version of Karcis is ready.',
  updateNow: 'Reload',
  failed: {
    retry: 'Try again',
    home: 'To the front page',
    title: 'This page did not load',
    text: 'The connection broke, or Karcis was updated just now. Reload to go on.',
  },
}
