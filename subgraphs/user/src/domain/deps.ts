import type { Sealer } from '@karcis/kit/sealing'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { AccountById } from './accounts/account-store.ts'
import type { Db } from './database.ts'
import type { KeyedHashes } from './keyed-hashes.ts'
import type { Channel } from './notifications/channels/channel.ts'
import type { NotificationLive } from './notifications/notification-live.ts'
import type { GoogleIssuer } from './sign-in/google-issuer.ts'
import type { Passwords } from './passwords/passwords.ts'

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<Db> {
  passwords: Passwords
  accountById: AccountById
  signingKeys: SigningKeys
  keyedHashes: KeyedHashes
  /** For how long a used refresh token gives its successor again. */
  refreshGraceSeconds: number
  /** Null where no operator has set it up. */
  google: GoogleIssuer | null
  /** How long a session can be gone on with, however much it is used. */
  sessionMaxSeconds: number
  /** For how long somebody buys as a guest. */
  guestSessionHours: number
  /** Seals the one-time tokens of what is still to be sent. */
  messageSealer: Sealer
  /** The ways to people outside of the app, each at most once. */
  channels: readonly Channel[]
  /** Tells watchers what comes to their lists. */
  notificationLive: NotificationLive
  /** Where people open Karcis, without a slash at its end. */
  publicUrl: string
}
