import { signal } from '@preact/signals'
import type { ApiError } from '../api/api-error.ts'
import type { Rooms, Texts } from '../generated/texts.ts'
import { choose } from './choice.ts'
import { type Language, language } from './language.ts'

export type Room = keyof Rooms

/** Each language's texts, those of most rooms loaded one by one. */
const languages: Record<Language, () => Promise<{ texts: Texts }>> = {
  id: () => import('../generated/texts-id.ts'),
  en: () => import('../generated/texts-en.ts'),
}

/** What is loaded, by language and room. Whoever reads it is shown anew when something has come. */
const loaded = signal<{ readonly [L in Language]: { readonly [R in Room]?: Rooms[R] } }>({ id: {}, en: {} })

/** What is being loaded, by `language/room`. */
const loading = new Map<string, Promise<void>>()

/** Loads the texts of rooms, in the language that is shown or another one; what is there is left. */
export async function loadTexts(rooms: readonly Room[], into: Language = language.value): Promise<void> {
  await Promise.all(rooms.map((room) => load(room, into)))
}

/** The texts of a room in the person's language. Where they have not come yet, the component is suspended until they have. */
export function useTexts<R extends Room>(room: R): Rooms[R] {
  const texts = textsNow(room)
  if (texts === undefined) throw load(room, language.value)
  return texts
}

/** The texts of a room outside of a component; undefined while they have not come. */
export const textsNow = <R extends Room>(room: R): Rooms[R] | undefined => loaded.value[language.value][room]

/** Shows everything in another language, once its texts are there, and keeps that. */
export async function setLanguage(next: Language): Promise<void> {
  await loadTexts(Object.keys(loaded.value[language.value]) as Room[], next)
  choose('language', next)
  language.value = next
  document.documentElement.lang = next
}

/**
 * What happened, and what to do now; for every code of the API and of the way there. Its texts come after the first page; should something fail before, it is
 * said by its code alone, and in words as soon as they are there to a component.
 */
export function explain(failure: ApiError): { readonly title: string; readonly text: string } {
  const texts = textsNow('errors')
  if (!texts) void load('errors', language.value).catch(() => undefined)
  const entry = texts?.[failure.code] ?? texts?.INTERNAL_SERVER_ERROR
  if (!entry) return { title: failure.code, text: '' }
  const { title, text } = entry as { title: string; text: string | ((failure: ApiError) => string) }
  return { title, text: typeof text === 'function' ? text(failure) : text }
}

function load(room: Room, into: Language): Promise<void> {
  if (loaded.value[into][room] !== undefined) return Promise.resolve()
  const key = `${into}/${room}`
  const running = loading.get(key)
  if (running) return running
  const started = fetchTexts(room, into).finally(() => loading.delete(key))
  loading.set(key, started)
  return started
}

async function fetchTexts(room: Room, into: Language): Promise<void> {
  const { texts } = await languages[into]()
  const own = await texts[room]()
  loaded.value = { ...loaded.value, [into]: { ...loaded.value[into], [room]: own } }
}
