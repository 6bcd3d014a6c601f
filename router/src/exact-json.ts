/** A number that JSON writes as it was read. */
interface RawJson {
  readonly rawJSON: string
}

interface ExactJson {
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

const { rawJSON, isRawJSON } = JSON as unknown as ExactJson

/** Where a number may begin that has more digits than JavaScript's numbers can tell apart. */
const LONG_NUMBER = /[:,[]\s*-?\d{16}/

/** A number of which only the text is exact: an integer beyond 2^53. */
export const isRawNumber = isRawJSON

/** Parses JSON; integers that JavaScript would round keep their text, and are written as they were. */
export const parseJson = (text: string): unknown => JSON.parse(text, exactly(text)) as unknown

/** The reviver that keeps long integers as they are; undefined for a text that has none, which is parsed twice as fast without. */
export const exactly = (text: string): typeof keepText | undefined =>
  LONG_NUMBER.test(text) ? keepText : undefined

function keepText(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const isRounded = typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value)
  return isRounded && /^-?\d+$/.test(source) && String(value) !== source ? rawJSON(source) : value
}
