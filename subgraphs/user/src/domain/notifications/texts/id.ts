import type { FactorChange } from '../../second-factors/factor-change.ts'
import { linksId } from './links-id.ts'
import type { Texts } from './wording.ts'

const FACTOR_CHANGED: Record<FactorChange, (name: string) => string> = {
  TOTP_ENABLED: () => 'Aplikasi autentikator telah dipasang untuk akun Anda',
  TOTP_DISABLED: () => 'Aplikasi autentikator akun Anda telah dilepas',
  PASSKEY_ADDED: (name) => `Kunci sandi “${name}” telah ditambahkan ke akun Anda`,
  PASSKEY_REMOVED: (name) => `Kunci sandi “${name}” telah dihapus dari akun Anda`,
  RECOVERY_CODES_REPLACED: () => 'Akun Anda memiliki kode pemulihan baru',
  RECOVERY_CODE_USED: () => 'Satu kode pemulihan akun Anda telah digunakan',
}

/** The same in Indonesian. */
export const id: Texts = {
  SECOND_FACTOR_CHANGED: ({ change, name }, say) => ({
    subject: FACTOR_CHANGED[change](name ?? ''),
    paragraphs: [
      `${FACTOR_CHANGED[change](name ?? '')}. Jika itu Anda, tidak ada yang perlu dilakukan.`,
      'Jika itu bukan Anda, segera ganti kata sandi Anda, yang mengeluarkan semua perangkat lain, dan periksa faktor kedua akun Anda.',
    ],
    action: { label: 'Lihat perlindungan akun Anda', url: say.url('/account/security') },
  }),
  ...linksId,
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
