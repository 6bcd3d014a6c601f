import type { ApiError, ApiErrorCode } from '../../api/api-error.ts'

/** "Coba lagi" in so long. */
const wait = ({ retryAfterSeconds: seconds }: ApiError): string => {
  if (seconds === undefined) return 'Tunggu sebentar, lalu coba lagi.'
  return seconds < 90
    ? `Coba lagi dalam ${Math.ceil(seconds)} detik.`
    : `Coba lagi dalam ${Math.ceil(seconds / 60)} menit.`
}

/** The reason that the API gives, in its own words. */
const reason = ({ extensions }: ApiError): string =>
  typeof extensions.reason === 'string' ? `Alasannya: ${extensions.reason}` : 'Alasannya tidak disebutkan.'

/** By code: what happened, and what to do. */
export const errors = {
  OFFLINE: {
    title: 'Anda sedang luring',
    text: 'Sambungkan perangkat ke internet, lalu coba lagi. Tiket Anda tetap bisa dibuka.',
  },
  UNREACHABLE: {
    title: 'Karcis tidak menjawab',
    text: 'Sambungan terputus atau server sedang sibuk. Coba lagi sebentar lagi; yang sudah Anda isi tetap ada.',
  },
  UNAUTHENTICATED: {
    title: 'Silakan masuk dulu',
    text: 'Sesi Anda sudah berakhir. Masuk lagi untuk melanjutkan.',
  },
  FORBIDDEN: {
    title: 'Akun ini tidak punya akses',
    text: 'Masuk dengan akun lain, atau minta akses kepada penyelenggara.',
  },
  NOT_FOUND: {
    title: 'Tidak ditemukan',
    text: 'Alamatnya mungkin salah, atau isinya sudah tidak ada. Periksa tautannya, atau cari dari halaman depan.',
  },
  BAD_USER_INPUT: {
    title: 'Ada isian yang belum benar',
    text: 'Perbaiki isian yang ditandai, lalu kirim lagi.',
  },
  CONFLICT: {
    title: 'Keadaannya sudah berubah',
    text: 'Ini sudah dilakukan, atau tidak bisa dilakukan lagi. Muat ulang halaman untuk melihat yang terbaru.',
  },
  RATE_LIMITED: { title: 'Terlalu banyak percobaan', text: wait },
  SERVICE_UNAVAILABLE: { title: 'Sebagian layanan sedang sibuk', text: wait },
  INTERNAL_SERVER_ERROR: {
    title: 'Terjadi kesalahan di pihak kami',
    text: ({ extensions }: ApiError) =>
      typeof extensions.requestId === 'string'
        ? `Coba lagi. Bila tetap terjadi, sebutkan nomor ini saat melapor: ${extensions.requestId}`
        : 'Coba lagi. Bila tetap terjadi, muat ulang halaman.',
  },
  INVALID_CREDENTIALS: {
    title: 'Tidak cocok',
    text: 'Yang Anda masukkan tidak benar. Periksa lagi, atau gunakan cara lain.',
  },
  TOKEN_EXPIRED: { title: 'Tautan sudah kedaluwarsa', text: 'Minta tautan yang baru.' },
  TOKEN_REUSED: {
    title: 'Tautan sudah dipakai',
    text: 'Setiap tautan hanya berlaku sekali. Minta yang baru.',
  },
  EMAIL_TAKEN: {
    title: 'Alamat email ini sudah punya akun',
    text: 'Masuk dengan alamat itu, atau gunakan alamat lain.',
  },
  ACCOUNT_SUSPENDED: { title: 'Akun ini ditangguhkan', text: reason },
  EVENT_NOT_BOOKABLE: {
    title: 'Acara ini tidak bisa dipesan',
    text: 'Penjualannya belum dibuka atau sudah ditutup. Simpan acaranya agar Anda dikabari.',
  },
  ROOM_NOT_AVAILABLE: { title: 'Ruangan sudah terpakai', text: 'Pilih waktu atau ruangan lain.' },
  SALE_NOT_OPEN: {
    title: 'Tiket ini belum dijual',
    text: 'Lihat jadwal penjualannya, atau pilih tiket lain.',
  },
  SOLD_OUT: {
    title: 'Sisanya tidak cukup',
    text: ({ extensions: { remaining } }: ApiError) =>
      typeof remaining === 'number' && remaining > 0
        ? `Tinggal ${remaining}. Kurangi jumlahnya, atau pilih tiket lain.`
        : 'Tiketnya habis. Pilih tiket lain, atau masuk daftar tunggu.',
  },
  SEATS_UNAVAILABLE: {
    title: 'Kursi itu baru saja diambil orang lain',
    text: 'Kursi yang Anda pilih sudah tidak tersedia. Pilih kursi lain di peta.',
  },
  ORPHAN_SEAT: {
    title: 'Satu kursi akan tertinggal sendirian',
    text: 'Geser pilihan Anda satu kursi agar tidak ada kursi kosong yang terjepit.',
  },
  HOLD_EXPIRED: {
    title: 'Waktu pemesanan habis',
    text: 'Kursi Anda dilepas kembali. Pilih lagi untuk memulai.',
  },
  LIMIT_EXCEEDED: {
    title: 'Melebihi batas',
    text: ({ extensions: { limit, remaining } }: ApiError) =>
      typeof limit === 'number'
        ? `Batasnya ${limit} per orang${typeof remaining === 'number' ? `; Anda masih bisa ${remaining}` : ''}.`
        : 'Ini lebih banyak daripada yang diizinkan untuk satu orang.',
  },
  QUEUE_REQUIRED: {
    title: 'Ada antrean untuk acara ini',
    text: 'Masuk ke ruang tunggu dulu; giliran Anda dijaga.',
  },
  PROMO_INVALID: {
    title: 'Kode promo tidak berlaku',
    text: 'Kodenya salah, sudah habis, atau bukan untuk pesanan ini. Anda bisa lanjut tanpa kode.',
  },
  BOOKING_NOT_PAYABLE: {
    title: 'Pesanan ini tidak bisa dibayar',
    text: 'Pesanan sudah dibayar, dibatalkan, atau kedaluwarsa. Lihat keadaannya di Tiket saya.',
  },
  PAYMENT_DECLINED: {
    title: 'Pembayaran ditolak',
    text: 'Tidak ada uang yang ditarik. Coba lagi, atau pilih cara bayar lain.',
  },
  INSUFFICIENT_BALANCE: { title: 'Saldo tidak cukup', text: 'Isi saldo dompet, atau pilih cara bayar lain.' },
  REFUND_NOT_ALLOWED: {
    title: 'Tidak bisa dikembalikan',
    text: 'Batas waktu pengembalian sudah lewat, atau tiket ini tidak bisa dikembalikan.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    title: 'Pesanan ini sudah dikirim',
    text: 'Pesanan dengan nomor yang sama sudah ada. Lihat di Tiket saya sebelum mencoba lagi.',
  },
  TICKET_INVALID: { title: 'Tiket tidak berlaku', text: 'Bukan tiket acara ini, atau sudah tidak berlaku.' },
  ALREADY_CHECKED_IN: { title: 'Tiket sudah dipakai', text: 'Tiket ini sudah dipindai di pintu masuk.' },
  SECOND_FACTOR_REQUIRED: {
    title: 'Perlu langkah kedua',
    text: 'Akun ini dilindungi langkah kedua. Masukkan kodenya, atau pasang dulu di Keamanan.',
  },
  STEP_UP_REQUIRED: {
    title: 'Pastikan bahwa ini Anda',
    text: 'Untuk langkah ini, buktikan sekali lagi bahwa ini Anda.',
  },
  SALES_PAUSED: { title: 'Penjualan sedang dijeda', text: reason },
} as const satisfies Record<ApiErrorCode, { title: string; text: string | ((error: ApiError) => string) }>
