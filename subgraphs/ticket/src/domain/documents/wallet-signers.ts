import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What Apple has given whoever runs this: an id for passes, and the certificate to sign them with. All of it is PEM. */
export interface AppleSigner {
  passTypeId: string
  teamId: string
  certificate: string
  privateKey: string
  passphrase: string | undefined
  /** Of Apple's Worldwide Developer Relations, which has signed the other. */
  wwdrCertificate: string
}

/**
 * What is wrong with a certificate and its key, as far as it can be seen here; null when nothing is. It never repeats what it was given.
 */
export function signerProblem(
  signer: Pick<AppleSigner, 'certificate' | 'privateKey' | 'passphrase' | 'wwdrCertificate'>,
): string | null {
  const certificate = attempt(() => new X509Certificate(signer.certificate))
  if (!certificate) return 'has a certificate that is none in PEM'
  if (!attempt(() => new X509Certificate(signer.wwdrCertificate)))
    return 'has a WWDR certificate that is none in PEM'
  const { passphrase, privateKey } = signer
  const key = attempt(() => createPrivateKey({ key: privateKey, passphrase: passphrase ?? '' }))
  if (key?.asymmetricKeyType !== 'rsa') return 'has a key that is none in PEM (RSA), or another passphrase'
  return certificate.checkPrivateKey(key) ? null : 'has a key that is not the one of its certificate'
}

function attempt<T>(make: () => T): T | null {
  try {
    return make()
  } catch {
    return null
  }
}

/** An account of Google's that may issue passes. */
export interface GoogleIssuer {
  issuerId: string
  serviceAccount: ServiceAccount
}

/** The address of a service account, and its private key (PKCS #8, PEM), as in the file that Google gives out. */
export interface ServiceAccount {
  client_email: string
  private_key: string
}

/** Whether a private key is one that Google's tokens can be signed with. */
export const signsForGoogle = ({ private_key: key }: ServiceAccount): boolean =>
  attempt(() => createPrivateKey(key))?.asymmetricKeyType === 'rsa'

/** PEM or JSON as it is, or in base64, which has no line breaks. */
export const plainText = (text: string): string =>
  /^\s*(-----BEGIN|\{)/.test(text) ? text : Buffer.from(text, 'base64').toString('utf8')
