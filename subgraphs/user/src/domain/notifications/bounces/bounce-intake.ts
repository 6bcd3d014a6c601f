import { createReturnPaths, type ReturnPaths } from '@karcis/mail/return-paths'
import type { UserSettings } from '../../../env.ts'

/** Who may bring mails that came back, and which mail they are of. */
export interface BounceIntake {
  secret: string
  returnPaths: ReturnPaths
}

/** Null where nothing is set to bring them. */
export function createBounceIntake(settings: UserSettings): BounceIntake | null {
  const { MAIL_BOUNCE, MAIL_BOUNCE_SECRET, KEY_ENCRYPTION_SECRET } = settings
  if (MAIL_BOUNCE === undefined || MAIL_BOUNCE_SECRET === undefined) return null
  return {
    secret: MAIL_BOUNCE_SECRET,
    returnPaths: createReturnPaths(MAIL_BOUNCE, KEY_ENCRYPTION_SECRET),
  }
}
