import type { LinkTexts } from './wording.ts'

/** What is mailed to the owner of an address, most of it with a link that works once, in English. */
export const linksEn: LinkTexts = {
  VERIFY_EMAIL: ({ name, email }, say, secret) => ({
    subject: 'Welcome to Karcis: confirm your e-mail address',
    paragraphs: [
      `Hello ${name}, somebody has made a Karcis account with the address ${email}. If that was you, confirm that the address is yours.`,
      'The link works once, for 3 days. If it was not you, do nothing: without it the address stays unconfirmed.',
    ],
    action: { label: 'Confirm this address', url: say.url(`/verify-email#token=${secret}`) },
  }),
  RESET_PASSWORD: ({ name }, say, secret) => ({
    subject: 'Choose a new password for Karcis',
    paragraphs: [
      `Hello ${name}, somebody has asked for a new password for your account. If that was you, choose one now. You will be signed out everywhere.`,
      'The link works once, for an hour. If it was not you, do nothing: your password stays as it is.',
    ],
    action: { label: 'Choose a new password', url: say.url(`/reset-password#token=${secret}`) },
  }),
  SIGN_IN_LINK: ({ name }, say, secret) => ({
    subject: 'Your link to sign in to Karcis',
    paragraphs: [
      `Hello ${name}, this link signs you in. It works once, for a quarter of an hour. Do not pass it on.`,
      'If you have not asked for it, do nothing: nobody is signed in without it.',
    ],
    action: { label: 'Sign in', url: say.url(`/sign-in/link#token=${secret}`) },
  }),
  CONFIRM_NEW_EMAIL: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      `Hello ${name}, your Karcis account is to move from ${oldEmail} to ${newEmail}. Confirm that this address is yours.`,
      'The link works once, for a day. If you know nothing of it, do nothing: without it nothing changes.',
    ],
    action: { label: 'Confirm the new address', url: say.url(`/confirm-email-change#token=${secret}`) },
  }),
  CONFIRM_OLD_EMAIL: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Confirm that your e-mail address is to change',
    paragraphs: [
      `Hello ${name}, somebody who knows your password wants to move your Karcis account from ${oldEmail} to ${newEmail}. If that was you, confirm it here and at the new address.`,
      'The link works once, for a day. If it was not you, do not confirm it, and change your password now.',
    ],
    action: { label: 'Yes, change my address', url: say.url(`/confirm-email-change#token=${secret}`) },
  }),
  EMAIL_CHANGED: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Your e-mail address at Karcis has changed',
    paragraphs: [
      `Hello ${name}, your account has moved from ${oldEmail} to ${newEmail}. What we write to you goes there from now on.`,
      'If you did not want this, take it back within 7 days: the old address counts again, everybody is signed out, and you choose a new password.',
    ],
    action: { label: 'Take it back', url: say.url(`/undo-email-change#token=${secret}`) },
  }),
  EMAIL_CHANGE_UNDONE: ({ email }, say) => ({
    subject: 'Your old e-mail address counts again',
    paragraphs: [
      `Your account belongs to ${email} again. Everybody was signed out, and your password is gone: choose a new one before you sign in.`,
      'A link with Google, and second factors that were set up shortly before the address was changed or after, are gone too. Set up again what is yours.',
    ],
    action: { label: 'Choose a new password', url: say.url('/forgot-password') },
  }),
  PASSWORD_CHANGED: ({ by }, say) => ({
    subject: 'Your password at Karcis has changed',
    paragraphs: [
      by === 'LINK'
        ? 'Your password was changed by a link from your mailbox, and all devices were signed out.'
        : 'Your password was changed, and all other devices were signed out.',
      'If that was not you, choose a new one now.',
    ],
    action: { label: 'Choose a new password', url: say.url('/forgot-password') },
  }),
  PHONE_CODE: (_, __, secret) => ({
    subject: 'Your code to verify this number',
    paragraphs: ['It is good for 10 minutes. Nobody at Karcis will ask you for it.'],
    code: secret,
  }),
  CLAIM_PURCHASE: ({ name, email }, say, secret) => ({
    subject: 'Keep what you booked as a guest',
    paragraphs: [
      `Hello ${name}, you booked something on Karcis as a guest. Choose a password, and it moves into an account for ${email}, where you can see your bookings, find your tickets, hand them on and ask for your money back.`,
      'The link works once, for 180 days. Whoever has it has your tickets, so do not pass it on.',
    ],
    action: { label: 'Choose a password', url: say.url(`/claim#token=${secret}`) },
  }),
}
