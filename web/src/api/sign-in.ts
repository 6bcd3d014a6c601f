import type { Me, Signed } from '../generated/api/session.ts'
import { ContinueAsGuest, SignOut } from '../generated/api/sign-in.ts'
import { ApiError } from './api-error.ts'
import type { Document } from './document.ts'
import { post } from './post.ts'
import { accessToken, alone, askAsNobody, change, ENDED, holdToken, session } from './session.ts'
import { store, stored } from './stored.ts'

/** What every sign-in gives. The refresh token is in a cookie that no script reads. */
export type SignIn = Signed

/** Makes strangers' tries at an account not slow down its owner here; it opens nothing, and stays over a sign-out. */
const DEVICE = 'karcis-device'

/**
 * Signs in by an operation whose one field is an AuthPayload: as nobody, and while no other tab refreshes, as either would leave the other's cookie.
 * @throws ApiError as the operation does, as SECOND_FACTOR_REQUIRED with its `challenge`.
 */
export async function signInBy<R extends Record<string, SignIn | null>, V>(
  document: Document<R, V>,
  variables: V,
): Promise<SignIn> {
  return await alone(async () => {
    const payload = await askAsNobody(document, variables)
    if (payload === null) throw new ApiError('INTERNAL_SERVER_ERROR', 'a sign-in gave nothing')
    signIn(payload)
    return payload
  })
}

/** Takes over what a sign-in gave, here and in all tabs. */
export function signIn(payload: SignIn): void {
  if (payload.deviceToken) store(DEVICE, payload.deviceToken)
  holdToken(payload)
  change(payload.user)
}

/** Signs in as a guest, for one purchase. @throws ApiError BAD_USER_INPUT, RATE_LIMITED. */
export const continueAsGuest = (name: string, email: string): Promise<SignIn> =>
  signInBy(ContinueAsGuest, { input: { name, email } })

/** The account has changed: shows so here and in all tabs. */
export function updateUser(particulars: Partial<Me>): void {
  const { user } = session.value
  if (user) change({ ...user, ...particulars })
}

/**
 * Signs out, here and in all tabs at once; with `everywhere` on all devices.
 * @throws ApiError when the API could not be told: then the session goes on.
 */
export async function signOut(everywhere = false): Promise<void> {
  const token = await accessToken()
  await alone(async () => {
    const { errors } = await post({ query: SignOut, variables: { everywhere } }, { token })
    const error = errors && ApiError.of(errors)
    if (error && !ENDED.has(error.code)) throw error
    change(null)
  })
}

/** The account is no more: as signed out, here and in all tabs, without asking. */
export const forgetSession = (): void => change(null)

/** What `LoginInput.deviceToken` takes; undefined on a device that is new. */
export const deviceToken = (): string | undefined => stored(DEVICE)
