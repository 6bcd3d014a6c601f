import { signal } from '@preact/signals'
import { choice } from './choice.ts'

export type Language = 'id' | 'en'

const isLanguage = (value: string | undefined): value is Language => value === 'id' || value === 'en'

/** The person's choice; else the first of ours that the browser asks for; else Indonesian. */
function preferred(): Language {
  const chosen = choice('language')
  if (isLanguage(chosen)) return chosen
  const asked = (globalThis.navigator?.languages ?? []).map((tag) => tag.slice(0, 2).toLowerCase())
  return asked.find((tag) => isLanguage(tag)) ?? 'id'
}

/** The language that everything is shown in. Changed by `setLanguage` alone. */
export const language = signal<Language>(preferred())
