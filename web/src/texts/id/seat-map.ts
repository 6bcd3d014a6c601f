import { plural } from '../format.ts'

const seats = (n: number) => plural(n, { other: '# kursi' })

/** Memilih kursi: denah, daftar, dan ringkasannya. */
export const seatMap = {
  party: 'Untuk berapa orang?',
  free: 'Gratis',
  map: (free: number) =>
    `Denah kursi. ${seats(free)} masih kosong. Kursi juga bisa dipilih dari daftar di atas.`,
  mapHelp: 'Panah menggeser, plus dan minus memperbesar dan memperkecil, nol menampilkan seluruh denah.',
  zoomIn: 'Perbesar',
  zoomOut: 'Perkecil',
  fit: 'Tampilkan seluruh denah',
  front: 'Depan',
  stage: 'Panggung',
  floors: 'Lantai',
  allFloors: 'Semua lantai',
  loading: 'Memuat denah kursi…',
  reconnecting: 'Sambungan terputus. Denah diperbarui begitu tersambung lagi.',
  failed: 'Denah kursi belum bisa dimuat. Kami terus mencoba.',
  noMap: 'Acara ini tidak memakai nomor kursi.',
  noCanvas: 'Peramban Anda tidak bisa menampilkan denah. Pilih kursi dari daftar.',
  list: {
    title: 'Pilih dari daftar, tanpa denah',
    section: 'Bagian',
    row: 'Baris',
    seats: (party: number) => (party === 1 ? 'Kursi' : 'Kursi berdampingan'),
    choose: 'Pilih dulu',
    sectionOption: (name: string, price: string, free: number) =>
      free === 0 ? `${name}, ${price}, habis` : `${name}, ${price}, sisa ${free}`,
    rowOption: (name: string, blocks: number, party: number) =>
      party === 1
        ? `${name}, sisa ${blocks}`
        : `${name}, ${blocks} pilihan untuk ${party} orang berdampingan`,
    take: 'Pilih kursi ini',
    left: (section: string, free: number) => `${section}: tersisa ${seats(free)}.`,
    apart: (section: string, party: number) =>
      `Di ${section} tidak ada lagi ${party} kursi berdampingan. Pilih bagian lain, atau kurangi jumlah orang dan pilih terpisah.`,
    none: (section: string) => `${section} sudah habis.`,
    taken: (label: string) => `${label} dipilih.`,
  },
  tiers: 'Harga',
  tierLeft: (free: number) => (free === 0 ? 'Habis' : `Sisa ${free}`),
  notOnSale: 'Tidak dijual saat ini',
  best: (party: number) => (party === 1 ? 'Terbaik' : `${party} terbaik`),
  bestOf: (party: number, tier: string) =>
    party === 1 ? `Terbaik di ${tier}: ambil satu kursi` : `${party} terbaik di ${tier}, berdampingan: ambil`,
  only: (tier: string) => `Tampilkan ${tier} saja di denah`,
  filters: {
    title: 'Saring',
    all: 'Semua harga',
    accessible: 'Kursi roda dan pendamping',
    maxPrice: 'Harga paling tinggi',
    anyPrice: 'Berapa pun',
  },
  legend: {
    chosen: 'Pilihan Anda',
    mine: 'Anda tahan',
    held: 'Ditahan orang lain',
    sold: 'Terjual',
    accessible: 'Tempat kursi roda',
  },
  seat: (section: string, row: string, seat: string) =>
    row === '' ? `${section}, kursi ${seat}` : `${section}, baris ${row}, kursi ${seat}`,
  short: (row: string, seat: string) => (row === '' ? seat : `${row}-${seat}`),
  run: (row: string, from: string, to: string) =>
    from === to ? `Baris ${row}, kursi ${from}` : `Baris ${row}, kursi ${from} sampai ${to}`,
  block: (from: string, to: string) => (from === to ? `Kursi ${from}` : `Kursi ${from} sampai ${to}`),
  rowName: (row: string) => `Baris ${row}`,
  withFees: 'termasuk semua biaya',
  traits: {
    accessible: 'Muat kursi roda',
    companion: 'Untuk pendamping',
    obstructed: 'Pandangan sedikit terhalang',
  },
  looks: {
    free: 'Kosong',
    aside: 'Tidak sesuai saringan',
    chosen: 'Pilihan Anda',
    mine: 'Anda tahan',
    held: 'Ditahan orang lain',
    sold: 'Terjual',
    blocked: 'Tidak dijual',
    hidden: '',
  },
  summary: {
    title: 'Kursi Anda',
    empty: (party: number) =>
      party === 1
        ? 'Ketuk satu kursi di denah, atau ambil yang terbaik.'
        : `Ketuk satu kursi: kami pilihkan ${party} yang berdampingan.`,
    more: (n: number) => `Pilih ${n} kursi lagi.`,
    remove: (seat: string) => `Lepas ${seat}`,
    clear: 'Lepas semua',
    total: 'Total',
    continue: 'Lanjut',
    chosen: (n: number) => `${seats(n)} dipilih.`,
  },
  notes: {
    taken: (seat: string) => `${seat} sudah tidak tersedia.`,
    mine: (seat: string) => `${seat} sudah Anda tahan. Lanjutkan pesanan itu, atau pilih kursi lain.`,
    aside: (seat: string) => `${seat} kosong, tetapi tidak sesuai saringan.`,
    apart: (party: number) =>
      `Di sini tidak ada ${party} kursi berdampingan. Satu kursi dipilih; pilih sisanya satu per satu.`,
    gone: {
      title: (seats: string) => `${seats} baru saja diambil orang lain`,
      text: 'Pilihan Anda yang lain tetap ada.',
      nearest: (seats: string) => `Ganti dengan ${seats}`,
      none: 'Tidak ada lagi kursi kosong sebanyak itu.',
    },
    orphan: {
      title: (seats: string) => `${seats} akan tersisa sendirian`,
      text: 'Agar tidak ada kursi tunggal yang sulit terjual, geser pilihan Anda satu kursi, atau ambil kursi itu juga.',
      move: (seats: string) => `Geser ke ${seats}`,
    },
    limit: {
      title: (limit: number) => `Paling banyak ${limit} tempat per orang`,
      text: (remaining: number) =>
        remaining > 0
          ? `Anda masih bisa mengambil ${remaining}. Kurangi pilihan Anda.`
          : 'Batas Anda sudah tercapai. Selesaikan atau batalkan pesanan yang masih terbuka.',
    },
    soldOut: {
      title: (tier: string, party: number) => `${party} kursi berdampingan di ${tier} sudah tidak ada`,
      text: (remaining: number) =>
        remaining === 0
          ? 'Kursi ini sudah habis.'
          : `Masih ada ${remaining}, tetapi tidak berdampingan. Anda bisa memilih:`,
      offers: {
        TOGETHER: 'Berdampingan',
        SPLIT: 'Dalam dua kelompok',
        OTHER_TYPE: 'Berdampingan, harga lain',
        SEPARATE: 'Duduk terpisah',
      },
    },
    close: 'Tutup pesan',
  },
  demo: {
    title: 'Denah kursi',
    lead: 'Gedung buatan, untuk melihat dan mengukur denah.',
    hall: 'Gedung',
    halls: {
      cinema: 'Bioskop, 200 kursi',
      theatre: 'Teater dengan balkon, 1.400',
      stadium: 'Stadion, 60.000',
    },
    live: '1.000 perubahan tiap detik',
    changes: (n: number) => plural(n, { other: '# perubahan' }),
    held: (seats: string) => `Ditahan: ${seats}`,
  },
}
