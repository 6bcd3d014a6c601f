import { linksEn } from './links-en.ts'
import type { Texts } from './wording.ts'

/** What people are told in English. */
export const en: Texts = {
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
