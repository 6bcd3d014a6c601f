import { defineJob, type Job } from '@karcis/kit/jobs'
import { retention } from '@karcis/kit/retention'
import { z } from 'zod'
import type { Deps } from './domain/deps.ts'
import { announceReminders } from './domain/notifications/announcements/announce.ts'
import { closeCampaigns } from './domain/notifications/campaigns/tell-campaigns.ts'
import { forgetGuests } from './domain/guests/forget-guests.ts'
import { openMissingPages } from './domain/organizers/pages.ts'
import type { UserSettings } from './env.ts'

type Kept = Pick<
  UserSettings,
  | 'REFRESH_TOKEN_RETENTION_DAYS'
  | 'KNOWN_PLACE_RETENTION_DAYS'
  | 'PROPOSAL_RETENTION_DAYS'
  | 'REPORT_RETENTION_DAYS'
  | 'AUDIT_ADDRESS_RETENTION_DAYS'
  | 'GUEST_RETENTION_DAYS'
  | 'NOTIFICATION_RETENTION_DAYS'
  | 'DELIVERY_RETENTION_DAYS'
>

/** Every minute: reminders that have become due. */
export const announceRemindersJob = defineJob({
  name: 'announce-reminders',
  schema: z.object({}),
  run: (deps: Deps) => announceReminders(deps),
})

/** Every few minutes: organizers from before there were pages have one. */
export const openMissingPagesJob = defineJob({
  name: 'open-missing-organizer-pages',
  schema: z.object({}),
  run: (deps: Deps) => openMissingPages(deps),
})

/** Every ten minutes: campaigns of which nothing waits any more. */
export const closeCampaignsJob = defineJob({
  name: 'close-campaigns',
  schema: z.object({}),
  run: (deps: Deps) => closeCampaigns(deps),
})

/** What was announced is known for so long, so that it is not announced again. */
const ANNOUNCEMENT_DAYS = 400

/** A sealed key that no token can be signed by any more, for people who look into something. */
const KEY_DAYS = 30

/** The jobs that forget what sign-ins leave behind and what was decided long ago, to be run every hour. */
export const forgetting = (settings: Kept): Job<Record<string, never>, Deps>[] => [
  // Expired tokens stay known for a while, so that whoever comes back with one is told what it is.
  retention({
    name: 'forget-refresh-tokens',
    table: 'refresh_tokens',
    since: 'expires_at',
    keepForDays: settings.REFRESH_TOKEN_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-sessions',
    table: 'sessions',
    since: 'expires_at',
    // A process of an earlier version moves no `expires_at` on.
    where:
      'NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = sessions.id AND t.expires_at > now())',
    keepForDays: settings.REFRESH_TOKEN_RETENTION_DAYS,
  }),
  // As expired tokens; a move to another address goes with the links that are about it.
  retention({
    name: 'forget-account-links',
    table: 'account_links',
    since: 'expires_at',
    keepForDays: settings.REFRESH_TOKEN_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-email-changes',
    table: 'email_changes',
    since: 'expires_at',
    keepForDays: settings.REFRESH_TOKEN_RETENTION_DAYS,
  }),
  defineJob({
    name: 'forget-guests',
    schema: z.object({}),
    run: (deps: Deps, _payload, closing) => forgetGuests(deps, settings.GUEST_RETENTION_DAYS, closing),
  }),
  retention({
    name: 'forget-login-attempts',
    table: 'login_attempts',
    since: 'window_ends_at',
    keepForDays: 0,
  }),
  retention({
    name: 'forget-challenges',
    table: 'sign_in_challenges',
    since: 'expires_at',
    keepForDays: 0,
  }),
  retention({
    name: 'forget-phone-codes',
    table: 'phone_codes',
    since: 'expires_at',
    keepForDays: 0,
  }),
  retention({
    name: 'forget-calendar-consents',
    table: 'google_calendar_consents',
    since: 'expires_at',
    keepForDays: 0,
  }),
  retention({
    name: 'forget-provider-sign-ins',
    table: 'provider_sign_ins',
    since: 'expires_at',
    keepForDays: 0,
  }),
  // Who has not signed in from a place for so long is a stranger there.
  retention({
    name: 'forget-known-places',
    table: 'known_places',
    since: 'seen_at',
    keepForDays: settings.KNOWN_PLACE_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-proposals',
    table: 'organizer_proposals',
    since: 'reviewed_at',
    keepForDays: settings.PROPOSAL_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-content-reports',
    table: 'content_reports',
    since: 'decided_at',
    where: 'decided_at IS NOT NULL',
    keepForDays: settings.REPORT_RETENTION_DAYS,
  }),
  // With its parts, which are what is personal of it.
  retention({
    name: 'forget-data-exports',
    table: 'data_exports',
    since: 'expires_at',
    keepForDays: 0,
  }),
  // What somebody did stays; from where is needed as long as somebody may look into it.
  retention({
    name: 'forget-audit-addresses',
    table: 'audit_addresses',
    since: 'noted_at',
    keepForDays: settings.AUDIT_ADDRESS_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-notifications',
    table: 'notifications',
    since: 'created_at',
    where:
      "NOT EXISTS (SELECT FROM deliveries d WHERE d.notification_id = notifications.id AND d.state = 'WAITING')",
    keepForDays: settings.NOTIFICATION_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-announcements',
    table: 'announcements',
    since: 'done_at',
    where: 'done_at IS NOT NULL',
    keepForDays: ANNOUNCEMENT_DAYS,
  }),
  // Its notifications are read with what it says, so they go first.
  retention({
    name: 'forget-campaigns',
    table: 'campaigns',
    since: 'closed_at',
    where: 'closed_at IS NOT NULL',
    keepForDays: settings.NOTIFICATION_RETENTION_DAYS + 1,
  }),
  // An address is kept no longer than somebody may ask what became of a message.
  retention({
    name: 'forget-deliveries',
    table: 'deliveries',
    since: 'ended_at',
    keepForDays: settings.DELIVERY_RETENTION_DAYS,
  }),
  retention({
    name: 'forget-signing-keys',
    table: 'kit.signing_keys',
    since: 'published_until',
    keepForDays: KEY_DAYS,
  }),
]
