import { list, number } from '../format.ts'

export const ui = {
  close: 'Tutup',
  less: (what: string) => `Kurangi ${what}`,
  more: (what: string) => `Tambah ${what}`,
  free: 'Gratis',
  from: 'mulai',
  before: 'Semula',
  online: 'Daring',
  showMore: 'Tampilkan lagi',
  shown: (shown: string, total: string) => `${shown} dari ${total}`,
  stars: (stars: number) => `${number(stars)} dari 5 bintang`,
  reviews: (count: number) => `${number(count)} ulasan`,
  duration: (seconds: number) =>
    list(
      [
        seconds >= 3_600 && `${number(Math.floor(seconds / 3_600))} jam`,
        seconds >= 60 && `${Math.floor(seconds / 60) % 60} menit`,
        seconds < 3_600 && `${seconds % 60} detik`,
      ].filter((part) => part !== false),
    ),
}
