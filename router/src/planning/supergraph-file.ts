import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Logger } from '@karcis/kit/log'
import { buildSupergraph, type Locate, type Supergraph } from './supergraph.ts'

/** The supergraph in use, kept up to date with its file. */
export interface SupergraphFile {
  readonly current: Supergraph
  /** Called after each switch to a new version. */
  onChange(listener: (supergraph: Supergraph) => void): void
  close(): void
}

/** @throws Error when the file cannot be read or is not a supergraph that this router can serve. */
export async function openSupergraphFile(
  file: string,
  locate: Locate,
  pollMs: number,
  log: Logger,
): Promise<SupergraphFile> {
  const path = resolve(file)
  const listeners = new Set<(supergraph: Supergraph) => void>()
  let current = buildSupergraph(await readFile(path, 'utf8'), locate)

  // Polled, because a mounted file that is replaced as a whole gives no notice of it.
  const changed = (): void => void reload()
  watchFile(path, { interval: pollMs, persistent: false }, changed)

  async function reload(): Promise<void> {
    try {
      const sdl = await readFile(path, 'utf8')
      if (sdl === current.sdl) return
      current = buildSupergraph(sdl, locate)
      log.info({ file: path }, 'supergraph reloaded')
      for (const listener of listeners) listener(current)
    } catch (error) {
      log.error(
        { file: path, reason: error instanceof Error ? error.message : String(error) },
        'supergraph not reloaded',
      )
    }
  }

  return {
    get current() {
      return current
    },
    onChange: (listener) => void listeners.add(listener),
    close: () => unwatchFile(path, changed),
  }
}
