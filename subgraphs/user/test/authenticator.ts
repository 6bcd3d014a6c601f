import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Loose } from '@karcis/testkit/gql'

/** A passkey that an authenticator holds. */
interface Credential {
  id: string
  userHandle: string
  privateKey: KeyObject
  signCount: number
}

export interface Authenticator {
  /** Answers `navigator.credentials.create`. */
  create(options: Loose, changes?: Changes): Loose
  /** Answers `navigator.credentials.get` with the passkey that was made last. */
  get(options: Loose, changes?: Changes): Loose
  /** What it holds; to be copied, as by somebody who has taken it apart. */
  credential: Credential | null
}

/** In what an answer is other than it should be. */
interface Changes {
  origin?: string
  rpId?: string
  /** Whether its owner has shown that it is they. */
  userVerified?: boolean
  signCount?: number
}

const ORIGIN = 'http://localhost:4000'
const RP_ID = 'localhost'

/** An authenticator as WebAuthn has it, in software: keys of ES256, a count of signatures, no attestation. */
export function createAuthenticator(): Authenticator {
  const authenticator: Authenticator = {
    credential: null,

    create({ challenge, user }, changes = {}) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const id = randomBytes(32)
      const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
      const cose = new Map<number, number | Buffer>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ])
      const attested = Buffer.concat([Buffer.alloc(16), length16(id), id, cbor(cose)])
      const authData = Buffer.concat([head(changes, 0, ATTESTED), attested])
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ])
      authenticator.credential = {
        id: id.toString('base64url'),
        userHandle: user.id,
        privateKey,
        signCount: 0,
      }
      return answerOf(authenticator.credential.id, {
        clientDataJSON: clientData('webauthn.create', challenge, changes).toString('base64url'),
        attestationObject: cbor(attestation).toString('base64url'),
        transports: ['internal'],
      })
    },

    get({ challenge }, changes = {}) {
      const { credential } = authenticator
      if (!credential) throw new Error('this authenticator holds no passkey')
      credential.signCount = changes.signCount ?? credential.signCount + 1
      const authenticatorData = head(changes, credential.signCount, 0)
      const clientDataJSON = clientData('webauthn.get', challenge, changes)
      const signature = createSign('sha256')
        .update(authenticatorData)
        .update(sha256(clientDataJSON))
        .sign(credential.privateKey)
      return answerOf(credential.id, {
        clientDataJSON: clientDataJSON.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: credential.userHandle,
      })
    },
  }
  return authenticator
}

const PRESENT = 0x01
const VERIFIED = 0x04
const ATTESTED = 0x40

function head({ rpId = RP_ID, userVerified = true }: Changes, signCount: number, flags: number): Buffer {
  const counted = Buffer.alloc(5)
  counted[0] = PRESENT | (userVerified ? VERIFIED : 0) | flags
  counted.writeUInt32BE(signCount, 1)
  return Buffer.concat([sha256(Buffer.from(rpId)), counted])
}

const clientData = (type: string, challenge: string, { origin = ORIGIN }: Changes): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

const answerOf = (id: string, response: object): Loose => ({
  id,
  rawId: id,
  type: 'public-key',
  response,
  clientExtensionResults: {},
  authenticatorAttachment: 'platform',
})

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

function length16({ length }: Buffer): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(length)
  return bytes
}

/** As much of CBOR (RFC 8949) as an authenticator speaks: whole numbers, texts, bytes and maps. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string')
    return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value])
  if (value instanceof Map) return Buffer.concat([cborHead(5, value.size), ...[...value].flat().map(cbor)])
  throw new Error(`not in here: ${String(value)}`)
}

function cborHead(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument])
  if (argument < 256) return Buffer.from([(major << 5) | 24, argument])
  return Buffer.from([(major << 5) | 25, argument >> 8, argument & 0xff])
}
