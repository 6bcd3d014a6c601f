import type { StaffRole } from '@karcis/kit/contracts/event-staff'
import type { FactorChange } from '../../second-factors/factor-change.ts'
import type { EventFacts } from '../kinds.ts'
import type { Formatter } from './formatter.ts'
import { linksId } from './links-id.ts'
import type { Texts } from './wording.ts'

const STAFF_ROLE: Record<StaffRole, string> = {
  DOOR: 'petugas pintu masuk',
  SALES: 'petugas penjualan',
  EDITOR: 'editor',
}

const FACTOR_CHANGED: Record<FactorChange, (name: string) => string> = {
  TOTP_ENABLED: () => 'Aplikasi autentikator telah dipasang untuk akun Anda',
  TOTP_DISABLED: () => 'Aplikasi autentikator akun Anda telah dilepas',
  PASSKEY_ADDED: (name) => `Kunci sandi “${name}” telah ditambahkan ke akun Anda`,
  PASSKEY_REMOVED: (name) => `Kunci sandi “${name}” telah dihapus dari akun Anda`,
  RECOVERY_CODES_REPLACED: () => 'Akun Anda memiliki kode pemulihan baru',
  RECOVERY_CODE_USED: () => 'Satu kode pemulihan akun Anda telah digunakan',
}

const when = (
  { startsAt, timezone, place }: Omit<EventFacts, 'eventId' | 'title'>,
  say: Formatter,
): [string, string][] => [
  ['Waktu', say.time(startsAt, timezone)],
  ...(place === null ? [] : [['Tempat', place] satisfies [string, string]]),
]

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
  SECOND_FACTORS_RESET: ({ reason }, say) => ({
    subject: 'Faktor kedua akun Anda telah dilepas',
    paragraphs: [
      'Kami telah melepas aplikasi autentikator, kunci sandi, dan kode pemulihan akun Anda, serta mengeluarkan semua perangkat. Mulai sekarang akun Anda terbuka tanpa langkah kedua.',
      'Jika Anda yang memintanya, masuklah dan pasang faktor kedua yang baru. Jika bukan, segera ganti kata sandi Anda dan hubungi kami.',
    ],
    facts: [['Alasan', reason]],
    action: { label: 'Pasang faktor kedua', url: say.url('/account/security') },
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
  PHONE_ENDED: ({ ending, reason }, say) => ({
    subject: 'Kami tidak lagi mengirim SMS ke ponsel Anda',
    paragraphs: [
      reason === 'UNSUBSCRIBED'
        ? `Nomor Anda yang berakhiran ${ending} membalas STOP ke SMS kami, jadi tidak ada lagi yang dikirim ke sana. Untuk menerimanya lagi, balas START, lalu verifikasi nomor itu sekali lagi.`
        : `SMS kami tidak sampai ke nomor Anda yang berakhiran ${ending}, jadi kami tidak lagi mengirim ke sana. Jika nomornya benar, verifikasi sekali lagi.`,
    ],
    action: { label: 'Lihat nomor ponsel Anda', url: say.url('/account/preferences') },
  }),
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
  PAYMENT_AWAITED: ({ title, amount, currency, payUntil, bookingId, ...event }, say) => ({
    subject: `Tempat Anda untuk ${title} menunggu pembayaran`,
    paragraphs: [
      `Tempat Anda untuk ${title} sudah disimpan. Anda membayar langsung kepada penyelenggara; cara membayarnya tercantum pada pesanan Anda.`,
      'Begitu penyelenggara mencatat bahwa uangnya sudah diterima, kami mengirimkan tiket Anda. Tempat yang tidak dibayar tepat waktu akan diberikan kepada orang lain.',
    ],
    facts: [
      ['Yang harus dibayar', say.money(amount, currency)],
      ['Bayar sebelum', say.time(payUntil)],
      ...when(event, say),
    ],
    action: { label: 'Lihat cara membayar', url: say.url(`/bookings/${bookingId}`) },
  }),
  PURCHASE: ({ title, ticketIds, amount, currency, bookingId, ...event }, say) => ({
    subject: `Tiket Anda untuk ${title}`,
    paragraphs: [
      `Terima kasih! ${say.count(ticketIds.length)} tiket Anda untuk ${title} sudah tersedia. Tunjukkan kodenya di pintu masuk.`,
    ],
    facts: [
      ...when(event, say),
      ['Tiket', say.count(ticketIds.length)],
      ['Total', say.money(amount, currency)],
    ],
    action: { label: 'Lihat tiket', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_TO_REVIEW: ({ eventId, title, amount, currency, reviewBy, message }, say) => ({
    subject: `Permintaan pengembalian dana untuk ${title} menunggu Anda`,
    paragraphs: [
      `Seorang pembeli meminta pengembalian dana untuk ${title}. Tiketnya tetap berlaku sampai Anda memutuskan; setelah batas waktu di bawah, keputusan mengikuti kebijakan pengembalian Anda.`,
      ...(message ? [message] : []),
    ],
    facts: [
      ['Jumlah', say.money(amount, currency)],
      ['Putuskan sebelum', say.time(reviewBy)],
    ],
    action: { label: 'Putuskan', url: say.url(`/organize/${eventId}/refunds`) },
  }),
  REFUND_REQUESTED: ({ title, amount, currency, reviewBy, bookingId }, say) => ({
    subject: `Permintaan pengembalian dana Anda untuk ${title} kami terima`,
    paragraphs: [`Penyelenggara ${title} akan memutuskannya. Kami kabari begitu ada keputusan.`],
    facts: [
      ['Jumlah', say.money(amount, currency)],
      ['Diputuskan sebelum', say.time(reviewBy)],
    ],
    action: { label: 'Lihat pesanan', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_APPROVED: ({ title, amount, currency, message, bookingId }, say) => ({
    subject: `Pengembalian dana untuk ${title} disetujui`,
    paragraphs: [
      `Permintaan pengembalian dana Anda untuk ${title} telah disetujui. Dana sedang diproses.`,
      ...(message ? [message] : []),
    ],
    facts: [['Jumlah', say.money(amount, currency)]],
    action: { label: 'Lihat pesanan', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_REJECTED: ({ title, message, bookingId }, say) => ({
    subject: `Pengembalian dana untuk ${title} tidak disetujui`,
    paragraphs: [
      `Permintaan pengembalian dana Anda untuk ${title} tidak disetujui. Tiket Anda tetap seperti semula.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'Lihat pesanan', url: say.url(`/bookings/${bookingId}`) },
  }),
  REFUND_PAID: ({ title, amount, currency, message, whole, bookingId }, say) => ({
    subject: `Dana untuk ${title} dikembalikan`,
    paragraphs: [
      whole
        ? `Seluruh pembayaran Anda untuk ${title} telah dikembalikan.`
        : `Sebagian pembayaran Anda untuk ${title} telah dikembalikan.`,
      ...(message ? [message] : []),
      'Ke dompet, dana masuk seketika; ke kartu atau rekening bank dapat memakan waktu beberapa hari.',
    ],
    facts: [['Dikembalikan sejauh ini', say.money(amount, currency)]],
    action: { label: 'Lihat pesanan', url: say.url(`/bookings/${bookingId}`) },
  }),
  EVENT_CHANGED: ({ title, timeChanged, placeChanged, refundUntil, ...event }, say) => ({
    subject: timeChanged
      ? `Waktu ${placeChanged ? 'dan tempat ' : ''}${title} berubah`
      : placeChanged
        ? `Tempat ${title} berubah`
        : `${title} berubah`,
    paragraphs: [
      `Ada perubahan pada ${title}. Tiket Anda tetap berlaku. Beginilah jadwalnya sekarang:`,
      ...(refundUntil
        ? [`Jika Anda tidak dapat hadir, seluruh dana dapat diminta kembali sampai ${say.time(refundUntil)}.`]
        : []),
    ],
    facts: when(event, say),
    action: { label: 'Lihat acara', url: say.url(`/events/${event.eventId}`) },
  }),
  EVENT_CANCELLED: ({ title, reason, ...event }, say) => ({
    subject: `${title} dibatalkan`,
    paragraphs: [
      `Mohon maaf, ${title} dibatalkan oleh penyelenggaranya.`,
      ...(reason ? [reason] : []),
      'Seluruh pembayaran Anda akan dikembalikan. Anda tidak perlu melakukan apa pun.',
    ],
    facts: when(event, say),
    action: { label: 'Lihat pesanan', url: say.url('/bookings') },
  }),
  REMINDER_DAY: ({ title, ...event }, say) => ({
    subject: `Besok: ${title}`,
    paragraphs: [`${title} akan berlangsung sekitar satu hari lagi. Siapkan tiket Anda.`],
    facts: when(event, say),
    action: { label: 'Lihat tiket', url: say.url('/tickets') },
  }),
  REMINDER_SOON: ({ title, ...event }, say) => ({
    subject: `Sebentar lagi: ${title}`,
    paragraphs: [`${title} dimulai sekitar dua jam lagi. Siapkan tiket Anda.`],
    facts: when(event, say),
    action: { label: 'Lihat tiket', url: say.url('/tickets') },
  }),
  WAITLIST_OFFER: ({ title, places, quantity, expiresAt, holdId, ...event }, say) => ({
    subject: `Tempat untuk ${title} disimpan bagi Anda sampai ${say.time(expiresAt)}`,
    paragraphs: [
      places === quantity
        ? `Yang Anda tunggu sudah tersedia: ${say.count(places)} tempat untuk ${title}, disimpan bagi Anda sampai batas waktu di bawah.`
        : `${say.count(places)} dari ${say.count(quantity)} tempat untuk ${title} yang Anda tunggu sudah tersedia dan disimpan bagi Anda. Anda dapat menunggu sisanya sampai batas waktu di bawah, atau mengambil yang ada.`,
    ],
    facts: [...when(event, say), ['Disimpan sampai', say.time(expiresAt)]],
    action: { label: 'Pesan sekarang', url: say.url(`/checkout/${holdId}`) },
  }),
  WAITLIST_EXPIRED: ({ title, eventId }, say) => ({
    subject: `Tempat Anda untuk ${title} beralih ke antrean berikutnya`,
    paragraphs: [
      `Waktu penyimpanan tempat untuk ${title} sudah habis, sehingga ditawarkan kepada yang berikutnya. Anda dapat masuk daftar tunggu lagi.`,
    ],
    action: { label: 'Lihat acara', url: say.url(`/events/${eventId}`) },
  }),
  TICKET_SENT: ({ title, name, ...event }, say) => ({
    subject: `Tiket Anda untuk ${title} kini milik ${name}`,
    paragraphs: [
      `Anda telah mengalihkan tiket ${title} kepada ${name}. Kode yang lama tidak berlaku lagi.`,
      'Jika bukan Anda yang melakukannya, segera ganti kata sandi Anda dan hubungi penyelenggara.',
    ],
    facts: when(event, say),
    action: { label: 'Lihat tiket Anda', url: say.url('/tickets') },
  }),
  TICKET_RECEIVED: ({ title, name, ticketId, ...event }, say) => ({
    subject: `${name} memberi Anda tiket ${title}`,
    paragraphs: [`Tiket untuk ${title} kini milik Anda. Tunjukkan kodenya di pintu masuk.`],
    facts: when(event, say),
    action: { label: 'Lihat tiket', url: say.url(`/tickets/${ticketId}`) },
  }),
  TICKET_RESOLD: ({ title, ...event }, say) => ({
    subject: `Tiket Anda untuk ${title} terjual`,
    paragraphs: [
      `Tiket ${title} yang Anda tawarkan telah dibeli. Tiket itu tidak berlaku lagi, dan dananya sedang dikembalikan kepada Anda.`,
    ],
    facts: when(event, say),
    action: { label: 'Lihat pesanan Anda', url: say.url('/bookings') },
  }),
  GUEST_INVITED: ({ title, ticketId, ...event }, say) => ({
    subject: `Anda diundang ke ${title}`,
    paragraphs: [
      `Penyelenggara ${title} mengundang Anda: sebuah tiket sudah menjadi milik Anda. Tunjukkan kodenya di pintu masuk.`,
    ],
    facts: when(event, say),
    action: { label: 'Lihat tiket', url: say.url(`/tickets/${ticketId}`) },
  }),
  STAFF_INVITED: ({ title, roles, expiresAt }, say, secret) => ({
    subject: `Anda diminta membantu ${title}`,
    paragraphs: [
      `Penyelenggara ${title} di Karcis ingin Anda membantu. Masuklah dengan akun beralamat ini, atau buat akun, lalu terima undangannya.`,
      `Tautan ini berlaku satu kali, sampai ${say.time(expiresAt)}. Jika Anda tidak mengetahuinya, abaikan saja, atau tolak di sana.`,
    ],
    facts: [['Sebagai', roles.map((role) => STAFF_ROLE[role]).join(', ')]],
    action: { label: 'Lihat undangan', url: say.url(`/staff/invitation#token=${secret}`) },
  }),
  STAFF_JOINED: ({ eventId, title, name, roles }, say) => ({
    subject: `${name} kini membantu ${title}`,
    paragraphs: [`${name} telah menerima undangan Anda untuk menjadi staf ${title}.`],
    facts: [['Sebagai', roles.map((role) => STAFF_ROLE[role]).join(', ')]],
    action: { label: 'Lihat staf', url: say.url(`/organize/${eventId}/staff`) },
  }),
  STAFF_ENDED: ({ title }) => ({
    subject: `Anda bukan lagi staf ${title}`,
    paragraphs: [
      `Anda tidak lagi termasuk staf ${title}. Apa yang telah Anda lakukan di sana tetap berlaku.`,
    ],
  }),
  GUEST_EXPECTED: ({ title, name, email, ...event }, say) => ({
    subject: `Anda diundang ke ${title}`,
    paragraphs: [
      `Halo ${name}, penyelenggara ${title} mengundang Anda dan menyimpan satu tiket untuk Anda.`,
      `Daftarlah dengan ${email} dan konfirmasikan bahwa alamat itu milik Anda: tiketnya lalu ada di akun Anda, dengan kode untuk pintu masuk.`,
    ],
    facts: when(event, say),
    action: { label: 'Daftar untuk tiket Anda', url: say.url('/sign-up') },
  }),
  ALMOST_SOLD_OUT: ({ title, left, ...event }, say) => ({
    subject: `Hampir habis: ${title}`,
    paragraphs: [`${title} dalam daftar keinginan Anda tinggal ${say.count(left)} tempat.`],
    facts: when(event, say),
    action: { label: 'Beli tiket', url: say.url(`/events/${event.eventId}`) },
  }),
  SELLING_OUT: ({ title, left, eventId }, say) => ({
    subject: `${title} hampir habis`,
    paragraphs: [`Acara Anda ${title} tinggal ${say.count(left)} tempat.`],
    action: { label: 'Lihat penjualan', url: say.url(`/organize/${eventId}`) },
  }),
  CAMPAIGN: ({ title, organizer, subject, body, ...event }, say) => ({
    subject,
    paragraphs: [
      ...body.split(/\n{2,}/),
      `${organizer} mengirimkan ini tentang ${title}, karena Anda meminta penawaran dari penyelenggara.`,
    ],
    facts: when(event, say),
    action: { label: 'Lihat acara', url: say.url(`/events/${event.eventId}`) },
  }),
  NEW_EVENT: ({ title, organizer, ...event }, say) => ({
    subject: `Baru dari ${organizer}: ${title}`,
    paragraphs: [`${organizer}, yang Anda ikuti, mengadakan acara baru: ${title}.`],
    facts: when(event, say),
    action: { label: 'Lihat acara', url: say.url(`/events/${event.eventId}`) },
  }),
  EVENT_REVIEWED: ({ title, decision, message, eventId }, say) => ({
    subject: decision === 'APPROVED' ? `${title} disetujui` : `${title} tidak disetujui`,
    paragraphs: [
      decision === 'APPROVED'
        ? `Acara Anda ${title}, atau perubahannya, telah disetujui.`
        : `Acara Anda ${title}, atau perubahannya, tidak disetujui.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'Lihat acara Anda', url: say.url(`/organize/${eventId}`) },
  }),
  CATEGORY_SUGGESTION_DECIDED: ({ name, decision, message }, say) => ({
    subject:
      decision === 'APPROVED' ? `Kategori ${name} kini tersedia` : `Kategori ${name} tidak ditambahkan`,
    paragraphs: [
      decision === 'APPROVED'
        ? `Kategori ${name} yang Anda usulkan telah ditambahkan dan dapat dipakai untuk acara Anda.`
        : `Kategori ${name} yang Anda usulkan tidak ditambahkan.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'Lihat acara Anda', url: say.url('/organize') },
  }),
  REVIEWS_RECEIVED: ({ reviews, events }, say) => ({
    subject: `Anda mendapat ${say.count(reviews)} ulasan baru`,
    paragraphs: [
      'Pengunjung acara Anda menceritakan pengalaman mereka.',
      'Anda dapat menjawab setiap ulasan; jawaban Anda dapat dibaca semua orang.',
    ],
    facts: events.map(({ title, reviews: some }) => [title, say.count(some)]),
    action: { label: 'Baca ulasan', url: say.url(`/organize/${events[0]?.eventId ?? ''}`) },
  }),
  REVIEW_ANSWERED: ({ title, eventId }, say) => ({
    subject: `Ulasan Anda tentang ${title} dijawab`,
    paragraphs: [`Penyelenggara ${title} menjawab ulasan Anda; jawabannya dapat dibaca semua orang.`],
    action: { label: 'Baca jawabannya', url: say.url(`/events/${eventId}`) },
  }),
  REVIEW_MODERATED: ({ title, decision, message, eventId }, say) => ({
    subject:
      decision === 'REJECTED'
        ? `Ulasan Anda tentang ${title} disembunyikan`
        : `Ulasan Anda tentang ${title} ditampilkan kembali`,
    paragraphs: [
      decision === 'REJECTED'
        ? `Ulasan Anda tentang ${title} disembunyikan: sekarang hanya Anda yang dapat melihatnya.`
        : `Ulasan Anda tentang ${title} dapat dibaca semua orang lagi.`,
      ...(message ? [message] : []),
    ],
    action: { label: 'Lihat ulasan Anda', url: say.url(`/events/${eventId}`) },
  }),
  REPORT_DECIDED: ({ subject, acted, message }) => ({
    subject: 'Laporan Anda sudah diperiksa',
    paragraphs: [
      acted
        ? `Anda melaporkan ${REPORTED[subject]}. Kami telah memeriksa dan menindaknya. Terima kasih.`
        : `Anda melaporkan ${REPORTED[subject]}. Kami telah memeriksanya, dan tidak ada aturan yang dilanggar.`,
      ...(message ? [message] : []),
    ],
  }),
  PAYOUT_PAID: ({ amount, currency, accountEnding }, say) => ({
    subject: `${say.money(amount, currency)} sedang dikirim kepada Anda`,
    paragraphs: ['Pencairan Anda telah ditransfer. Bank dapat memerlukan satu atau dua hari.'],
    facts: [
      ['Jumlah', say.money(amount, currency)],
      ['Rekening', `…${accountEnding}`],
    ],
    action: { label: 'Lihat pencairan', url: say.url('/organize/payouts') },
  }),
  PAYOUT_FAILED: ({ amount, currency, accountEnding, rejected, message }, say) => ({
    subject: rejected ? 'Pencairan Anda tidak disetujui' : 'Pencairan Anda gagal ditransfer',
    paragraphs: [
      rejected
        ? 'Pencairan Anda tidak disetujui. Dananya kembali ke saldo acara Anda.'
        : 'Bank tidak menerima pencairan Anda. Dananya kembali ke saldo acara Anda: periksa rekening, lalu ajukan lagi.',
      ...(message ? [message] : []),
    ],
    facts: [
      ['Jumlah', say.money(amount, currency)],
      ['Rekening', `…${accountEnding}`],
    ],
    action: { label: 'Lihat pencairan', url: say.url('/organize/payouts') },
  }),
  WEBHOOK_DISABLED: ({ url, reason }, say) => ({
    subject: 'Webhook Anda dinonaktifkan',
    paragraphs: [
      reason === 'GONE'
        ? `${url} menyatakan sudah tidak ada, sehingga tidak ada lagi yang dikirim ke sana.`
        : `${url} tidak menerima apa pun selama berhari-hari, sehingga tidak ada lagi yang dikirim ke sana.`,
      'Aktifkan kembali bila sudah berfungsi: yang terlewat disimpan untuk sementara.',
    ],
    action: { label: 'Lihat webhook', url: say.url('/organize/webhooks') },
  }),
  SYSTEM_WEBHOOK_DISABLED: ({ url, reason, endpointId }) => ({
    subject: 'Webhook seorang penyelenggara dinonaktifkan',
    paragraphs: [`Tidak ada lagi yang dikirim ke ${url}. Penyelenggaranya sudah diberi tahu.`],
    facts: [
      ['Alasan', reason === 'GONE' ? 'Menyatakan sudah tidak ada' : 'Berhari-hari tidak menerima apa pun'],
      ['Webhook', endpointId],
    ],
  }),
  SYSTEM_CONTENT_REPORTED: ({ kind }, say) => ({
    subject: 'Ada laporan baru',
    paragraphs: [`Seseorang melaporkan ${REPORTED[kind]}. Semua laporan terbuka menunggu keputusan.`],
    action: { label: 'Lihat laporan', url: say.url('/admin/reports') },
  }),
  SYSTEM_REFUNDS_HANGING: ({ count, day }, say) => ({
    subject: 'Pengembalian dana tertahan di penyedia pembayaran',
    paragraphs: [
      `${say.count(count)} pengembalian dana sudah tertunda lebih dari satu hari. Perlu diperiksa: lihat docs/operations.md.`,
    ],
    facts: [['Per', say.day(day)]],
  }),
}

const REPORTED = {
  EVENT: 'sebuah acara',
  ORGANIZER: 'seorang penyelenggara',
  REVIEW: 'sebuah ulasan',
} as const
