import { useLocation } from 'preact-iso'
import { signOut } from '../api/sign-in.ts'

/** Where to go after a sign-in: the page of ours that asked for one (`?next=`), else the front page. */
export function useNext(): string {
  return safeNext(useLocation().query.next)
}

/** A path on this very site; `//host` and `/\host` would lead to another. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/'

/** A link to a page that goes on to the same place afterwards. */
export const withNext = (path: string, next: string): string =>
  next === '/' ? path : `${path}?next=${encodeURIComponent(next)}`

/** Ends this session for a new one, of another account or as a proof of just now; `next` is where they go on then. @throws ApiError. */
export function useSignInAgain(): (next: string) => Promise<void> {
  const { route } = useLocation()
  return async (next) => {
    await signOut()
    route(withNext('/sign-in', next))
  }
}
