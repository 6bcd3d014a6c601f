import { Prisma } from '../../generated/prisma/client.ts'
import type { Narrowing } from './narrowing.ts'

/** Words that all occur in an event's text, venue or location. */
export interface SearchWords {
  /** Anywhere; of three letters or digits in a row at least, so that trigrams find them. */
  within: readonly string[]
  /** At the beginning of a word; of two letters or digits. */
  beginning: readonly string[]
  /** As a word; one letter or digit. */
  whole: readonly string[]
}

/** Events in whose texts all words occur: trigrams find what is within words, the index on words what is too short for that. */
export const mentioning = (words: SearchWords): Narrowing => ({
  source: Prisma.sql`event_texts t WHERE ${mention(words)}`,
  fits: Prisma.sql`(SELECT ${mention(words)} FROM event_texts t WHERE t.event_id = e.id OFFSET 0)`,
})

function mention({ within, beginning, whole }: SearchWords): Prisma.Sql {
  const conditions = [
    ...within.map((word) => {
      const literal = word.replace(/[\\%_]/g, '\\$&')
      return Prisma.sql`t.text LIKE '%' || searchable(${literal}) || '%'`
    }),
    ...beginning.map(
      (word) => Prisma.sql`t.words @@ to_tsquery('simple', quote_literal(searchable(${word})) || ':*')`,
    ),
    ...whole.map((word) => Prisma.sql`t.words @@ plainto_tsquery('simple', searchable(${word}))`),
  ]
  return Prisma.join(conditions, ' AND ')
}
