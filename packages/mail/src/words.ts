/** The languages that mails are written in. */
export type Language = 'EN' | 'ID'

/** What is said around every mail. */
interface Words {
  /** Above the address of a button, for clients that show none. */
  otherwise: string
  /** Why somebody gets what they may turn off. */
  chosen: string
  /** Why somebody gets what they may not. */
  needed: string
  unsubscribe: string
}

export const WORDS: Record<Language, Words> = {
  EN: {
    otherwise: 'If the button does not work, open this address:',
    chosen: 'You get this mail because your Karcis account is set to be told of such things.',
    needed:
      'You get this mail because somebody used this address at Karcis. It is about an account, a ticket or a payment, so it cannot be turned off.',
    unsubscribe: 'No more mails of this kind',
  },
  ID: {
    otherwise: 'Jika tombolnya tidak berfungsi, buka alamat ini:',
    chosen: 'Anda menerima email ini karena akun Karcis Anda diatur untuk dikabari tentang hal seperti ini.',
    needed:
      'Anda menerima email ini karena alamat ini dipakai di Karcis. Isinya tentang akun, tiket, atau pembayaran, sehingga tidak dapat dimatikan.',
    unsubscribe: 'Jangan kirim email jenis ini lagi',
  },
}
