import type { Language } from '../../accounts/account-store.ts'
import { kindOf, type NotificationKind } from '../kinds.ts'
import { en } from './en.ts'
import { createFormatter, type Formatter } from './formatter.ts'
import { id } from './id.ts'
import type { Texts, Wording } from './wording.ts'

const TEXTS: Record<Language, Texts> = { EN: en, ID: id }

/** Whoever reads it. */
export interface Reader {
  language: Language
  /** IANA name. */
  timezone: string
}

/**
 * What somebody is told, in their words.
 * @param data as it was written down. @param secret the token of a kind that has one.
 * @throws ZodError for data of another kind, which nothing of ours writes.
 */
export function word(
  kind: NotificationKind,
  data: unknown,
  { language, timezone }: Reader,
  publicUrl: string,
  secret = '',
): Wording {
  // The table has for each kind the text that takes its data, which the compiler does not follow through a union.
  const text = TEXTS[language][kind] as (data: unknown, say: Formatter, secret: string) => Wording
  return text(kindOf(kind).data.parse(data), createFormatter(language, timezone, publicUrl), secret)
}
