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
  DATA_EXPORT_READY: ({ expiresAt }, say) => ({
    subject: 'Your data is ready to download',
    paragraphs: [
      'You asked for everything that Karcis keeps about you. It is ready, as one file.',
      `You can download it until ${say.time(expiresAt)}. If you did not ask for it, change your password.`,
    ],
    action: { label: 'Download your data', url: say.url('/account/data') },
  }),
  SECOND_FACTOR_CHANGED: ({ change, name }, say) => ({
    subject: FACTOR_CHANGED[change](name ?? ''),
    paragraphs: [
      `${FACTOR_CHANGED[change](name ?? '')}. If that was you, there is nothing to do.`,
      'If it was not you, change your password at once, which signs out all other devices, and look at your second factors.',
    ],
    action: { label: 'See how your account is protected', url: say.url('/account/security') },
  }),
  NEW_SIGN_IN: ({ at, browser, system, place }, say) => ({
    subject: 'A new sign-in to your account',
    paragraphs: [
      'Somebody has signed in to your account from a place and a device that we had not seen with it before.',
      'If it was you, there is nothing to do. If not, end that session and choose another password at once.',
    ],
    facts: [
      ['When', say.time(at)],
      ...(browser ? [['Browser', browser] as [string, string]] : []),
      ...(system ? [['Device', system] as [string, string]] : []),
      ...(place ? [['Network', place] as [string, string]] : []),
    ],
    action: { label: 'Look at your sessions', url: say.url('/account/sessions') },
  }),
  GOOGLE_CHANGED: ({ at, linked, email }, say) => ({
    subject: linked ? 'You can now sign in with Google' : 'You can no longer sign in with Google',
    paragraphs: [
      linked
        ? `The Google account ${email} has been linked with your account: whoever can open it can sign in to yours.`
        : `The Google account ${email} no longer opens your account.`,
      'If this was not you, end the sessions that you do not know and choose another password at once.',
    ],
    facts: [['When', say.time(at)]],
    action: { label: 'Look at your account', url: say.url('/account/sessions') },
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
