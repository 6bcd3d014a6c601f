const QUOTE = 34
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const BACKSLASH = 92
const LETTER_F = 102
const LETTER_T = 116
const INT_DIGITS = 9 // any integer of so many digits is one of 32 bits

// Each finds the end of a value in the form that JSON.stringify gives it, or -1. They read one byte at a time, and never past
// what they have recognized.

/** A string with nothing escaped: escapes have more than one spelling, and are rare. */
export function endOfString(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1
  for (let i = from + 1; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) return i + 1
    if (byte < 32 || byte === BACKSLASH) return -1
  }
  return -1
}

export function endOfEnum(bytes: Uint8Array, from: number, names: ReadonlySet<string>): number {
  const end = endOfString(bytes, from)
  return end > 0 && names.has(textOf(bytes, from + 1, end - 1)) ? end : -1
}

export function endOfInt(bytes: Uint8Array, from: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from
  const end = endOfDigits(bytes, first)
  if (end === first || end - first > INT_DIGITS) return -1
  if (bytes[first] === ZERO && (end - first > 1 || first > from)) return -1 // neither 007 nor -0
  return end
}

export function endOfBoolean(bytes: Uint8Array, from: number): number {
  if (bytes[from] === LETTER_T) return textOf(bytes, from, from + 4) === 'true' ? from + 4 : -1
  return textOf(bytes, from, from + 5) === 'false' ? from + 5 : -1
}

/** Reads what looks like a number, and takes it when JSON would write it the same. */
export function endOfFloat(bytes: Uint8Array, from: number): number {
  let end = endOfDigits(bytes, bytes[from] === MINUS ? from + 1 : from)
  if (bytes[end] === POINT) end = endOfDigits(bytes, end + 1)
  const text = textOf(bytes, from, end)
  return text !== '' && String(Number(text)) === text ? end : -1
}

/** A value of a custom scalar: taken when it is as simple as most are, a date or an amount. */
export function endOfScalar(bytes: Uint8Array, from: number): number {
  const byte = bytes[from]
  if (byte === QUOTE) return endOfString(bytes, from)
  return byte === LETTER_T || byte === LETTER_F ? endOfBoolean(bytes, from) : endOfFloat(bytes, from)
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let end = from
  while (end < bytes.length && (bytes[end] as number) >= ZERO && (bytes[end] as number) <= NINE) end++
  return end
}

/** Only for what is ASCII where it is right. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] ?? 0)
  return text
}
