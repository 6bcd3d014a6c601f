import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiError } from './api-error.ts'
import type { Document } from './document.ts'
import type { SignIn } from './sign-in.ts'
import { startTestApi, type TestApi } from './test-api.ts'

type None = Record<string, never>
const Whoami = 'query Whoami{whoami}' as Document<{ whoami: string | null }, None>
const Broken = 'query Broken{broken}' as Document<{ broken: string | null }, None>
const Book = 'mutation Book{book}' as Document<{ book: string | null }, None>
const Login =
  'mutation Login($name:String!){login(name:$name){accessToken expiresIn deviceToken user{id name email role emailVerified avatarUrl}}}' as Document<
    { login: SignIn | null },
    { name: string }
  >
const Ticks = 'subscription Ticks{ticks{number name}}' as Document<
  { ticks: { number: number; name: string | null } },
  None
>

/** What a page's scripts have of the API: modules of their own, as each tab has them. */
async function openTab() {
  vi.resetModules()
  const [session, signingIn, asking, subscribing] = await Promise.all([
    import('./session.ts'),
    import('./sign-in.ts'),
    import('./ask.ts'),
    import('./subscribe.ts'),
  ])
  return { ...session, ...signingIn, ...asking, ...subscribing }
}

const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: ApiError) => error,
  )

const until = (holds: () => boolean): Promise<true> => vi.waitUntil(holds, { timeout: 20_000, interval: 5 })

let api: TestApi

beforeEach(async () => {
  api = await startTestApi()
  vi.stubGlobal('location', { origin: api.origin })
  vi.stubGlobal('navigator', { onLine: true, locks: navigator.locks })
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  })
})

afterEach(async () => {
  await api[Symbol.asyncDispose]()
  vi.unstubAllGlobals()
})

describe('asking', () => {
  it('asks as nobody without asking for a session first, where none is remembered', async () => {
    const { ask } = await openTab()
    expect(await ask(Whoami, {})).toEqual({ whoami: 'nobody' })
    expect(api.asked).toEqual([{ operation: 'Whoami', token: undefined }])
  })

  it('throws what the API says of the first error, with its fields and when to come again', async () => {
    const { ask } = await openTab()
    const error = await failure(ask(Broken, {}))
    expect(error.name).toBe('ApiError')
    expect(error.code).toBe('BAD_USER_INPUT')
    expect(error.fields).toEqual([{ path: 'input.email', message: 'is none' }])
    expect(error.retryAfterSeconds).toBe(7)
    expect(error.path).toEqual(['broken'])
  })

  it('asks a query again whose answer was lost, and a mutation only where that does no harm', async () => {
    const { ask, signInBy } = await openTab()
    await signInBy(Login, { name: 'Dewi' })
    let left = 1
    api.intercept = (_operation, _response, socket) => left-- > 0 && (socket.destroy(), true)
    expect(await ask(Whoami, {})).toEqual({ whoami: 'Dewi' })
    left = 1
    expect(await ask(Book, {}, { idempotent: true })).toEqual({ book: 'booked for Dewi' })
    left = 1
    expect((await failure(ask(Book, {}))).code).toBe('UNREACHABLE')
    expect(api.asked.map(({ operation }) => operation)).toEqual([
      'Login',
      'Whoami',
      'Whoami',
      'Book',
      'Book',
      'Book',
    ])
  })

  it('asks again when a proxy says that it passes in a moment', async () => {
    const { ask } = await openTab()
    let left = 1
    api.intercept = (_operation, response) => {
      if (left-- <= 0) return false
      response.writeHead(503, { 'retry-after': '1' }).end('busy')
      return true
    }
    expect(await ask(Whoami, {})).toEqual({ whoami: 'nobody' })
    expect(api.asked).toHaveLength(2)
  })

  it('tells whoever would wait for long instead of waiting', async () => {
    const { ask } = await openTab()
    api.intercept = (_operation, response) => {
      response.writeHead(503, { 'retry-after': '60' }).end('busy')
      return true
    }
    expect(await failure(ask(Whoami, {}))).toMatchObject({ code: 'UNREACHABLE', retryAfterSeconds: 60 })
    expect(api.asked).toHaveLength(1)
  })

  it('says that the device is offline where the browser knows it', async () => {
    const { ask } = await openTab()
    vi.stubGlobal('navigator', { onLine: false, locks: navigator.locks })
    api.intercept = (_operation, _response, socket) => (socket.destroy(), true)
    expect((await failure(ask(Whoami, {}))).code).toBe('OFFLINE')
  })

  it('ends with the reason of who ended it, also while it waits to ask again', async () => {
    const { ask } = await openTab()
    const controller = new AbortController()
    api.intercept = (_operation, _response, socket) => {
      socket.destroy()
      controller.abort(new Error('the page was left'))
      return true
    }
    await expect(ask(Whoami, {}, { signal: controller.signal })).rejects.toThrow('the page was left')
  })
})

describe('a session', () => {
  it('is gone on with by the cookie, once for all who ask at the same time', async () => {
    const first = await openTab()
    await first.signInBy(Login, { name: 'Dewi' })
    const later = await openTab() // the page was loaded anew: no token is kept anywhere
    expect(later.session.value).toMatchObject({ status: 'signed-in', user: { name: 'Dewi' } })
    const answers = await Promise.all([1, 2, 3, 4].map(() => later.ask(Whoami, {})))
    expect(answers.map(({ whoami }) => whoami)).toEqual(['Dewi', 'Dewi', 'Dewi', 'Dewi'])
    expect(api.asked.filter(({ operation }) => operation === 'Refresh')).toHaveLength(1)
  })

  it('renews a token that is taken no longer, and sends the same again, a mutation too', async () => {
    const { ask, signInBy } = await openTab()
    await signInBy(Login, { name: 'Dewi' })
    api.tokens.clear()
    expect(await ask(Book, {})).toEqual({ book: 'booked for Dewi' })
    expect(api.asked.map(({ operation }) => operation)).toEqual(['Login', 'Book', 'Refresh', 'Book'])
  })

  it('ends where the API knows of none: what is for somebody is refused, and what is open to all is asked as nobody', async () => {
    const { ask, session, signInBy } = await openTab()
    await signInBy(Login, { name: 'Dewi' })
    api.tokens.clear()
    api.cookie = null
    expect((await failure(ask(Book, {}))).code).toBe('UNAUTHENTICATED')
    expect(session.value.status).toBe('anonymous')
    await signInBy(Login, { name: 'Dewi' })
    api.tokens.clear()
    api.cookie = null
    expect(await ask(Whoami, {})).toEqual({ whoami: 'nobody' })
  })

  it('goes on while the API is away: nobody is signed out by a broken line', async () => {
    const first = await openTab()
    await first.signInBy(Login, { name: 'Dewi' })
    const { ask, session } = await openTab()
    api.intercept = (operation, response) =>
      operation === 'Refresh' && (response.writeHead(502).end('no'), true)
    expect((await failure(ask(Book, {}))).code).toBe('UNREACHABLE')
    expect(session.value.status).toBe('signed-in')
  })

  it('refreshes in one tab at a time (guard: the lock that tabs share)', async () => {
    const first = await openTab()
    await first.signInBy(Login, { name: 'Dewi' })
    const tabs = [await openTab(), await openTab(), await openTab()]
    await Promise.all(tabs.map((tab) => tab.ask(Whoami, {})))
    expect(api.asked.filter(({ operation }) => operation === 'Refresh')).toHaveLength(3)
    expect(api.mostRefreshes).toBe(1)
  })

  it('begins and ends in all tabs at once', async () => {
    const [first, second] = [await openTab(), await openTab()]
    await first.signInBy(Login, { name: 'Dewi' })
    await until(() => second.session.value.user?.name === 'Dewi')
    expect(await second.ask(Whoami, {})).toEqual({ whoami: 'Dewi' })
    await second.signOut()
    await until(() => first.session.value.status === 'anonymous')
    expect(await first.ask(Whoami, {})).toEqual({ whoami: 'nobody' })
  })

  it('keeps no token where a script could find it later', async () => {
    const { signInBy } = await openTab()
    const stored = vi.spyOn(localStorage, 'setItem')
    await signInBy(Login, { name: 'Dewi' })
    expect(stored).toHaveBeenCalled()
    expect(JSON.stringify(stored.mock.calls)).not.toContain('token-')
  })
})

describe('subscribing', () => {
  it('goes on after the line was cut, and says so', async () => {
    const { subscribe } = await openTab()
    const got: number[] = []
    const states: string[] = []
    const stop = subscribe(
      Ticks,
      {},
      {
        next: ({ ticks }) => got.push(ticks.number),
        state: (state) => states.push(state),
      },
    )
    await api.subscribed(1)
    api.tick()
    await until(() => got.length === 1)
    api.cut()
    await api.subscribed(1)
    api.tick()
    await until(() => got.length === 2)
    stop()
    expect(got).toEqual([1, 2])
    expect(states).toEqual(['live', 'reconnecting', 'live'])
  })

  it('begins anew as whoever signs in meanwhile', async () => {
    const { signInBy, subscribe } = await openTab()
    const names: (string | null)[] = []
    const stop = subscribe(Ticks, {}, { next: ({ ticks }) => names.push(ticks.name) })
    await api.subscribed(1)
    api.tick()
    await until(() => names.length === 1)
    await signInBy(Login, { name: 'Dewi' })
    await until(() => {
      api.tick()
      return names.includes('Dewi')
    })
    stop()
    expect(names[0]).toBeNull()
  })
})
