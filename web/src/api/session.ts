import { signal } from '@preact/signals'
import { type Me, Refresh, type Signed } from '../generated/api/session.ts'
import { ApiError } from './api-error.ts'
import type { Document } from './document.ts'
import { post } from './post.ts'
import { store, stored } from './stored.ts'

/**
 * Who uses this browser. `unknown` only where nothing is remembered of it (in the worker) until the API was asked.
 * Who is remembered counts as signed in until the API says otherwise, so that pages need not wait, nor change under the eye.
 */
export interface Session {
  readonly status: 'unknown' | 'anonymous' | 'guest' | 'signed-in'
  readonly user?: Me
}

const LOCK = 'karcis-session'

/** Who was here, without anything that would sign them in: a page knows by it what to show, and whether there is a session to ask for. */
const REMEMBERED = 'karcis-user'

const EARLY_MS = 20_000 // before its end a token is renewed, so that it does not end on the way

/** Of the API's answers to a refresh, those that say that there is no session any more. */
export const ENDED = new Set<string>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'TOKEN_REUSED',
  'ACCOUNT_SUSPENDED',
  'BAD_USER_INPUT',
])

type News = { readonly kind: 'in'; readonly user: Me } | { readonly kind: 'out' }

export const session = signal<Session>(remembered())

/** Whether somebody is here, in whose name things can be asked for: a guest too. */
export const isKnown = (): boolean => session.value.status === 'guest' || session.value.status === 'signed-in'

/** In memory alone. */
let access: { readonly token: string; readonly until: number } | null = null
let refreshing: Promise<string | null> | null = null
const listeners = new Set<() => void>()

const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(LOCK)
tabs?.addEventListener('message', ({ data }: MessageEvent<News>) => {
  access = null
  show(data.kind === 'in' ? data.user : null)
})

/**
 * The token to ask with, renewed if it is about to end; null when nobody is signed in.
 * @throws ApiError when that cannot be known just now.
 */
export async function accessToken(): Promise<string | null> {
  if (session.value.status === 'anonymous') return null
  if (access && access.until > Date.now()) return access.token
  return await refresh()
}

/** Another token than the one that was refused; null when the session has ended. @throws ApiError when that cannot be known just now. */
export async function renewed(refused: string): Promise<string | null> {
  if (access && access.token !== refused && access.until > Date.now()) return access.token
  access = null
  return await refresh()
}

/** Calls back whenever another person is here, or nobody any more. Gives what ends that. */
export function onIdentityChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Gets the next token by the cookie, once for all who ask at the same time. */
function refresh(): Promise<string | null> {
  refreshing ??= alone(async () => {
    if (access && access.until > Date.now()) return access.token // somebody signed in meanwhile
    try {
      const payload = await askAsNobody(Refresh, {})
      if (payload === null) return null
      holdToken(payload)
      show(payload.user)
      return payload.accessToken
    } catch (error) {
      if (!(error instanceof ApiError) || !ENDED.has(error.code)) throw error
      change(null)
      return null
    }
  }).finally(() => {
    refreshing = null
  })
  return refreshing
}

/** One refresh, sign-in or sign-out at a time, in all tabs and the worker: each leaves a cookie that the next one needs. */
export const alone = <T>(task: () => Promise<T>): Promise<T> => navigator.locks.request(LOCK, task)

/** Asks as nobody, and gives the one field of the answer. @throws ApiError. */
export async function askAsNobody<R extends Record<string, unknown>, V>(
  document: Document<R, V>,
  variables: V,
): Promise<R[keyof R] | null> {
  const { data, errors } = await post<R>({ query: document, variables }, { token: null })
  if (errors && errors.length > 0) throw ApiError.of(errors)
  return (Object.values(data ?? {})[0] as R[keyof R] | undefined) ?? null
}

/** Takes over an access token, as one that may do more than the one before. @param expiresIn in seconds. */
export function holdToken({ accessToken, expiresIn }: Pick<Signed, 'accessToken' | 'expiresIn'>): void {
  access = { token: accessToken, until: Date.now() + expiresIn * 1000 - EARLY_MS }
}

/** Another person is here, or the same one with other particulars, or nobody (null): shows so here and in all tabs. */
export function change(user: Me | null): void {
  if (user === null) access = null
  show(user)
  const news: News = user ? { kind: 'in', user } : { kind: 'out' }
  tabs?.postMessage(news)
}

function show(user: Me | null): void {
  const before = session.value
  store(REMEMBERED, user && JSON.stringify(user))
  session.value = user
    ? { status: user.role === 'GUEST' ? 'guest' : 'signed-in', user }
    : { status: 'anonymous' }
  if (before.user?.id !== user?.id) for (const listener of listeners) listener()
}

function remembered(): Session {
  if (typeof localStorage === 'undefined') return { status: 'unknown' }
  try {
    const user = JSON.parse(stored(REMEMBERED) ?? 'null') as Me | null
    if (user) return { status: user.role === 'GUEST' ? 'guest' : 'signed-in', user }
  } catch {
    // Not ours: as if nothing were remembered.
  }
  return { status: 'anonymous' }
}
