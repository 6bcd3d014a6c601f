import type { Route } from '../route.ts'

export const routes: readonly Route[] = [{ path: '/ui', load: () => import('./ui-page.tsx'), texts: ['ui', 'samples'] }]
