import type { OutboxEntry } from './database.ts'

/** How a request that was sent late ended, in words, and where more of it is said. */
export interface Told {
  tone: 'success' | 'warning'
  title: string
  body: string
  url: string
}

/** The booking that an answer is of, whichever of the two mutations gave it. */
interface Answered {
  id?: string
  status?: string
}

const TEXTS = {
  id: {
    paid: ['Pembayaran Anda berhasil', 'Tiket Anda sudah ada di pesanan ini.'],
    booked: ['Pesanan Anda sudah dibuat', 'Selesaikan pembayarannya sebelum waktunya habis.'],
    paying: ['Pembayaran Anda hampir selesai', 'Lanjutkan di halaman pesanan ini.'],
    unbooked: [
      'Pesanan Anda tidak jadi dibuat',
      'Tempat yang Anda tahan sudah dilepas. Tidak ada uang yang diambil.',
    ],
    unpaid: ['Pembayaran Anda tidak berhasil', 'Lihat pesanannya untuk mencoba lagi.'],
  },
  en: {
    paid: ['Your payment went through', 'Your tickets are with this booking.'],
    booked: ['Your booking is made', 'Pay for it before its time is up.'],
    paying: ['Your payment is nearly done', 'Go on with it at the booking.'],
    unbooked: ['Your booking could not be made', 'The places you held are free again. No money was taken.'],
    unpaid: ['Your payment did not go through', 'Look at the booking to try again.'],
  },
} as const

/**
 * What a person is told of a request that was sent without them: by the worker or a page, so it is worded in both languages here.
 * @param entry one that has ended.
 */
export function toldBy(entry: OutboxEntry, language: 'id' | 'en'): Told {
  const booking = Object.values((entry.answer ?? {}) as Record<string, Answered | null>)[0]
  const id = booking?.id ?? entry.bookingId
  const [title, body] = TEXTS[language][howItEnded(entry, booking?.status)]
  return {
    tone: entry.state === 'done' ? 'success' : 'warning',
    title,
    body,
    url: id ? `/bookings/${id}` : '/bookings',
  }
}

function howItEnded({ kind, state }: OutboxEntry, status: string | undefined): keyof (typeof TEXTS)['id'] {
  if (state === 'failed') return kind === 'createBooking' ? 'unbooked' : 'unpaid'
  if (status === 'PAID') return 'paid'
  return kind === 'createBooking' ? 'booked' : 'paying'
}
