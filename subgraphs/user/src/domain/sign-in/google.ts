import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Unauthenticated } from '@karcis/kit/errors'
import { newToken } from '@karcis/kit/secret-tokens'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireStepUp } from '@karcis/kit/viewer'
import { z } from 'zod'
import { recordEmailVerified } from '../account-links/proved-mailbox.ts'
import { register } from '../account-management/sign-up.ts'
import { type Account, lockAccount, lockAccountShared } from '../accounts/account-store.ts'
import { fullView, type UserView } from '../accounts/user-view.ts'
import type { Client } from '../client.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EmailTaken, GoogleLinkedElsewhere, GoogleSaysNo } from '../errors.ts'
import { notify } from '../notifications/notify.ts'
import type { SignedIn } from '../sessions/access-tokens.ts'
import { uncountLoginAttempt } from '../sessions/login-attempt-store.ts'
import { openSession } from '../sessions/open-session.ts'
import { countAttempt, providerSignInAttempt } from '../sessions/sign-in-limits.ts'
import { cameBackSchema, parseRedirectUri, SECONDS_AT_GOOGLE, tiesOf } from './at-google.ts'
import type { GoogleAccount, GoogleIssuer } from './google-issuer.ts'
import { deleteIdentity, findIdentityOwner, insertIdentity } from './identity-store.ts'
import { insertProviderSignIn, takeProviderSignIn } from './provider-sign-in-store.ts'
import { requireWayIn } from './ways-in.ts'

/** Where somebody is sent, and by what they are known again when they come back. */
export interface GoogleLoginStart {
  url: string
  state: string
}

/**
 * Begins a sign-in at Google, or of whoever is signed in the linking of their account there.
 * @throws BadUserInput for a page that is not ours; Conflict where Google is not set up; TooManyAttempts, ServiceUnavailable
 */
export async function startGoogleLogin(
  deps: Deps,
  client: Client,
  viewer: Viewer | null,
  given: unknown,
): Promise<GoogleLoginStart> {
  const google = googleOf(deps)
  const redirectUri = parseRedirectUri(google, given)
  const attempt = providerSignInAttempt(deps, client)
  if (attempt) await countAttempt(deps, attempt)
  const state = newToken()
  const url = await google.authorizationUrl(tiesOf(deps, 'sign-in', { state, redirectUri }))
  // Kept by whoever has one: they may have begun in another tab, too.
  const browser = client.cookies ? (client.cookies.given['sign-in'] ?? newToken()) : null
  await transaction(deps.db, (tx) =>
    insertProviderSignIn(tx, { state, redirectUri, browser, userId: viewer?.id ?? null }, SECONDS_AT_GOOGLE),
  )
  if (browser !== null) client.cookies?.set('sign-in', browser, SECONDS_AT_GOOGLE)
  return { url, state }
}

const signingInSchema = cameBackSchema.extend({ deviceToken: z.string().max(200, 'is too long').nullish() })

/**
 * Signs in whoever comes back from Google: to the account that is linked with theirs there, or else to a new one. An account that has the
 * same address but is not linked is left alone, whether or not its address was verified: it may be somebody else's.
 * @throws BadUserInput, GoogleSaysNo, EmailTaken, AccountSuspended, Conflict, ServiceUnavailable
 */
export async function loginWithGoogle(deps: Deps, client: Client, input: unknown): Promise<SignedIn> {
  const { deviceToken = null, ...came } = parseInput(signingInSchema, input)
  const google = googleOf(deps)
  await deps.signingKeys.current() // first: where nothing can be signed no try is counted, and nothing used up
  const account = await redeem(deps, client, null, came)
  const open = () =>
    openSession(deps, client, { method: 'GOOGLE', deviceToken }, async (tx) => {
      await uncountStart(deps, tx, client)
      return (await linkedAccount(tx, google, account)) ?? signUpByGoogle(deps, tx, google, account)
    })
  try {
    return await open()
  } catch (error) {
    // The same person, on two devices at once: by now their account is there.
    const isLost = error instanceof EmailTaken || error instanceof GoogleLinkedElsewhere
    if (isLost && (await findIdentityOwner(deps.db, idOf(google, account)))) return open()
    throw error
  }
}

/**
 * Links an account at Google with the viewer's, who has shown both: theirs by being signed in when it began and now, the other by coming back
 * from Google. They are told of it. It is another way into the account, so it takes a proof of just now; who has to give one first comes again
 * with the same, for nothing of it is used up.
 * @throws StepUpRequired, BadUserInput, GoogleSaysNo, GoogleLinkedElsewhere, OtherGoogleLinked, Conflict, ServiceUnavailable
 */
export async function linkGoogle(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  input: unknown,
): Promise<UserView> {
  const came = parseInput(cameBackSchema, input)
  const google = googleOf(deps)
  requireStepUp(viewer)
  const found = await redeem(deps, client, viewer, came)
  return transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, viewer.id)
    if (!account) throw new Unauthenticated()
    await uncountStart(deps, tx, client)
    const { email } = found
    if ((await findIdentityOwner(tx, idOf(google, found))) === viewer.id) return fullView(account)
    await insertIdentity(tx, { ...idOf(google, found), userId: viewer.id, email })
    await tellOfChange(tx, viewer.id, { linked: true, email, cause: `linked ${came.state.slice(0, 16)}` })
    return fullView(account)
  })
}

/**
 * Has the viewer's account no longer opened by Google. They are told of it. Nothing changes when it is not.
 * @throws StepUpRequired; Conflict when nothing else would open it.
 */
export async function unlinkGoogle(deps: Deps, viewer: Viewer): Promise<UserView> {
  const { issuer } = googleOf(deps)
  requireStepUp(viewer)
  return transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, viewer.id) // whoever signs in by it comes before this or after it
    if (!account) throw new Unauthenticated()
    const email = await deleteIdentity(tx, viewer.id, issuer)
    if (email === null) return fullView(account)
    await requireWayIn(tx, viewer.id)
    await tellOfChange(tx, viewer.id, { linked: false, email, cause: `unlinked ${newToken()}` })
    return fullView(account)
  })
}

/** @throws Conflict where an operator has not set it up. */
function googleOf({ google }: Pick<Deps, 'google'>): GoogleIssuer {
  if (!google) throw new Conflict('Signing in with Google is not set up here.')
  return google
}

/** The account at Google that somebody has come back from. @throws BadUserInput, GoogleSaysNo, ServiceUnavailable */
async function redeem(
  deps: Deps,
  { cookies }: Client,
  viewer: Viewer | null,
  { code, state, iss = null }: { code: string; state: string; iss?: string | null | undefined },
): Promise<GoogleAccount> {
  const browser = cookies ? (cookies.given['sign-in'] ?? '') : null
  const redirectUri = await transaction(deps.db, (tx) =>
    takeProviderSignIn(tx, { state, browser, userId: viewer?.id ?? null }),
  )
  if (redirectUri === null) {
    const message = 'is of no sign-in that was begun here and is still waited for: begin again'
    throw new BadUserInput([{ path: 'input.state', message }])
  }
  const account = await googleOf(deps).redeem({ code, iss }, tiesOf(deps, 'sign-in', { state, redirectUri }))
  if (!account.emailVerified || !emailSchema.safeParse(account.email).success)
    throw new GoogleSaysNo('Google has not verified the e-mail address of this account.')
  return account
}

/** Who has come back is not one of those who never do. */
async function uncountStart(deps: Deps, tx: Tx, client: Client): Promise<void> {
  const attempt = providerSignInAttempt(deps, client)
  if (attempt) await uncountLoginAttempt(tx, attempt.limits[0].key)
}

const idOf = ({ issuer }: GoogleIssuer, { subject }: GoogleAccount) => ({ issuer, subject })

/** The account that one at Google is linked with, locked; null when it is with none. */
async function linkedAccount(tx: Tx, google: GoogleIssuer, account: GoogleAccount): Promise<Account | null> {
  const userId = await findIdentityOwner(tx, idOf(google, account))
  if (userId === null) return null
  const locked = await lockAccountShared(tx, userId)
  // Until it was locked the link may have been taken off.
  return (await findIdentityOwner(tx, idOf(google, account))) === userId ? locked : null
}

/** @throws EmailTaken when any account has the address; GoogleLinkedElsewhere */
async function signUpByGoogle(
  deps: Deps,
  tx: Tx,
  google: GoogleIssuer,
  found: GoogleAccount,
): Promise<Account> {
  const { email } = found
  const name = nameSchema().safeParse(found.name).data ?? nameSchema().parse(email.split('@')[0])
  const account = await register(deps, tx, { email, passwordHash: null, name, emailVerifiedAt: new Date() })
  await insertIdentity(tx, { ...idOf(google, found), userId: account.id, email })
  await recordEmailVerified(tx, account.id, email)
  return account
}

const tellOfChange = (
  tx: Tx,
  userId: string,
  { cause, ...change }: { linked: boolean; email: string; cause: string },
): Promise<void> =>
  notify(tx, [{ userId, kind: 'GOOGLE_CHANGED', cause, data: { at: new Date().toISOString(), ...change } }])
