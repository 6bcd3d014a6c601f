import { signal } from '@preact/signals'
import { ContinueAsGuest, type Me, Refresh, type Signed, SignOut } from '../generated/api/session.ts'
import { ApiError } from './api-error.ts'
import type { Document } from './document.ts'
import { post } from './post.ts'

/**
 * Who uses this browser. `unknown` only where nothing is remembered of it (in the worker) until the API was asked.
 * Who is remembered counts as signed in until the API says otherwise, so that pages need not wait, nor change under the eye.
 */
export interface Session {
  readonly status: 'unknown' | 'anonymous' | 'guest' | 'signed-in'
  readonly user?: Me
}

/** What every sign-in gives. The refresh token is in a cookie that no script reads. */
export type SignIn = Signed

/** One refresh, sign-in or sign-out at a time, in all tabs and the worker: each leaves a cookie that the next one needs. */
const LOCK = 'karcis-session'

/** Who was here, without anything that would sign them in: a page knows by it what to show, and whether there is a session to ask for. */
const REMEMBERED = 'karcis-user'

/** Makes strangers' tries at an account not slow down its owner here; it opens nothing, and stays over a sign-out. */
const DEVICE = 'karcis-device'

const EARLY_MS = 20_000 // before its end a token is renewed, so that it does not end on the way

/** Of the API's answers to a refresh, those that say that there is no session any more. */
const ENDED = new Set<string>([
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

/**
 * Signs in by an operation whose one field is an AuthPayload: as nobody, and while no other tab refreshes, as either would leave the other's cookie.
 * @throws ApiError as the operation does, as SECOND_FACTOR_REQUIRED with its `challenge`.
 */
export async function signInBy<R extends Record<string, SignIn | null>, V>(
  document: Document<R, V>,
  variables: V,
): Promise<SignIn> {
  return await navigator.locks.request(LOCK, async () => {
    const payload = await only(document, variables)
    if (payload === null) throw new ApiError('INTERNAL_SERVER_ERROR', 'a sign-in gave nothing')
    signIn(payload)
    return payload
  })
}

/** Takes over what a sign-in gave, here and in all tabs. */
export function signIn(payload: SignIn): void {
  if (payload.deviceToken) store(DEVICE, payload.deviceToken)
  hold(payload.accessToken, payload.expiresIn)
  show(payload.user)
  tell({ kind: 'in', user: payload.user })
}

/** Signs in as a guest, for one purchase. @throws ApiError BAD_USER_INPUT, RATE_LIMITED. */
export const continueAsGuest = (name: string, email: string): Promise<SignIn> =>
  signInBy(ContinueAsGuest, { input: { name, email } })

/** Takes over an access token that may do more (`stepUp`). @param expiresIn in seconds. */
export function stepUpWith(token: string, expiresIn: number): void {
  hold(token, expiresIn)
}

/** The account has changed: shows so here and in all tabs. */
export function updateUser(change: Partial<Me>): void {
  const { user } = session.value
  if (!user) return
  show({ ...user, ...change })
  tell({ kind: 'in', user: { ...user, ...change } })
}

/**
 * Signs out, here and in all tabs at once; with `everywhere` on all devices.
 * @throws ApiError when the API could not be told: then the session goes on.
 */
export async function signOut(everywhere = false): Promise<void> {
  const token = await accessToken()
  await navigator.locks.request(LOCK, async () => {
    const { errors } = await post({ query: SignOut, variables: { everywhere } }, { token })
    const error = errors && ApiError.of(errors)
    if (error && !ENDED.has(error.code)) throw error
    end()
  })
}

/** The account is no more: as signed out, here and in all tabs, without asking. */
export const forgetSession = (): void => end()

/** What `LoginInput.deviceToken` takes; undefined on a device that is new. */
export const deviceToken = (): string | undefined => stored(DEVICE)

/** Calls back whenever another person is here, or nobody any more. Gives what ends that. */
export function onIdentityChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Gets the next token by the cookie, once for all who ask at the same time. */
function refresh(): Promise<string | null> {
  refreshing ??= navigator.locks
    .request(LOCK, async () => {
      if (access && access.until > Date.now()) return access.token // somebody signed in meanwhile
      try {
        const payload = await only(Refresh, {})
        if (payload === null) return null
        hold(payload.accessToken, payload.expiresIn)
        show(payload.user)
        return payload.accessToken
      } catch (error) {
        if (!(error instanceof ApiError) || !ENDED.has(error.code)) throw error
        end()
        return null
      }
    })
    .finally(() => {
      refreshing = null
    })
  return refreshing
}

/** Asks as nobody, and gives the one field of the answer. */
async function only<R extends Record<string, unknown>, V>(
  document: Document<R, V>,
  variables: V,
): Promise<R[keyof R] | null> {
  const { data, errors } = await post<R>({ query: document, variables }, { token: null })
  if (errors && errors.length > 0) throw ApiError.of(errors)
  return (Object.values(data ?? {})[0] as R[keyof R] | undefined) ?? null
}

function hold(token: string, expiresIn: number): void {
  access = { token, until: Date.now() + expiresIn * 1000 - EARLY_MS }
}

function end(): void {
  access = null
  show(null)
  tell({ kind: 'out' })
}

function show(user: Me | null): void {
  const before = session.value
  store(REMEMBERED, user && JSON.stringify(user))
  session.value = user
    ? { status: user.role === 'GUEST' ? 'guest' : 'signed-in', user }
    : { status: 'anonymous' }
  if (before.user?.id !== user?.id) for (const listener of listeners) listener()
}

const tell = (news: News): void => tabs?.postMessage(news)

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

function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined // a browser that keeps nothing for sites
  }
}

function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // A browser that keeps nothing for sites: people sign in anew in each tab.
  }
}
