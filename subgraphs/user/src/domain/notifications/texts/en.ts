import type { FactorChange } from '../../second-factors/factor-change.ts'
import { linksEn } from './links-en.ts'
import type { Texts } from './wording.ts'

const FACTOR_CHANGED: Record<FactorChange, (name: string) => string> = {
  TOTP_ENABLED: () => 'An authenticator app was set up for your account',
  TOTP_DISABLED: () => 'The authenticator app of your account was taken away',
  PASSKEY_ADDED: (name) => `The passkey “${name}” was added to your account`,
  PASSKEY_REMOVED: (name) => `The passkey “${name}” was removed from your account`,
  RECOVERY_CODES_REPLACED: () => 'Your account has new recovery codes',
  RECOVERY_CODE_USED: () => 'A recovery code of your account was used',
}

/** What people are told in English. */
export const en: Texts = {
  SECOND_FACTOR_CHANGED: ({ change, name }, say) => ({
    subject: FACTOR_CHANGED[change](name ?? ''),
    paragraphs: [
      `${FACTOR_CHANGED[change](name ?? '')}. If that was you, there is nothing to do.`,
      'If it was not you, change your password at once, which signs out all other devices, and look at your second factors.',
    ],
    action: { label: 'See how your account is protected', url: say.url('/account/security') },
  }),
  ...linksEn,
  PROPOSAL_REVIEWED: ({ name, decision, message }, say) =>
    decision === 'APPROVED'
      ? {
          subject: `${name} may hold events on Karcis`,
          paragraphs: [
            `Your proposal for ${name} has been accepted: you are an organizer now.`,
            ...(message ? [message] : []),
          ],
          action: { label: 'Create an event', url: say.url('/organize') },
        }
      : {
          subject: `Your proposal for ${name} was not accepted`,
          paragraphs: [
            `We have looked at your proposal for ${name} and cannot accept it as it is.`,
            ...(message ? [message] : []),
            'You may submit another one.',
          ],
          action: { label: 'Submit another proposal', url: say.url('/organize') },
        },
}
