import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { useEffect, useErrorBoundary } from 'preact/hooks'
import { startBackground } from './background.ts'
import { routes } from './routes.tsx'
import { Shell } from './shell.tsx'

/** What the server answers itself: links there leave the app. */
const PAGES = /^(https?:\/\/[^/]+)?(?!\/(graphql|ide|outbox|files|images|uploads|mail|calendars)(\/|$|\?))\//

const errors = () => import('./page-error.tsx')
const NotFound = lazy(() => errors().then(({ NotFound }) => NotFound))
const PageError = lazy(() => errors().then(({ PageError }) => PageError))

const FADE_MS = 160

export function App() {
  return (
    <LocationProvider scope={PAGES}>
      <ErrorBoundary>
        <Shell>
          <Pages />
        </Shell>
      </ErrorBoundary>
    </LocationProvider>
  )
}

function Pages() {
  const { url, route } = useLocation()
  const [error, retry] = useErrorBoundary()
  useEffect(() => {
    // After the first page, as nothing of it is needed for that.
    const begin = () => void startBackground(route).catch(() => undefined)
    if (document.readyState === 'complete') begin()
    else addEventListener('load', begin, { once: true })
  }, [])
  useEffect(() => {
    if (error !== undefined) retry() // another page may do better
  }, [url])
  if (error !== undefined) return <PageError error={error} retry={retry} />
  return (
    <ErrorBoundary>
      <Router onRouteChange={arrive}>
        {routes.map(({ path, component }) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  )
}

/** Another page stands: readers and keys go on at its heading, as they would after a page was loaded. */
function arrive(): void {
  const main = document.getElementById('main')
  const heading = main?.querySelector('h1')
  if (heading) heading.tabIndex = -1
  const target = heading ?? main
  target?.focus({ preventScroll: true })
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
    main?.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FADE_MS, easing: 'ease-out' })
}
