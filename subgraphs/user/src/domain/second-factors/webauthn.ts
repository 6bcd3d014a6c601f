import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { BadUserInput } from '@karcis/kit/errors'
import { z } from 'zod'
import { PasskeyRefused } from '../errors.ts'
import type { Passkey } from './passkey-store.ts'

/** As whom browsers know us: the domain that passkeys are bound to, and the pages that may ask for them. */
export interface RelyingParty {
  id: string
  origins: string[]
}

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']

/** What `PublicKeyCredential.toJSON()` gives, as far as it is read here; all else is checked by whoever verifies it. */
const answerSchema = z.looseObject({
  id: z.string().min(1).max(1_400),
  response: z.looseObject({ clientDataJSON: z.string().min(1).max(20_000) }),
})

const clientDataSchema = z.object({ challenge: z.string().min(1).max(200) })

/** What a browser gives for a passkey. */
export interface PasskeyAnswer {
  credentialId: string
  /** What it says to answer to. Nothing is true of it until it is verified. */
  challenge: string
  /** As it came. */
  json: unknown
}

/** Reads what a browser gave. @param path of the argument. @throws BadUserInput when it is nothing of the kind. */
export function readPasskeyAnswer(json: unknown, path: string): PasskeyAnswer {
  const answer = answerSchema.safeParse(json)
  const client = answer.success ? clientDataOf(answer.data.response.clientDataJSON) : null
  if (!answer.success || !client)
    throw new BadUserInput([
      { path, message: 'must be what the browser gave, as PublicKeyCredential.toJSON() writes it' },
    ])
  return { credentialId: answer.data.id, challenge: client.challenge, json }
}

function clientDataOf(encoded: string): z.infer<typeof clientDataSchema> | null {
  try {
    return clientDataSchema.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString()))
  } catch {
    return null
  }
}

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(base64url, 'base64url'))

/** What `PublicKeyCredential.parseCreationOptionsFromJSON` takes. The passkey is one that finds its account by itself. */
export const registrationOptions = (
  { id }: RelyingParty,
  person: { id: string; email: string; name: string },
  challenge: string,
  known: Passkey[],
): Promise<PublicKeyCredentialCreationOptionsJSON> =>
  generateRegistrationOptions({
    rpName: 'Karcis',
    rpID: id,
    userID: new Uint8Array(Buffer.from(person.id)),
    userName: person.email,
    userDisplayName: person.name,
    challenge: bytesOf(challenge),
    excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    attestationType: 'none',
  })

/** What `PublicKeyCredential.parseRequestOptionsFromJSON` takes. @param known whose passkeys may answer; none: any that the browser finds. */
export const requestOptions = (
  { id }: RelyingParty,
  challenge: string,
  known: Passkey[] = [],
): Promise<PublicKeyCredentialRequestOptionsJSON> =>
  generateAuthenticationOptions({
    rpID: id,
    challenge: bytesOf(challenge),
    allowCredentials: known.map(({ credentialId, transports }) => ({ id: credentialId, transports })),
    userVerification: 'required',
  })

/** A passkey that was made just now. */
export interface NewPasskey {
  credentialId: string
  publicKey: Uint8Array<ArrayBuffer>
  signCount: bigint
  transports: string[]
  synced: boolean
}

/** @throws PasskeyRefused when the answer is not right. */
export async function verifyNewPasskey(
  { id, origins }: RelyingParty,
  { json, challenge }: PasskeyAnswer,
): Promise<NewPasskey> {
  const response = json as RegistrationResponseJSON
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: id,
  }).catch(refuse)
  if (!verified.verified) throw new PasskeyRefused()
  const { credential, credentialBackedUp } = verified.registrationInfo
  return {
    credentialId: credential.id,
    publicKey: new Uint8Array(credential.publicKey),
    signCount: BigInt(credential.counter),
    transports: TRANSPORTS.filter((transport) => credential.transports?.some((own) => own === transport)),
    synced: credentialBackedUp,
  }
}

/** @returns what the authenticator says to have signed so far. @throws PasskeyRefused when the answer is not right. */
export async function verifyPasskeyAnswer(
  { id, origins }: RelyingParty,
  { json, challenge }: PasskeyAnswer,
  { credentialId, publicKey, userId }: Passkey,
): Promise<{ signCount: number; synced: boolean }> {
  const response = json as AuthenticationResponseJSON
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: id,
    // Whether it has signed more often than before is decided where that is kept (`moveSignCount`), whoever else answers now.
    credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter: 0 },
  }).catch(refuse)
  const { userHandle } = response.response
  const isOwners = userHandle == null || Buffer.from(userHandle, 'base64url').toString() === userId
  if (!verified.verified || !isOwners) throw new PasskeyRefused()
  const { newCounter, credentialBackedUp } = verified.authenticationInfo
  return { signCount: newCounter, synced: credentialBackedUp }
}

/** The library throws for whatever is wrong with an answer, whoever made it so. */
function refuse(): never {
  throw new PasskeyRefused()
}
