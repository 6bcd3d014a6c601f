/** Labels as theatres letter their rows: A, B … Z, AA, AB …  @param at from 0. */
export function letters(at: number): string {
  const last = String.fromCharCode(65 + (at % 26))
  return at < 26 ? last : letters(Math.floor(at / 26) - 1) + last
}

/**
 * `count` labels from `first` on: letters (A, B … Z, AA) or numbers, without those of `skip`.
 * @param first as `A`, `AB` or `12`.
 */
export function labelsFrom(first: string, count: number, skip: readonly string[] = []): string[] {
  const labels: string[] = []
  const isNumber = /^\d+$/.test(first)
  for (let at = isNumber ? Number(first) : indexOfLetters(first); labels.length < count; at++) {
    const label = isNumber ? String(at) : letters(at)
    if (!skip.includes(label)) labels.push(label)
  }
  return labels
}

const indexOfLetters = (label: string): number =>
  label.split('').reduce((index, letter) => (index + 1) * 26 + letter.charCodeAt(0) - 65, -1)
