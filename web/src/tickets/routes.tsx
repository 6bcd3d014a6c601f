import type { Route } from '../route.ts'

export const routes: readonly Route[] = [
  { path: '/tickets', load: () => import('./tickets-page.tsx'), texts: ['tickets', 'ui'] },
  { path: '/tickets/:id', load: () => import('./ticket-page.tsx'), texts: ['tickets', 'ui'] },
  { path: '/bookings', load: () => import('./bookings-page.tsx'), texts: ['bookings', 'ui'] },
  { path: '/bookings/:id', load: () => import('./booking-page.tsx'), texts: ['bookings', 'ui'] },
]
