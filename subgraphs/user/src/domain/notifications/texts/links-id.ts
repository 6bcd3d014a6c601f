import type { LinkTexts } from './wording.ts'

/** The same in Indonesian. */
export const linksId: LinkTexts = {
  VERIFY_EMAIL: ({ name, email }, say, secret) => ({
    subject: 'Selamat datang di Karcis: konfirmasi alamat email Anda',
    paragraphs: [
      `Halo ${name}, seseorang telah membuat akun Karcis dengan alamat ${email}. Jika itu Anda, konfirmasikan bahwa alamat ini milik Anda.`,
      'Tautan ini berlaku satu kali, selama 3 hari. Jika bukan Anda, abaikan saja: tanpa konfirmasi, alamat ini tetap belum terverifikasi.',
    ],
    action: { label: 'Konfirmasi alamat ini', url: say.url(`/verify-email#token=${secret}`) },
  }),
  RESET_PASSWORD: ({ name }, say, secret) => ({
    subject: 'Buat kata sandi baru untuk Karcis',
    paragraphs: [
      `Halo ${name}, seseorang meminta kata sandi baru untuk akun Anda. Jika itu Anda, buat kata sandi baru sekarang. Anda akan keluar dari semua perangkat.`,
      'Tautan ini berlaku satu kali, selama satu jam. Jika bukan Anda, abaikan saja: kata sandi Anda tidak berubah.',
    ],
    action: { label: 'Buat kata sandi baru', url: say.url(`/reset-password#token=${secret}`) },
  }),
  SIGN_IN_LINK: ({ name }, say, secret) => ({
    subject: 'Tautan masuk Anda ke Karcis',
    paragraphs: [
      `Halo ${name}, tautan ini membuat Anda masuk. Tautan berlaku satu kali, selama lima belas menit. Jangan bagikan kepada siapa pun.`,
      'Jika Anda tidak memintanya, abaikan saja: tanpa tautan ini tidak ada yang masuk.',
    ],
    action: { label: 'Masuk', url: say.url(`/sign-in/link#token=${secret}`) },
  }),
  CONFIRM_NEW_EMAIL: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Konfirmasi alamat email baru Anda',
    paragraphs: [
      `Halo ${name}, akun Karcis Anda akan pindah dari ${oldEmail} ke ${newEmail}. Konfirmasikan bahwa alamat ini milik Anda.`,
      'Tautan ini berlaku satu kali, selama satu hari. Jika Anda tidak mengetahuinya, abaikan saja: tanpa konfirmasi tidak ada yang berubah.',
    ],
    action: { label: 'Konfirmasi alamat baru', url: say.url(`/confirm-email-change#token=${secret}`) },
  }),
  CONFIRM_OLD_EMAIL: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Konfirmasi perubahan alamat email Anda',
    paragraphs: [
      `Halo ${name}, seseorang yang mengetahui kata sandi Anda ingin memindahkan akun Karcis Anda dari ${oldEmail} ke ${newEmail}. Jika itu Anda, konfirmasikan di sini dan di alamat baru.`,
      'Tautan ini berlaku satu kali, selama satu hari. Jika bukan Anda, jangan konfirmasikan, dan segera ganti kata sandi Anda.',
    ],
    action: { label: 'Ya, ganti alamat saya', url: say.url(`/confirm-email-change#token=${secret}`) },
  }),
  EMAIL_CHANGED: ({ name, oldEmail, newEmail }, say, secret) => ({
    subject: 'Alamat email Anda di Karcis telah berubah',
    paragraphs: [
      `Halo ${name}, akun Anda telah pindah dari ${oldEmail} ke ${newEmail}. Mulai sekarang kami menulis ke alamat itu.`,
      'Jika Anda tidak menghendakinya, batalkan dalam 7 hari: alamat lama berlaku lagi, semua perangkat keluar, dan Anda membuat kata sandi baru.',
    ],
    action: { label: 'Batalkan perubahan', url: say.url(`/undo-email-change#token=${secret}`) },
  }),
  EMAIL_CHANGE_UNDONE: ({ email }, say) => ({
    subject: 'Alamat email lama Anda berlaku lagi',
    paragraphs: [
      `Akun Anda kembali menjadi milik ${email}. Semua perangkat telah keluar, dan kata sandi Anda dihapus: buat yang baru sebelum masuk.`,
      'Tautan dengan Google, dan faktor kedua yang dipasang sesaat sebelum alamat diganti atau sesudahnya, juga dihapus. Pasang lagi yang memang milik Anda.',
    ],
    action: { label: 'Buat kata sandi baru', url: say.url('/forgot-password') },
  }),
  PASSWORD_CHANGED: ({ by }, say) => ({
    subject: 'Kata sandi Anda di Karcis telah berubah',
    paragraphs: [
      by === 'LINK'
        ? 'Kata sandi Anda diganti melalui tautan dari kotak surat Anda, dan semua perangkat telah keluar.'
        : 'Kata sandi Anda telah diganti, dan semua perangkat lain telah keluar.',
      'Jika bukan Anda, segera buat kata sandi baru.',
    ],
    action: { label: 'Buat kata sandi baru', url: say.url('/forgot-password') },
  }),
  PHONE_CODE: (_, __, secret) => ({
    subject: 'Kode Anda untuk memverifikasi nomor ini',
    paragraphs: ['Berlaku 10 menit. Tidak ada orang Karcis yang akan menanyakannya.'],
    code: secret,
  }),
  CLAIM_PURCHASE: ({ name, email }, say, secret) => ({
    subject: 'Simpan pesanan Anda sebagai tamu',
    paragraphs: [
      `Halo ${name}, Anda telah memesan di Karcis sebagai tamu. Buat kata sandi, dan pesanan Anda tersimpan dalam akun untuk ${email}: di sana Anda melihat pesanan Anda, menemukan tiket Anda, meneruskannya, dan meminta pengembalian dana.`,
      'Tautan ini berlaku satu kali, selama 180 hari. Siapa pun yang memilikinya memiliki tiket Anda, jadi jangan bagikan.',
    ],
    action: { label: 'Buat kata sandi', url: say.url(`/claim#token=${secret}`) },
  }),
}
