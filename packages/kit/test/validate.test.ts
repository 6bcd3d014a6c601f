import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BadUserInput } from '../src/errors.ts'
import { idSchema } from '../src/ids.ts'
import {
  currencySchema,
  emailSchema,
  emptyableTextSchema,
  filterTextSchema,
  instantSchema,
  keySchema,
  moneySchema,
  nameSchema,
  normalizeEmail,
  NOT_NULL,
  parseInput,
  textSchema,
  timezoneSchema,
} from '../src/validate.ts'

/** What is wrong with a value: `path: message` of every broken rule; [] when nothing is. */
function problems(schema: z.ZodType, value: unknown): string[] {
  try {
    parseInput(schema, value)
    return []
  } catch (error) {
    if (!(error instanceof BadUserInput)) throw error
    return (error.facts.fields as { path: string; message: string }[]).map(
      ({ path, message }) => `${path}: ${message}`,
    )
  }
}

describe('line 13: a name', () => {
  const name = nameSchema(20)

  it.each([
    ['  Budi  ', 'Budi'],
    ['Budi \u00a0 \u3000Santoso', 'Budi Santoso'],
    ['Cafe\u0301', 'Café'],
    ['Bu\u200bdi\ufeff', 'Budi'],
    ['می\u200cخواهم', 'می\u200cخواهم'], // the non-joiner is spelling
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['\u200fשלום', '\u200fשלום'],
    ['Nguyễn Thị Ánh', 'Nguyễn Thị Ánh'],
  ])('%j is stored as %j', (given, stored) => {
    expect(parseInput(name, given)).toBe(stored)
    expect(parseInput(name, stored), 'and is then as it is').toBe(stored)
  })

  it.each([
    ['', 'must not be empty'],
    [' \u00a0\u3000', 'must not be empty'],
    ['\u200b\u2060\ufeff', 'must not be empty'],
    ['\u200d\u200c', 'must have visible characters'],
    ['\u3164\u115f', 'must have visible characters'], // Hangul fillers
    ['\u2800', 'must have visible characters'],
    ['\u0301', 'must have visible characters'],
    ['\u{e0041}\u{e0042}', 'must have visible characters'], // tags
    ['\ufe0f', 'must have visible characters'],
    ['a\nb', 'must be one line without control characters'],
    ['a\u2028b', 'must be one line without control characters'],
    ['a\0b', 'must be one line without control characters'],
    ['a\u001b[31mb', 'must be one line without control characters'],
    ['a\u0085b', 'must be one line without control characters'],
    ['\u202egnp.exe', 'must not contain characters that turn the direction of text'],
    ['a\u2066b\u2069', 'must not contain characters that turn the direction of text'],
    ['a\ud800', 'must not contain halves of characters (lone surrogates)'],
    [`Z${'\u0335\u0322'.repeat(40)}`, 'must not pile more than 8 marks on a character'],
    ['x'.repeat(21), 'must have at most 20 characters'],
    ['👨‍👩‍👧'.repeat(21), 'must have at most 20 characters'],
  ])('%j is refused', (given, message) => {
    expect(problems(name, given)).toEqual([`input: ${message}`])
  })

  it('counts characters as a person does', () => {
    expect(problems(name, '👨‍👩‍👧'.repeat(20))).toEqual([])
    expect(problems(name, 'é'.normalize('NFD').repeat(20))).toEqual([])
    expect(problems(name, '🇮🇩'.repeat(20))).toEqual([])
    expect(problems(name, 'x'.repeat(20))).toEqual([])
  })

  it('gives of any string a stored form that is its own, or one plain problem', () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below
    const odd = [
      'a',
      'Z',
      '9',
      ' ',
      'é',
      '\0',
      '\n',
      '\t',
      '\r',
      '\u200b',
      '\u200d',
      '\u202e',
      '\u2066',
      '\ud800',
      '\u0301',
      '\u3000',
      '😀',
    ]
    for (let run = 0; run < 3_000; run++) {
      const text = Array.from({ length: random(12) }, () => odd[random(odd.length)]).join('')
      const wrong = problems(name, text)
      if (wrong.length > 0) {
        expect(wrong, JSON.stringify(text)).toHaveLength(1)
        continue
      }
      const stored = parseInput(name, text)
      expect(parseInput(name, stored)).toBe(stored)
      expect(stored, JSON.stringify(text)).toMatch(/\S/)
      expect(stored).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]|^\s|\s$| {2}/u)
      expect(stored.isWellFormed() && stored === stored.normalize('NFC')).toBe(true)
    }
  })
})

describe('line 13: text of several lines', () => {
  const text = textSchema(30)

  it('keeps lines and tabs, with one kind of break', () => {
    expect(parseInput(text, ' Two\r\nlines\r\tand\u2028more\n')).toBe('Two\nlines\n\tand\nmore')
  })

  it.each([
    ['', 'must not be empty'],
    ['\n\t ', 'must not be empty'],
    ['\u200b', 'must have visible characters'],
    ['a\0', 'must not contain control characters'],
    ['a\u0007', 'must not contain control characters'],
    ['\u202etxet', 'must not contain characters that turn the direction of text'],
    ['\udc00', 'must not contain halves of characters (lone surrogates)'],
    ['x'.repeat(31), 'must have at most 30 characters'],
  ])('%j is refused', (given, message) => {
    expect(problems(text, given)).toEqual([`input: ${message}`])
  })

  it('may be empty where no text is a text', () => {
    expect(parseInput(emptyableTextSchema(5), ' \n')).toBe('')
    expect(problems(emptyableTextSchema(5), '123456')).toEqual(['input: must have at most 5 characters'])
  })
})

describe('line 12: a filter', () => {
  it('finds what was stored, and refuses to mean nothing', () => {
    expect(parseInput(filterTextSchema(), 'Bandung ')).toBe('Bandung')
    for (const blank of ['', ' ', '\u200b'])
      expect(problems(filterTextSchema(), blank)).toEqual([
        'input: must not be empty; leave it out to have all',
      ])
    expect(problems(idSchema, '')).toEqual(['input: must be an id (UUID)'])
  })
})

describe('line 13: e-mail addresses', () => {
  it.each([
    ['  Budi@Example.COM ', 'budi@example.com'],
    ['user@münchen.de', 'user@xn--mnchen-3ya.de'],
    ['user@XN--MNCHEN-3YA.de', 'user@xn--mnchen-3ya.de'],
    ['user@mu\u0308nchen。de', 'user@xn--mnchen-3ya.de'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('%j is stored as %j', (given, stored) => {
    expect(parseInput(emailSchema, given)).toBe(stored)
    expect(normalizeEmail(stored)).toBe(stored)
  })

  it.each([
    '',
    'budi',
    '@example.com',
    'budi@',
    'a b@example.com',
    'a@b@example.com',
    'a@exa%6dple.com',
    'a@example.com/x',
    'a@127.0.0.1',
    'a@[::1]',
    'a@exam\0ple.com',
    'bu\u202edi@example.com',
  ])('%j is refused', (given) => {
    expect(problems(emailSchema, given)).toEqual(['input: must be an e-mail address'])
  })

  it('is as long as a mail path can carry', () => {
    expect(problems(emailSchema, `${'a'.repeat(65)}@example.com`)).toEqual([
      'input: must have at most 64 characters before the @',
    ])
    const domain = `${`${'b'.repeat(60)}.`.repeat(4)}com`
    expect(problems(emailSchema, `abcdefghij@${domain}`)).toEqual(['input: must have at most 254 characters'])
  })
})

describe('line 13: time zones', () => {
  it.each([
    ['asia/jakarta', 'Asia/Jakarta'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['asia/calcutta', 'Asia/Kolkata'],
    ['Asia/Ho_Chi_Minh', 'Asia/Ho_Chi_Minh'],
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['US/Pacific', 'America/Los_Angeles'],
    ['utc', 'UTC'],
  ])('%s is %s', (given, stored) => expect(parseInput(timezoneSchema, given)).toBe(stored))

  it.each(['', '+07:00', 'Asia/Atlantis', 'Asia/Jakarta ', '\0'])('%j is none', (given) =>
    expect(problems(timezoneSchema, given)).toEqual([
      'input: must be an IANA time zone such as Asia/Jakarta',
    ]),
  )
})

describe('line 12: instants, keys, money', () => {
  it('an instant is from 1900 to 2200', () => {
    for (const good of ['1900-01-01T00:00:00Z', '2200-12-31T23:59:59Z'])
      expect(problems(instantSchema, new Date(good))).toEqual([])
    for (const bad of ['0000-01-01T00:00:00Z', '1899-12-31T23:59:59Z', '2201-01-01T00:00:00Z'])
      expect(problems(instantSchema, new Date(bad))).toEqual(['input: must be from 1900 to 2200'])
    expect(problems(instantSchema, new Date('never'))).toEqual([
      'input: must be an instant such as 2026-12-31T19:00:00+07:00',
    ])
  })

  it('a key is printable, and kept as it is', () => {
    for (const good of ['a', ' a ', 'ключ', 'x'.repeat(255)]) expect(parseInput(keySchema, good)).toBe(good)
    expect(problems(keySchema, '')).toEqual(['input: must not be empty'])
    expect(problems(keySchema, '  ')).toEqual(['input: must not be blank'])
    expect(problems(keySchema, 'x'.repeat(256))).toEqual(['input: must have at most 255 characters'])
    for (const bad of ['a\0', 'a\n', 'a\u200b', 'a\u2028', 'a\ud800'])
      expect(problems(keySchema, bad)).toEqual(['input: must have printable characters only'])
  })

  it('a currency is one', () => {
    expect(problems(currencySchema, 'IDR')).toEqual([])
    for (const bad of ['idr', 'XXQ', '', 'IDR '])
      expect(problems(currencySchema, bad)).toEqual(['input: must be an ISO 4217 currency code such as IDR'])
  })
})

describe('line 12: no validator speaks to people', () => {
  const kinds: Record<string, z.ZodType> = {
    string: z.string().min(2).max(3),
    number: z.number().min(2).max(3),
    positive: z.number().gt(2).lt(3),
    int: z.int().multipleOf(5),
    boolean: z.boolean(),
    date: z.date().min(new Date(0)).max(new Date(1)),
    enum: z.enum(['A', 'B']),
    literal: z.literal('A'),
    array: z.array(z.string()).min(2).max(3),
    object: z.strictObject({ a: z.string() }),
    union: z.union([z.string().max(1), z.boolean()]),
    discriminated: z.discriminatedUnion('k', [
      z.object({ k: z.literal('a') }),
      z.object({ k: z.literal('b') }),
    ]),
    record: z.record(z.enum(['a']), z.number()),
    map: z.map(z.string(), z.number()),
    set: z.set(z.string()).min(1),
    tuple: z.tuple([z.string()]),
    coerced: z.coerce.number().int(),
    coercedDate: z.coerce.date(),
    uuid: z.uuid(),
    url: z.url(),
    email: z.email(),
    iso: z.iso.datetime(),
    regex: z.string().regex(/^a$/),
    base64: z.base64(),
    custom: z.custom((value) => value === 1),
    refined: z.string().refine(() => false),
    never: z.never(),
    bigint: z.bigint(),
    id: idSchema,
    name: nameSchema(),
    money: moneySchema,
    instant: instantSchema,
  }
  const values = [
    null,
    undefined,
    0,
    1.5,
    -1,
    2 ** 60,
    Number.NaN,
    '',
    'abcd',
    true,
    [],
    ['a'],
    {},
    { b: 1 },
    10n,
  ]
  const more = [
    new Date('never'),
    new Date(5),
    new Map([[1, 'a']]),
    new Set([1]),
    Symbol('s'),
    () => 1,
    { k: 'c' },
  ]

  it.each(Object.entries(kinds))('%s', (_, schema) => {
    for (const value of [...values, ...more]) {
      for (const problem of problems(z.object({ field: schema }), { field: value })) {
        expect(problem).toMatch(/^input\.field(\.\w+)*: (is|must|has|cannot) [\x20-\x7e]+$/)
        expect(problem).not.toMatch(/invalid|expected|received|undefined|NaN|\/\^|too (small|big)|>=|<=/i)
      }
    }
  })

  it('null says that leaving it out keeps it', () => {
    for (const schema of [
      moneySchema.optional(),
      nameSchema().optional(),
      idSchema.optional(),
      instantSchema.optional(),
    ])
      expect(problems(z.object({ field: schema }), { field: null })).toEqual([`input.field: ${NOT_NULL}`])
  })
})
