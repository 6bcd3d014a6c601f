import type { DataOf, LinkKind, NotificationKind } from '../kinds.ts'
import type { Formatter } from './formatter.ts'

/** What a person is told, in their language: the same in the app, as a mail, a push and an SMS. */
export interface Wording {
  /** One line. */
  subject: string
  paragraphs: string[]
  /** What is looked up rather than read: a label, and what stands beside it. */
  facts?: [label: string, value: string][]
  /** What they can do about it. */
  action?: { label: string; url: string }
  /** A code that they type in somewhere. */
  code?: string
}

/**
 * The text of each kind in one language.
 * @param secret the token of a kind that has one, else ''.
 */
export type Texts = {
  readonly [K in NotificationKind]: (data: DataOf<K>, say: Formatter, secret: string) => Wording
}

/** The part of them that the owner of an address is told. */
export type LinkTexts = Pick<Texts, LinkKind>
