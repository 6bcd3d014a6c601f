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
  DATA_EXPORT_READY: ({ expiresAt }, say) => ({
    subject: 'Data Anda siap diunduh',
    paragraphs: [
      'Anda meminta semua data yang disimpan Karcis tentang Anda. Data tersebut sudah siap dalam satu berkas.',
      `Anda dapat mengunduhnya hingga ${say.time(expiresAt)}. Jika Anda tidak memintanya, ubah kata sandi Anda.`,
    ],
    action: { label: 'Unduh data Anda', url: say.url('/account/data') },
  }),
  SECOND_FACTOR_CHANGED: ({ change, name }, say) => ({
    subject: FACTOR_CHANGED[change](name ?? ''),
    paragraphs: [
      `${FACTOR_CHANGED[change](name ?? '')}. Jika itu Anda, tidak ada yang perlu dilakukan.`,
      'Jika itu bukan Anda, segera ganti kata sandi Anda, yang mengeluarkan semua perangkat lain, dan periksa faktor kedua akun Anda.',
    ],
    action: { label: 'Lihat perlindungan akun Anda', url: say.url('/account/security') },
  }),
  NEW_SIGN_IN: ({ at, browser, system, place }, say) => ({
    subject: 'Ada yang baru masuk ke akun Anda',
    paragraphs: [
      'Seseorang masuk ke akun Anda dari tempat dan perangkat yang belum pernah kami lihat dengan akun ini.',
      'Jika itu Anda, tidak ada yang perlu dilakukan. Jika bukan, segera akhiri sesi tersebut dan ganti kata sandi Anda.',
    ],
    facts: [
      ['Waktu', say.time(at)],
      ...(browser ? [['Peramban', browser] as [string, string]] : []),
      ...(system ? [['Perangkat', system] as [string, string]] : []),
      ...(place ? [['Jaringan', place] as [string, string]] : []),
    ],
    action: { label: 'Lihat sesi Anda', url: say.url('/account/sessions') },
  }),
  GOOGLE_CHANGED: ({ at, linked, email }, say) => ({
    subject: linked ? 'Anda kini dapat masuk dengan Google' : 'Anda tidak dapat lagi masuk dengan Google',
    paragraphs: [
      linked
        ? `Akun Google ${email} telah ditautkan dengan akun Anda: siapa pun yang dapat membukanya dapat masuk ke akun Anda.`
        : `Akun Google ${email} tidak lagi membuka akun Anda.`,
      'Jika ini bukan Anda, akhiri sesi yang tidak Anda kenal dan segera ganti kata sandi Anda.',
    ],
    facts: [['Waktu', say.time(at)]],
    action: { label: 'Lihat akun Anda', url: say.url('/account/sessions') },
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
