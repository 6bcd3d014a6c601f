import type { Route } from '../route.ts'

const texts = ['ui', 'discover'] as const
const searchTexts = [...texts, 'search'] as const
const eventTexts = [...texts, 'event'] as const

export const routes: readonly Route[] = [
  { path: '/', load: () => import('./home.tsx'), texts },
  { path: '/search', load: () => import('./search-page.tsx'), texts: searchTexts },
  { path: '/events/:slug', load: () => import('./event-page.tsx'), texts: eventTexts },
  { path: '/organizers/:slug', load: () => import('./organizer-page.tsx'), texts: eventTexts },
  { path: '/wishlist', load: () => import('./wishlist-page.tsx'), texts: searchTexts },
]
