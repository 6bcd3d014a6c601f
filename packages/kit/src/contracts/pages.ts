/** Pages of the user subgraph, through the router's port: the same paths at both. */

/** What would have been sent, in development: the list, and behind the slash each message. */
export const OUTBOX_PATH = '/outbox'
export const OUTBOX_FOLDER = '/outbox/'

/** Asks whether somebody wants no more mails of a kind, and takes their word for it (RFC 8058). */
export const UNSUBSCRIBE_PATH = '/mail/unsubscribe'

/** Where a mail server brings what says that a mail could not be delivered. */
export const BOUNCES_PATH = '/mail/bounces'

/** Where a provider of text messages tells what became of one. */
export const SMS_STATUS_PATH = '/sms/status'

/** What of a request goes on to the subgraph, beside its body. */
export const PAGE_REQUEST_HEADERS: readonly string[] = ['content-type']

/** What of an answer goes on to whoever asked. */
export const PAGE_HEADERS: readonly string[] = [
  'allow',
  'cache-control',
  'content-disposition',
  'content-security-policy',
  'content-type',
]
