/** What stands at an address that no page has. */
export const notFound = {
  title: 'Halaman ini tidak ada',
  text: 'Alamatnya mungkin salah ketik, atau halamannya sudah pindah.',
  action: 'Ke halaman depan',
}
