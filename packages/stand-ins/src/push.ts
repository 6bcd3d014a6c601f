import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  verify,
} from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { BodyTooLarge, closeHttp, createHttpServer, listen, readBytes } from '@karcis/kit/http'

const HOST = '127.0.0.1' // whoever knows an endpoint may push to it: it is nobody's but this machine's
/** What a push service has to take at least is what this one takes at most (RFC 8030, section 7.2). */
const BODY_LIMIT = 4_096
/** A word of VAPID is good for a day at most (RFC 8292, section 2). */
const WORD_SECONDS = 86_400

/** A push as the browser has it, once it has decrypted it. */
export interface ReceivedPush {
  /** What the service worker is given. */
  text: string
  ttlSeconds: number
  urgency: string
  topic: string | null
}

/** What a page hands to its server: `PushSubscription.toJSON()`, flat. */
export interface SubscriptionKeys {
  endpoint: string
  p256dh: string
  auth: string
}

/** A browser with a subscription. */
export interface Browser {
  readonly keys: SubscriptionKeys
  /** Pushes in the order of their arrival. While it is off they are none: the service keeps them. */
  readonly received: readonly ReceivedPush[]
  /** Nothing reaches it; of what is sent meanwhile with one topic it will have the last. */
  switchOff(): void
  /** It is given all that has been kept. */
  switchOn(): void
  /** As a person does who takes the permission back: from now on its endpoint is 410. */
  unsubscribe(): void
}

/** How the service answers instead of taking a push; or what it does once it has taken one: break off, or say nothing at all. */
export type PushFault = { status: number; retryAfter?: string } | { taken: 'drop' | 'hang' }

/** A running push service, and the browsers that belong to it. */
export interface PushService extends AsyncDisposable {
  readonly url: string
  /** What becomes of the next pushes, one after the other; then all are taken. */
  readonly faults: PushFault[]
  /** Why pushes were refused, by a status of 400 to 403. */
  readonly refusals: string[]
  /** Pushes that were asked for, taken or not. */
  readonly asked: number
  /** Connections since the start. */
  readonly connections: number
  /** @param applicationServerKey in base64url, as `subscribe` takes it: only whoever has its private key reaches the browser. */
  subscribe(applicationServerKey: string): Browser
}

interface Kept {
  applicationServerKey: string
  isGone: boolean
  isOff: boolean
  ecdh: ECDH
  auth: Buffer
  received: ReceivedPush[]
  waiting: ReceivedPush[]
}

/**
 * Starts a push service that speaks RFC 8030, knows who sends by RFC 8292 (VAPID), and decrypts what comes for its browsers as they do (RFC 8291, 8188).
 */
export async function startPushService(): Promise<PushService> {
  const browsers = new Map<string, Kept>()
  const faults: PushFault[] = []
  const refusals: string[] = []
  let [asked, connections] = [0, 0]

  /** The status, and what is said beside it. */
  async function take(
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<{ status: number; text?: string }> {
    const browser = browsers.get(path)
    if (!browser) return { status: 404 }
    if (browser.isGone) return { status: 410 }
    const refuse = (status: number, text: string) => {
      refusals.push(text)
      return { status, text }
    }
    const problem = vapidProblem(headers.authorization ?? '', url, browser.applicationServerKey)
    if (problem) return refuse(problem.status, problem.text)
    const { ttl, topic, urgency = 'normal' } = headers
    if (typeof ttl !== 'string' || !/^\d+$/.test(ttl)) return refuse(400, 'TTL is missing, or no number')
    if (topic !== undefined && !(typeof topic === 'string' && /^[\w-]{1,32}$/.test(topic)))
      return refuse(400, 'Topic is too long, or has other characters')
    if (typeof urgency !== 'string' || !/^(very-low|low|normal|high)$/.test(urgency))
      return refuse(400, 'Urgency is none that there is')
    if (headers['content-encoding'] !== 'aes128gcm') return refuse(400, 'Content-Encoding is not aes128gcm')
    let text: string
    try {
      text = decrypt(browser, body)
    } catch (error) {
      return refuse(400, `cannot be decrypted: ${(error as Error).message}`)
    }
    const push: ReceivedPush = { text, ttlSeconds: Number(ttl), urgency, topic: topic ?? null }
    if (!browser.isOff) browser.received.push(push)
    else {
      if (push.topic !== null)
        browser.waiting = browser.waiting.filter(({ topic: other }) => other !== push.topic)
      browser.waiting.push(push)
    }
    return { status: 201 }
  }

  const server = createHttpServer((request, response) => {
    asked += 1
    const { method, headers, url: path = '' } = request
    void readBytes(request, BODY_LIMIT)
      .then(async (body) => {
        const fault = faults.shift()
        if (fault && 'status' in fault) {
          const retry = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
          return response.writeHead(fault.status, retry).end()
        }
        if (method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end()
        const { status, text } = await take(path, headers, body)
        if (fault) return fault.taken === 'drop' ? request.socket.resetAndDestroy() : undefined
        const location =
          status === 201 ? { location: `${url}/message/${randomBytes(12).toString('hex')}` } : {}
        return response.writeHead(status, location).end(text)
      })
      .catch((error: unknown) => {
        if (error instanceof BodyTooLarge) response.writeHead(413, { connection: 'close' }).end()
        else request.socket.destroy()
      })
  })
  server.on('connection', () => {
    connections += 1
  })
  const url = `http://${HOST}:${await listen(server, 0, HOST)}`

  return {
    url,
    faults,
    refusals,
    get asked() {
      return asked
    },
    get connections() {
      return connections
    },
    subscribe(applicationServerKey) {
      const path = `/push/${randomBytes(24).toString('base64url')}`
      const ecdh = createECDH('prime256v1')
      ecdh.generateKeys()
      const auth = randomBytes(16)
      const kept: Kept = {
        applicationServerKey,
        isGone: false,
        isOff: false,
        ecdh,
        auth,
        received: [],
        waiting: [],
      }
      browsers.set(path, kept)
      return {
        keys: {
          endpoint: url + path,
          p256dh: ecdh.getPublicKey('base64url'),
          auth: auth.toString('base64url'),
        },
        received: kept.received,
        switchOff() {
          kept.isOff = true
        },
        switchOn() {
          kept.isOff = false
          kept.received.push(...kept.waiting.splice(0))
        },
        unsubscribe() {
          kept.isGone = true
        },
      }
    },
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}

/** What is wrong with who says to have sent it (RFC 8292); null when nothing is. */
function vapidProblem(
  authorization: string,
  origin: string,
  applicationServerKey: string,
): { status: 401 | 403; text: string } | null {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization) ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  if (signature === '') return { status: 401, text: 'Authorization is no word of VAPID' }
  if (key !== applicationServerKey)
    return { status: 403, text: 'k is not the key that the browser subscribed with' }
  const point = Buffer.from(key, 'base64url')
  const publicKey = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  })
  const signed = Buffer.from(`${head}.${claims}`)
  const isRight = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!isRight) return { status: 403, text: 'the signature is not right' }
  const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const now = Date.now() / 1_000
  if (alg !== 'ES256') return { status: 403, text: 'alg is not ES256' }
  if (aud !== origin) return { status: 403, text: 'aud is another service' }
  if (typeof exp !== 'number' || exp <= now || exp > now + WORD_SECONDS)
    return { status: 403, text: 'exp is over, or more than a day away' }
  if (!/^(mailto:.+@.+|https:\/\/.+)$/.test(String(sub)))
    return { status: 403, text: 'sub is neither mailto: nor https:' }
  return null
}

/** As a browser does it: the record of RFC 8188, with the keys of RFC 8291. @throws Error for what is not for it. */
function decrypt({ ecdh, auth }: Pick<Kept, 'ecdh' | 'auth'>, body: Buffer): string {
  const salt = body.subarray(0, 16)
  const recordSize = body.readUInt32BE(16)
  const senderKey = body.subarray(21, 21 + (body[20] ?? 0))
  const record = body.subarray(21 + senderKey.length)
  if (record.length > recordSize) throw new Error('more than one record')
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), senderKey])
  const secret = hkdf(ecdh.computeSecret(senderKey), auth, info, 32)
  const key = hkdf(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = hkdf(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce)
  decipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error('the last record does not end as one')
  return padded.subarray(0, end).toString('utf8')
}

const hkdf = (secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, bytes))
