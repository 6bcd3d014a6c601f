import type { Audited } from '@karcis/kit/contracts/audit'
import { createInvitationLinks } from '@karcis/kit/staff-invitations'
import { AUTH_CHANGES_PATH } from '@karcis/kit/contracts/auth-changes'
import {
  BOUNCES_PATH,
  OUTBOX_FOLDER,
  OUTBOX_PATH,
  SMS_STATUS_PATH,
  UNSUBSCRIBE_PATH,
} from '@karcis/kit/contracts/pages'
import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import { downloadFolder } from '@karcis/kit/contracts/downloads'
import { FILE_UPLOADS_FOLDER, FILES_FOLDER, STORAGE_PATH } from '@karcis/kit/contracts/files'
import type { EventHandlers, KarcisEvent } from '@karcis/kit/events'
import { createSealer } from '@karcis/kit/sealing'
import type { Logger } from '@karcis/kit/log'
import { createSigningKeys, type KeySchedule, rotateSigningKeys } from '@karcis/kit/signing-keys'
import { type RunningSubgraph, startSubgraph } from '@karcis/kit/subgraph'
import type { PageRequest, StreamRequest } from '@karcis/kit/subgraph/server'
import { mailAskedLink } from './domain/account-links/ask-for-link.ts'
import { ensureFirstAdmin } from './domain/account-management/first-admin.ts'
import { createAccountById } from './domain/accounts/account-store.ts'
import { insertAuditEntry } from './domain/audit/audit-store.ts'
import { keepSealing } from './domain/audit/seal-audit-log.ts'
import { collectDataExport, openDataExport, resumeDataExports } from './domain/data-exports/data-exports.ts'
import { createPersonalDataUrls } from './domain/data-exports/personal-data-urls.ts'
import type { Db, Tx } from './domain/database.ts'
import type { Deps } from './domain/deps.ts'
import { rememberAwaited, rememberPurchase } from './domain/guests/remember-purchase.ts'
import { resumePictureSizes, makePictureSizes } from './domain/files/pictures/make-picture-sizes.ts'
import { createPictures } from './domain/files/pictures/pictures.ts'
import { createDocumentUrls } from './domain/files/document-urls.ts'
import { openDocument, openPicture, takeUpload } from './domain/files/serve-files.ts'
import { chooseStorage } from './domain/files/storage/choose-storage.ts'
import { sweepUploads } from './domain/files/sweep-uploads.ts'
import { confirmEventImage } from './domain/files/use-upload.ts'
import { revokeConsent } from './domain/google-calendar/google-calendar.ts'
import { createGoogleCalendarApi } from './domain/google-calendar/google-calendar-api.ts'
import { createKeyedHashes } from './domain/keyed-hashes.ts'
import { takeBounce } from './domain/notifications/bounces/take-bounce.ts'
import { announceDue } from './domain/notifications/announcements/announce.ts'
import { reportsOfReviews } from './domain/content-reports/tell.ts'
import { mailInvitation } from './domain/notifications/announcements/invite-staff.ts'
import { announcing, wakeAfterEvents } from './domain/notifications/announcements/take-events.ts'
import { tellCampaigns } from './domain/notifications/campaigns/tell-campaigns.ts'
import { createChannels } from './domain/notifications/channels/channels.ts'
import { createCrowdTurns } from './domain/notifications/crowds.ts'
import { openOutbox, openOutboxMessage } from './domain/notifications/outbox/read-outbox.ts'
import { takeSmsStatus } from './domain/notifications/sms/take-status.ts'
import { unsubscribe } from './domain/notifications/unsubscribing/unsubscribe.ts'
import { dispatchDeliveries } from './domain/notifications/deliveries/dispatch-deliveries.ts'
import { createNotificationLive, publishGrowth } from './domain/notifications/notification-live.ts'
import { followNotices } from './domain/notifications/notify.ts'
import { createPasswords } from './domain/passwords/passwords.ts'
import { authChangesSince } from './domain/sessions/auth-changes.ts'
import { createGoogleIssuer, type GoogleIssuer } from './domain/sign-in/google-issuer.ts'
import type { UserSettings } from './env.ts'
import { type Prisma, PrismaClient } from './generated/prisma/client.ts'
import { announceRemindersJob, closeCampaignsJob, forgetting, openMissingPagesJob } from './jobs.ts'
import { type Context, createContext } from './request-context.ts'
import { resolvers } from './resolvers/index.ts'

const DAY_SECONDS = 86_400

/** A key signs until its successor does, up to two days longer than planned (daily check, one day ahead); then tokens live 15 minutes. */
const KEY_SCHEDULE: KeySchedule = { signsForDays: 30, publishedAheadMinutes: 24 * 60, publishedAfterDays: 7 }

/** An entry of the audit log that another subgraph tells of. */
const takeDeed = (tx: Tx, { payload, occurredAt }: KarcisEvent<Audited>): Promise<void> =>
  insertAuditEntry(tx, payload, occurredAt)

/** Those of each of them. */
const deeds: EventHandlers<Tx> = {
  'event.audited': takeDeed,
  'ticket.audited': takeDeed,
  'booking.audited': takeDeed,
}

/** Null where nobody has set it up. */
function googleOf(settings: UserSettings, log: Logger): GoogleIssuer | null {
  const { GOOGLE_ISSUER: issuer, GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } = settings
  if (!clientId || !clientSecret) return null
  return createGoogleIssuer(
    { issuer, clientId, clientSecret, redirectUris: settings.GOOGLE_REDIRECT_URIS },
    log,
  )
}

/** Starts the user subgraph on its migrated database. Closed by `close` or `await using`. */
export function createUserSubgraph(settings: UserSettings): Promise<RunningSubgraph<Deps>> {
  const hourly = forgetting(settings)
  const announcements = announcing(settings.EVENT_CHANGE_PAUSE_SECONDS)
  return startSubgraph<Prisma.TransactionClient, Db, Deps, Context>({
    name: 'user',
    settings,
    openDatabase: (options) => new PrismaClient(options),
    clients: { event: settings.EVENT_URL, ticket: settings.TICKET_URL, booking: settings.BOOKING_URL },
    async createDeps(base) {
      const passwords = await createPasswords(settings.PASSWORD_PEPPER, settings.BCRYPT_COST)
      const signingKeys = createSigningKeys(base.db, settings.KEY_ENCRYPTION_SECRET, KEY_SCHEDULE)
      const sealer = createSealer(settings.KEY_ENCRYPTION_SECRET)
      const channels = createChannels(settings, base, sealer)
      const pictures = createPictures()
      const deps: Deps = {
        ...base,
        passwords,
        signingKeys,
        keyedHashes: createKeyedHashes(settings.KEY_ENCRYPTION_SECRET),
        sealer,
        relyingParty: { id: settings.PASSKEY_RP_ID, origins: settings.PASSKEY_ORIGINS },
        secondFactorRoles: new Set(settings.SECOND_FACTOR_REQUIRED_FOR),
        refreshGraceSeconds: settings.REFRESH_GRACE_SECONDS,
        google: googleOf(settings, base.log),
        googleCalendar: settings.GOOGLE_CLIENT_ID
          ? createGoogleCalendarApi(settings.GOOGLE_CALENDAR_URL, base.log)
          : null,
        calendarSealer: createSealer(`calendars ${settings.KEY_ENCRYPTION_SECRET}`),
        sessionMaxSeconds: settings.SESSION_MAX_DAYS * DAY_SECONDS,
        guestSessionHours: settings.GUEST_SESSION_HOURS,
        messageSealer: createSealer(`messages ${settings.KEY_ENCRYPTION_SECRET}`),
        crowds: createCrowdTurns(base.db),
        channels: channels.all,
        outbox: channels.outbox,
        unsubscribeLinks: channels.unsubscribeLinks,
        bounces: channels.bounces,
        push: channels.push,
        sms: channels.sms,
        smsPrefixes: settings.SMS_PREFIXES,
        notificationLive: createNotificationLive(base, settings.LIVE_POLL_MS),
        publicUrl: settings.PUBLIC_URL,
        personalDataUrls: createPersonalDataUrls(settings.SERVICE_SECRET),
        invitationLinks: createInvitationLinks(settings.SERVICE_SECRET),
        ...chooseStorage(settings, base.log),
        pictures,
        documentUrls: createDocumentUrls(settings.SERVICE_SECRET),
        unusedUploadHours: settings.UNUSED_UPLOAD_HOURS,
        accountById: createAccountById(() => deps),
      }
      const sealing = keepSealing(base)
      const dispatcher = dispatchDeliveries(deps, {
        perSecond: {
          EMAIL: settings.EMAIL_PER_SECOND,
          PUSH: settings.PUSH_PER_SECOND,
          SMS: settings.SMS_PER_SECOND,
        },
        campaignsPerSecond: settings.CAMPAIGNS_PER_SECOND,
        attempts: settings.MESSAGE_ATTEMPTS,
      })
      const announcer = announceDue(deps)
      const campaigner = tellCampaigns(deps)
      wakeAfterEvents(base.db, () => announcer.wake())
      followNotices(base.db, (told) => {
        for (const [userId, revision] of told) publishGrowth(deps, userId, revision)
        dispatcher.wake()
      })
      return {
        deps,
        async close() {
          await sealing.close()
          deps.crowds.close()
          await announcer.close()
          await campaigner.close()
          await dispatcher.close()
          channels.close()
          deps.notificationLive.close()
          await pictures.close()
          await passwords.close()
        },
      }
    },
    async prepare(deps) {
      const { ADMIN_EMAIL, ADMIN_PASSWORD } = settings
      if (ADMIN_EMAIL && ADMIN_PASSWORD) await ensureFirstAdmin(deps, ADMIN_EMAIL, ADMIN_PASSWORD)
    },
    createContext,
    resolvers,
    jobs: [
      announceRemindersJob,
      openMissingPagesJob,
      closeCampaignsJob,
      rotateSigningKeys,
      collectDataExport,
      resumeDataExports,
      mailAskedLink,
      revokeConsent,
      makePictureSizes,
      resumePictureSizes,
      sweepUploads,
      ...hourly,
    ],
    crons: [
      { job: announceRemindersJob.name, match: '* * * * *' },
      { job: openMissingPagesJob.name, match: '*/5 * * * *' },
      { job: closeCampaignsJob.name, match: '*/10 * * * *' },
      { job: rotateSigningKeys.name, match: '7 2 * * *' },
      { job: resumeDataExports.name, match: '* * * * *' },
      { job: resumePictureSizes.name, match: '* * * * *' },
      { job: sweepUploads.name, match: '*/10 * * * *' },
      ...hourly.map(({ name: job }) => ({ job, match: '37 * * * *' })),
    ],
    audit: insertAuditEntry,
    inbox: (deps) => ({
      ...deeds,
      ...announcements,
      async 'event.changed'(tx: Tx, event) {
        await announcements['event.changed']?.(tx, event)
        const { id, status, imageUploadId } = event.payload
        if (status === 'DELETED') await confirmEventImage(tx, id, null)
        else if (imageUploadId !== undefined) await confirmEventImage(tx, id, imageUploadId)
      },
      ...reportsOfReviews,
      async 'event.review-moderated'(tx: Tx, event) {
        await announcements['event.review-moderated']?.(tx, event)
        await reportsOfReviews['event.review-moderated'](tx, event)
      },
      'event.staff-invited': (tx: Tx, { payload }) => mailInvitation(deps, tx, payload),
      async 'booking.changed'(tx: Tx, event) {
        await announcements['booking.changed']?.(tx, event)
        if (event.payload.status === 'PAID') await rememberPurchase(deps, tx, event.payload)
      },
      async 'booking.payment-awaited'(tx: Tx, event) {
        const { userId, payUntil } = event.payload
        await announcements['booking.payment-awaited']?.(tx, event)
        await rememberAwaited(deps, tx, { eventId: event.id, userId, payUntil: new Date(payUntil) })
      },
    }),
    routes: (deps) => ({
      [JWKS_PATH]: async () => ({ keys: await deps.signingKeys.published() }),
      [AUTH_CHANGES_PATH]: (query) => authChangesSince(deps, query.get('since')),
      [OUTBOX_PATH]: { answer: (request: PageRequest) => openOutbox(deps.outbox, request) },
      [OUTBOX_FOLDER]: { answer: (request: PageRequest) => openOutboxMessage(deps.outbox, request) },
      [UNSUBSCRIBE_PATH]: { answer: (request: PageRequest) => unsubscribe(deps, request) },
      [BOUNCES_PATH]: { answer: (request: PageRequest) => takeBounce(deps, request) },
      [STORAGE_PATH]: async () => ({ problem: (await deps.storage?.problem()) ?? null }),
      [FILE_UPLOADS_FOLDER]: {
        method: 'PUT',
        take: (name: string, request: StreamRequest) => takeUpload(deps, name, request),
      },
      [FILES_FOLDER]: { method: 'GET', open: (name: string) => openPicture(deps, name) },
      [downloadFolder('document')]: { method: 'GET', open: (name: string) => openDocument(deps, name) },
      [SMS_STATUS_PATH]: { answer: (request: PageRequest) => takeSmsStatus(deps, request) },
      [downloadFolder('personalData')]: { method: 'GET', open: (name: string) => openDataExport(deps, name) },
    }),
  })
}
