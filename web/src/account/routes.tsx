import type { Route } from '../route.ts'

const outside = ['account', 'ui', 'errors'] as const
const inside = ['account', 'settings', 'ui', 'errors'] as const

export const routes: readonly Route[] = [
  { path: '/sign-in', load: () => import('./sign-in-page.tsx'), texts: outside },
  { path: '/sign-up', load: () => import('./sign-up-page.tsx'), texts: outside },
  { path: '/sign-in/google', load: () => import('./google-page.tsx'), texts: outside },
  { path: '/forgot-password', load: () => import('./forgot-page.tsx'), texts: outside },
  // Where the links of mails lead; what they carry stands behind the #, so no server sees it.
  { path: '/sign-in/link', load: () => import('./magic-link-page.tsx'), texts: outside },
  { path: '/reset-password', load: () => import('./reset-page.tsx'), texts: outside },
  { path: '/verify-email', load: () => import('./verify-page.tsx'), texts: outside },
  { path: '/confirm-email-change', load: () => import('./confirm-change-page.tsx'), texts: outside },
  { path: '/undo-email-change', load: () => import('./undo-change-page.tsx'), texts: outside },
  { path: '/claim', load: () => import('./claim-page.tsx'), texts: outside },
  { path: '/staff/invitation', load: () => import('./staff-invitation-page.tsx'), texts: outside },
  { path: '/account', load: () => import('./profile-page.tsx'), texts: inside },
  { path: '/account/security', load: () => import('./security-page.tsx'), texts: inside },
  { path: '/account/sessions', load: () => import('./sessions-page.tsx'), texts: inside },
  { path: '/account/notifications', load: () => import('./notifications-page.tsx'), texts: inside },
  { path: '/account/preferences', load: () => import('./preferences-page.tsx'), texts: inside },
  { path: '/account/wallet', load: () => import('./wallet-page.tsx'), texts: inside },
  { path: '/account/data', load: () => import('./data-page.tsx'), texts: inside },
]
