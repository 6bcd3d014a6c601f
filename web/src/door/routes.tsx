import type { Route } from '../route.ts'

export const routes: readonly Route[] = [
  {
    path: '/door',
    load: async () => (await import('./door-page.tsx')).DoorPage,
    texts: ['door', 'ui', 'errors'],
    shell: 'bare',
  },
]
