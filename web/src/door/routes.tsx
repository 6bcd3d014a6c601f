import type { Route } from '../route.ts'

export const routes: readonly Route[] = [
  { path: '/door', load: () => import('./door-page.tsx'), texts: ['door', 'ui', 'errors'], shell: 'bare' },
]
