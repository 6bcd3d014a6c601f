import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@karcis/kit/log'
import type { Preferences } from './preferences.ts'

/** Draws a page as the app does, for somebody who is not signed in; empty where that failed: then the app draws all of it. */
export type Draw = (
  path: string,
  preferences: Preferences,
  data: Readonly<Record<string, unknown>>,
) => Promise<string>

/** What the build has of the app for the server (web/src/draw.tsx). */
const FILE = '.draw/draw.js'

/** @param folder of the build. @throws Error where it has none. */
export async function loadDraw(folder: string, log: Logger): Promise<Draw> {
  const file = join(folder, FILE)
  if (!existsSync(file)) throw new Error('the web app is not built: run `npm run build:web`')
  const { draw } = (await import(file)) as { draw: Draw }
  return async (path, preferences, data) => {
    try {
      return await draw(path, preferences, data)
    } catch (error) {
      log.error({ err: error, path }, 'a page was not drawn')
      return ''
    }
  }
}
