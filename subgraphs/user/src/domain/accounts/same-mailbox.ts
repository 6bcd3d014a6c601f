const GOOGLE = new Set(['gmail.com', 'googlemail.com'])

/**
 * One spelling for all addresses that are known to reach one mailbox: what follows a `+` in the local part only sorts mail, and
 * Google's mailboxes do not care for dots. For telling people apart, never to send anything to.
 * @param email normalized.
 */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf('@')
  const [local, domain] = [email.slice(0, at), email.slice(at + 1)]
  const plain = local.replace(/(?<=.)\+.*$/, '')
  return GOOGLE.has(domain) ? `${plain.replaceAll('.', '')}@gmail.com` : `${plain}@${domain}`
}
