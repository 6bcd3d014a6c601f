import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A server's key and certificate, as PEM. */
export interface Certified {
  key: string
  cert: string
}

/** Who certifies servers, and is trusted by nobody yet. */
export interface Authority {
  /** Its own certificate, as PEM. */
  cert: string
  /** A certificate for a name; one of a day ago where it is to be out of date. */
  issue(name: string, options?: { expired?: boolean }): Certified
}

const DAY_MS = 86_400_000
/** Object identifiers, as their DER content. */
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
}

/** A value in DER: its tag, its length, its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)
const TRUE = der(0x01, Buffer.from([0xff]))

/** As UTCTime. */
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))

const named = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name)))))

const extension = (id: string, isCritical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(isCritical ? [TRUE] : []), der(0x04, value))

const pem = (bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/** Makes an authority of its own, by RFC 5280: elliptic curve P-256, as any other of today. @param called what certificates say of who issued them. */
export function makeAuthority(called: string): Authority {
  const name = named(called)
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  function certify(subject: Buffer, key: KeyObject, until: number, more: Buffer): string {
    const algorithm = sequence(oid(OID.ecdsaWithSha256))
    const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)])
    const toSign = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))), // version 3
      der(0x02, serial),
      algorithm,
      name,
      sequence(time(until - 3 * DAY_MS), time(until)),
      subject,
      key.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(more)),
    )
    return pem(sequence(toSign, algorithm, bits(sign('sha256', toSign, own.privateKey))))
  }

  return {
    cert: certify(
      name,
      own.publicKey,
      Date.now() + DAY_MS,
      extension(OID.basicConstraints, true, sequence(TRUE)),
    ),
    issue(host, { expired = false } = {}) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const names = extension(OID.subjectAltName, false, sequence(der(0x82, Buffer.from(host))))
      const until = Date.now() + (expired ? -DAY_MS : DAY_MS)
      return {
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        cert: certify(named(host), publicKey, until, names),
      }
    },
  }
}
