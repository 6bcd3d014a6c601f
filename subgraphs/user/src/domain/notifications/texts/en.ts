import type { Texts } from './wording.ts'

/** What people are told in English. */
export const en: Texts = {
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
