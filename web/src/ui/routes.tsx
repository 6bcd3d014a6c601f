import type { Route } from '../route.ts'

export const routes: readonly Route[] = [
  {
    path: '/ui',
    load: async () => (await import('./ui-page.tsx')).UiPage,
    texts: ['ui', 'forms', 'samples'],
  },
]
