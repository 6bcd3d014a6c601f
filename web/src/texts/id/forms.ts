import { number } from '../format.ts'

/** What a field says that is not as it has to be. */
export const forms = {
  required: 'Kolom ini perlu diisi.',
  tick: 'Centang kotak ini untuk melanjutkan.',
  choose: 'Pilih salah satu.',
  email: 'Tulis alamat email lengkap, misalnya nama@contoh.id.',
  url: 'Tulis alamat web lengkap, diawali https://.',
  format: 'Isian ini belum sesuai.',
  tooShort: (least: number) => `Isi sedikitnya ${number(least)} karakter.`,
  tooLong: (most: number) => `Isi paling banyak ${number(most)} karakter.`,
  atLeast: (least: string) => `Paling sedikit ${least}.`,
  atMost: (most: string) => `Paling banyak ${most}.`,
}
