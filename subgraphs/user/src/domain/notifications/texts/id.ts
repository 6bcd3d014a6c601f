import type { Texts } from './wording.ts'

/** The same in Indonesian. */
export const id: Texts = {
  PROPOSAL_REVIEWED: ({ name, decision, message }, say) =>
    decision === 'APPROVED'
      ? {
          subject: `${name} kini dapat menyelenggarakan acara di Karcis`,
          paragraphs: [
            `Pengajuan Anda untuk ${name} telah diterima: Anda kini adalah penyelenggara.`,
            ...(message ? [message] : []),
          ],
          action: { label: 'Buat acara', url: say.url('/organize') },
        }
      : {
          subject: `Pengajuan Anda untuk ${name} belum dapat diterima`,
          paragraphs: [
            `Kami telah meninjau pengajuan Anda untuk ${name} dan belum dapat menerimanya.`,
            ...(message ? [message] : []),
            'Anda dapat mengajukan kembali.',
          ],
          action: { label: 'Ajukan kembali', url: say.url('/organize') },
        },
}
