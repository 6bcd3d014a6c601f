import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { isServiceName, mayCall } from './contracts/calls.ts'
import type { ServiceName } from './contracts/subgraphs.ts'
import { DOOR_ROLE, ENROLLING_ROLE, roleSchema } from './contracts/tokens.ts'

const LIFE_SECONDS = 60
/** A token is handed out again until this much of its life is left, so signing costs once per viewer, not per request. */
const REUSE_UNTIL_SECONDS = 30
/** By how much the clock of whoever signs may be ahead; by as much it may be behind, for that much of its life is left. */
const CLOCK_AHEAD_SECONDS = REUSE_UNTIL_SECONDS

/** How often the caches look at the clock, for which they set a timer: each millisecond, if they were not told. */
const CLOCK_MS = 500

/** Header that carries the token over HTTP, and key in `extensions` of a graphql-ws subscribe message. */
export const SERVICE_TOKEN_HEADER = 'x-karcis-service-token'
export const SERVICE_TOKEN_EXTENSION = 'serviceToken'

const viewerSchema = z.object({
  id: z.string(),
  role: roleSchema,
  sessionId: z.string(),
  /** When they last showed who they are, in seconds since the epoch by the user subgraph's clock; undefined: not known. */
  authTime: z.number().optional(),
  /** How they did it (`amr`, RFC 8176). */
  amr: z.array(z.string()).optional(),
})

/** The signed-in person on whose behalf a request is made. */
export type Viewer = z.infer<typeof viewerSchema>

/** A scanner at the door of an event, as the router knows it by its token. Its id stands in the place of its session, too. */
const deviceSchema = viewerSchema.extend({ role: z.literal(DOOR_ROLE) })

/** Somebody who has signed in and may set up a second factor, and nothing else. */
const enrollingSchema = viewerSchema.extend({ role: z.literal(ENROLLING_ROLE) })

/** A person by their session, whatever they may do. */
export type SignedInPerson = Omit<Viewer, 'role'>

/** Whoever a request comes from, as the router passes them on: a person, one who has to set up a second factor, or a scanner. */
export type Bearer = Viewer | z.infer<typeof enrollingSchema> | z.infer<typeof deviceSchema>

/** Who calls a subgraph: which process, and for whom (null: nobody signed in, or the system itself). */
export interface Caller {
  service: ServiceName
  viewer: Viewer | null
  /**
   * The scanner on whose behalf a request is made. It is never a viewer: whatever does not ask for it takes it for nobody.
   */
  device?: { id: string }
  /** Who has to set up a second factor. They are no viewer either. */
  enrolling?: SignedInPerson
}

/** Signs for the calls to one other process. */
export interface TokenSigner {
  /** A token for calls made by this process on behalf of `viewer`. */
  sign(viewer: Bearer | null): Promise<string>
}

/** Signs and checks the short-lived tokens (HS256, 60 s) with which the processes of the system know each other. */
export interface ServiceTokens {
  /** Name of this process. */
  readonly service: string
  /** @param callee who is called, by name: nobody else takes these tokens. */
  to(callee: string): TokenSigner
  /**
   * Who signed it, or null when it is forged, expired, good for more than a minute, meant for another process, of somebody who has
   * nothing to ask here (contracts/calls.ts), or not a token at all.
   */
  verify(token: string | undefined): Promise<Caller | null>
}

/** A token that is right but for its time: a clock is wrong, ours or that of whoever signed it. */
export interface Untimely {
  /** Who signed it. */
  service: ServiceName
  /** By how much their clock seems to be ahead of ours; negative when it is behind. */
  secondsAhead: number
}

/**
 * @param secret at least 32 characters, the same in every process.
 * @param service name of this process.
 * @param onUntimely hears of the first token of each other process that is refused for its time.
 */
export function createServiceTokens(
  secret: string,
  service: string,
  onUntimely: (untimely: Untimely) => void = () => undefined,
): ServiceTokens {
  const key = createSecretKey(secret, 'utf8')
  const signers = new Map<string, TokenSigner>()
  const verified = new LRUCache<string, Caller>({ max: 10_000, ttlResolution: CLOCK_MS })
  const told = new Set<ServiceName>()

  /** @param claims of a token that was signed by one of us. */
  function tell({ iss, aud, iat }: Claims): void {
    if (aud !== audienceOf(service) || !isServiceName(iss) || typeof iat !== 'number' || told.has(iss)) return
    told.add(iss)
    onUntimely({ service: iss, secondsAhead: Math.round(iat - Date.now() / 1000) })
  }

  return {
    service,

    to(callee) {
      const known = signers.get(callee)
      if (known) return known
      const signer = createSigner(key, service, callee)
      signers.set(callee, signer)
      return signer
    },

    async verify(token) {
      if (!token) return null
      const cached = verified.get(token)
      if (cached) return cached
      const claims = claimsOf(token, key)
      if (!claims || typeof claims.exp !== 'number') return null
      const ttl = claims.exp * 1000 - Date.now()
      if (ttl <= 0 || isAhead(claims)) tell(claims)
      const caller = ttl > 0 ? callerOf(claims, service) : null
      if (caller) verified.set(token, caller, { ttl })
      return caller
    },
  }
}

/** The audience of one process: exactly one, so a token that it was sent opens nothing elsewhere. */
const audienceOf = (service: string): string => `karcis:${service}`

/** What a token says, as far as it has to; nothing is known of it before it is looked at. */
interface Claims {
  iss?: unknown
  aud?: unknown
  iat?: unknown
  exp?: unknown
  viewer?: unknown
}

/** The head of every token. Nobody chooses an algorithm: what begins with anything else is none of ours. */
const HEAD = Buffer.from('{"alg":"HS256"}').toString('base64url')

/** By node:crypto and not WebCrypto, which takes a thread for each: in a rush every request has a token that was not seen before. */
const signatureOf = (signed: string, key: KeyObject): string =>
  createHmac('sha256', key).update(signed).digest('base64url')

function sign(claims: Claims, key: KeyObject): string {
  const signed = `${HEAD}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${signatureOf(signed, key)}`
}

/** What a token says that one of us has signed; null for any other. */
function claimsOf(token: string, key: KeyObject): Claims | null {
  const [head, body = '', signature = '', more] = token.split('.')
  if (head !== HEAD || more !== undefined) return null
  const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(`${HEAD}.${body}`, key))]
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString()) // what we have signed is JSON
  return typeof claims === 'object' ? claims : null
}

function createSigner(key: KeyObject, service: string, callee: string): TokenSigner {
  const signed = new LRUCache<string, string>({
    max: 10_000,
    ttl: (LIFE_SECONDS - REUSE_UNTIL_SECONDS) * 1000,
    ttlResolution: CLOCK_MS,
  })
  return {
    async sign(viewer) {
      const cacheKey = viewer ? signedFor(viewer) : ''
      const cached = signed.get(cacheKey)
      if (cached) return cached
      const now = Math.floor(Date.now() / 1000) // read once: two readings may lie on both sides of a second
      const times = { iat: now, exp: now + LIFE_SECONDS }
      const token = sign({ ...(viewer && { viewer }), iss: service, aud: audienceOf(callee), ...times }, key)
      signed.set(cacheKey, token)
      return token
    },
  }
}

/** All that a token says of somebody. */
const signedFor = ({ id, role, sessionId, authTime, amr }: Bearer): string =>
  `${id} ${role} ${sessionId} ${authTime ?? ''} ${amr?.join() ?? ''}`

const isAhead = ({ iat }: Claims): boolean => Number(iat) > Date.now() / 1000 + CLOCK_AHEAD_SECONDS

/** Who calls by a token of which the signature is right; null for one that is not as ours are. */
function callerOf({ iss, aud, iat, exp, viewer }: Claims, service: string): Caller | null {
  if (aud !== audienceOf(service) || !isServiceName(iss) || !mayCall(iss, service)) return null
  if (typeof iat !== 'number' || typeof exp !== 'number') return null
  if (!(exp - iat <= LIFE_SECONDS) || isAhead({ iat })) return null
  if (viewer === undefined) return { service: iss, viewer: null }
  const device = deviceSchema.safeParse(viewer)
  if (device.success) return { service: iss, viewer: null, device: { id: device.data.id } }
  const enrolling = enrollingSchema.safeParse(viewer)
  if (enrolling.success) {
    const { role: _, ...person } = enrolling.data
    return { service: iss, viewer: null, enrolling: person }
  }
  const person = viewerSchema.safeParse(viewer)
  return person.success ? { service: iss, viewer: person.data } : null
}
