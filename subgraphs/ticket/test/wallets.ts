import { createHash, generateKeyPairSync, type KeyObject, verify, X509Certificate } from 'node:crypto'
import forge from 'node-forge'

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const name = (text: string) => [{ name: 'commonName', value: text }]

/** A certificate that an authority of our own has signed, as Apple's would: PEM. */
export function appleCertificates() {
  const issue = (subject: string, publicKey: KeyObject, issuer: string, issuerKey: KeyObject): string => {
    const certificate = forge.pki.createCertificate()
    certificate.publicKey = forge.pki.publicKeyFromPem(
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    )
    certificate.serialNumber = '01'
    certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
    certificate.setSubject(name(subject))
    certificate.setIssuer(name(issuer))
    certificate.sign(forge.pki.privateKeyFromPem(pemOf(issuerKey)), forge.md.sha256.create())
    return forge.pki.certificateToPem(certificate)
  }
  const [authority, own] = [keyPair(), keyPair()]
  return {
    wwdrCertificate: issue('WWDR of a test', authority.publicKey, 'WWDR of a test', authority.privateKey),
    certificate: issue('Pass Type ID of a test', own.publicKey, 'WWDR of a test', authority.privateKey),
    privateKey: pemOf(own.privateKey),
    strangeKey: pemOf(keyPair().privateKey),
  }
}

export const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** A service account, as in the file that Google gives out. */
export function serviceAccount() {
  const { publicKey, privateKey } = keyPair()
  return {
    publicKey,
    account: { client_email: 'karcis@project.iam.gserviceaccount.com', private_key: pemOf(privateKey) },
  }
}

/** The files of a ZIP whose files are stored as they are, by name (APPNOTE 4.3.7). */
export function filesOf(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const [method, size, nameLength, extra] = [
      zip.readUInt16LE(at + 8),
      zip.readUInt32LE(at + 18),
      zip.readUInt16LE(at + 26),
      zip.readUInt16LE(at + 28),
    ]
    if (method !== 0) throw new Error('a file is compressed')
    const from = at + 30 + nameLength + extra
    files.set(zip.toString('utf8', at + 30, at + 30 + nameLength), zip.subarray(from, from + size))
    at = from + size
  }
  return files
}

/**
 * Whether a detached signature (PKCS #7, RFC 5652) of a manifest is by a certificate: the attributes that are signed name the manifest's
 * own hash, and their signature is the certificate's.
 */
export function isSignedBy(signature: Buffer, manifest: Buffer, certificate: string): boolean {
  const message = forge.pkcs7.messageFromAsn1(
    forge.asn1.fromDer(signature.toString('binary')),
  ) as unknown as {
    rawCapture: { authenticatedAttributes: forge.asn1.Asn1[]; digestAlgorithm: string; signature: string }
  }
  const { authenticatedAttributes, digestAlgorithm, signature: signed } = message.rawCapture
  const hash = forge.pki.oids[forge.asn1.derToOid(digestAlgorithm)] ?? ''
  const der = (value: forge.asn1.Asn1) => Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary')
  const digest = createHash(hash).update(manifest).digest()
  const names = authenticatedAttributes.some((attribute) => der(attribute).includes(digest))
  // Signed is the set of them, whatever the tag says that they have in the message (RFC 5652, 5.4).
  const set = forge.asn1.create(
    forge.asn1.Class.UNIVERSAL,
    forge.asn1.Type.SET,
    true,
    authenticatedAttributes,
  )
  const key = new X509Certificate(certificate).publicKey
  return names && verify(hash, der(set), key, Buffer.from(signed, 'binary'))
}
