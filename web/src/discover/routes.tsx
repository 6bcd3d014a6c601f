import type { Route } from '../route.ts'
import { loadHome } from './home.tsx'

const eventPages = () => import('./event-pages.ts')
const searchPages = () => import('./search-pages.ts')

const texts = ['ui', 'discover'] as const
const searchTexts = [...texts, 'search'] as const
const eventTexts = [...texts, 'event'] as const

export const routes: readonly Route[] = [
  { path: '/', load: loadHome, texts },
  { path: '/search', load: async () => (await searchPages()).SearchPage, texts: searchTexts },
  { path: '/events/:slug', load: async () => (await eventPages()).EventPage, texts: eventTexts },
  { path: '/organizers/:slug', load: async () => (await eventPages()).OrganizerPage, texts: eventTexts },
  { path: '/wishlist', load: async () => (await searchPages()).WishlistPage, texts: searchTexts },
]
