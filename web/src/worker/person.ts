import { ApiError } from '../api/api-error.ts'
import type { Document } from '../api/document.ts'
import { post } from '../api/post.ts'
import { Refresh } from '../generated/api/session.ts'

/** Who is signed in at this device, as of the browser's cookie, which no script can read. */
interface Person {
  id: string
  token: string
}

/** The name under which pages renew their session too: a refresh token is good once. */
const SESSION_LOCK = 'karcis-session'

let known: { person: Person; until: number } | null = null

/** @throws ApiError when nobody is signed in, or that cannot be known now. */
export async function me(): Promise<Person> {
  if (known && Date.now() < known.until) return known.person
  return navigator.locks.request(SESSION_LOCK, async () => {
    const { accessToken, expiresIn, user } = (await run(Refresh, {}, null)).refreshToken ?? nobody()
    const person = { id: user.id, token: accessToken }
    known = { person, until: Date.now() + (expiresIn - 30) * 1_000 }
    return person
  })
}

function nobody(): never {
  throw new ApiError('UNAUTHENTICATED', 'nobody is signed in')
}

/** Asks the API as whoever is signed in. @throws ApiError. */
export async function askAsMe<R, V>(document: Document<R, V>, variables: V): Promise<R> {
  const { token } = await me()
  try {
    return await run(document, variables, token)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') known = null
    throw error
  }
}

async function run<R, V>(document: Document<R, V>, variables: V, token: string | null): Promise<R> {
  const { data, errors } = await post<R>({ query: document, variables }, { token })
  if (errors && errors.length > 0) throw ApiError.of(errors)
  return data ?? nobody()
}
