import type { Route } from '../route.ts'

const pages = () => import('./pages.ts')

export const routes: readonly Route[] = [
  { path: '/tickets', load: async () => (await pages()).TicketsPage, texts: ['tickets', 'ui', 'forms'] },
  { path: '/tickets/:id', load: async () => (await pages()).TicketPage, texts: ['tickets', 'ui', 'forms'] },
  { path: '/bookings', load: async () => (await pages()).BookingsPage, texts: ['bookings', 'ui', 'forms'] },
  {
    path: '/bookings/:id',
    load: async () => (await pages()).BookingPage,
    texts: ['bookings', 'ui', 'forms'],
  },
]
