import { ErrorBoundary, LocationProvider, Route, Router } from 'preact-iso'
import { useErrorBoundary } from 'preact/hooks'
import { NotFound, PageError } from './page-error.tsx'
import { routes } from './routes.tsx'
import { Shell } from './shell.tsx'

/** What the server answers itself: links there leave the app. */
const PAGES = /^(?!\/(graphql|ide|outbox|files|images|uploads|mail|calendar|downloads)(\/|$|\?))/

export function App() {
  return (
    <LocationProvider scope={PAGES}>
      <Shell>
        <Pages />
      </Shell>
    </LocationProvider>
  )
}

function Pages() {
  const [error, retry] = useErrorBoundary()
  if (error !== undefined) return <PageError error={error} retry={retry} />
  return (
    <ErrorBoundary>
      <Router>
        {routes.map(({ path, component }) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  )
}
