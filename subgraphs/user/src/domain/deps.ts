import type { InvitationLinks } from '@karcis/kit/staff-invitations'
import type { Role } from '@karcis/kit/contracts/tokens'
import type { Sealer } from '@karcis/kit/sealing'
import type { PacedTurns } from '@karcis/kit/pace'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { AccountById } from './accounts/account-store.ts'
import type { Db } from './database.ts'
import type { PersonalDataUrls } from './data-exports/personal-data-urls.ts'
import type { Pictures } from './files/pictures/pictures.ts'
import type { DocumentUrls } from './files/document-urls.ts'
import type { DiskStorage } from './files/storage/disk-storage.ts'
import type { Storage } from './files/storage/storage.ts'
import type { GoogleCalendarApi } from './google-calendar/google-calendar-api.ts'
import type { KeyedHashes } from './keyed-hashes.ts'
import type { BounceIntake } from './notifications/bounces/bounce-intake.ts'
import type { Channel } from './notifications/channels/channel.ts'
import type { CaughtMessages } from './notifications/outbox/caught-messages.ts'
import type { UnsubscribeLinks } from './notifications/unsubscribing/unsubscribe-links.ts'
import type { NotificationLive } from './notifications/notification-live.ts'
import type { SmsAccount } from './notifications/sms/sms-provider.ts'
import type { GoogleIssuer } from './sign-in/google-issuer.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { RelyingParty } from './second-factors/webauthn.ts'

/** How pushes are sent. */
export interface Push {
  /** What browsers subscribe with; null where no pushes are sent. */
  publicKey: string | null
  /** Whether push services on this machine are allowed. */
  loopback: boolean
}

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<Db> {
  passwords: Passwords
  accountById: AccountById
  signingKeys: SigningKeys
  keyedHashes: KeyedHashes
  /** Seals the secrets of authenticator apps. */
  sealer: Sealer
  relyingParty: RelyingParty
  /** Roles that may do nothing without a second factor. */
  secondFactorRoles: ReadonlySet<Role>
  /** For how long a used refresh token gives its successor again. */
  refreshGraceSeconds: number
  /** Null where no operator has set it up. */
  google: GoogleIssuer | null
  /** The same of its Calendar API. */
  googleCalendar: GoogleCalendarApi | null
  /** Seals what people consented to there. */
  calendarSealer: Sealer
  /** How long a session can be gone on with, however much it is used. */
  sessionMaxSeconds: number
  /** For how long somebody buys as a guest. */
  guestSessionHours: number
  /** Seals the one-time tokens of what is still to be sent. */
  messageSealer: Sealer
  /** Links by which people join the staff of an event. */
  invitationLinks: InvitationLinks
  /** How all who tell crowds take turns in this process. */
  crowds: PacedTurns
  /** The ways to people outside of the app, each at most once. */
  channels: readonly Channel[]
  push: Push
  /** By whom text messages are sent; null where no operator has set it up. */
  sms: SmsAccount | null
  /** How numbers begin that codes are sent to. */
  smsPrefixes: readonly string[]
  /** What would have been sent, in development; else null. */
  outbox: CaughtMessages | null
  unsubscribeLinks: UnsubscribeLinks
  /** How mails come back that cannot be delivered; null where nothing is set to bring them. */
  bounces: BounceIntake | null
  /** Tells watchers what comes to their lists. */
  notificationLive: NotificationLive
  /** Where people open Karcis, without a slash at its end. */
  publicUrl: string
  /** Links to what is kept of people. */
  personalDataUrls: PersonalDataUrls
  /** Where files are kept that people send; null where no operator has set it up. */
  storage: Storage | null
  /** The same where that is our own disk, to which they are sent through us; else null. */
  intake: DiskStorage | null
  pictures: Pictures
  /** Links to documents. */
  documentUrls: DocumentUrls
  /** For so long a file is kept that nothing uses. */
  unusedUploadHours: number
}
