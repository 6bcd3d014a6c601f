import type { Plugin } from 'vitest/config'

/** A piece of a module's source as it stands there, once, and what a mutant has in its place. */
export type Edit = readonly [from: string, to: string]

const MUTANT = 'mutant'

/** What a mutant of a module is imported by, also by a mutant of another that imports it. @param module its URL. */
export const mutantPath = (module: URL, edits: readonly Edit[]): string =>
  `${module.pathname}?${MUTANT}=${Buffer.from(JSON.stringify(edits)).toString('base64url')}`

/**
 * Imports another copy of a module of the product, with other code in it: what takes out a guard that is no SQL. Modules that the copy imports
 * are the product's own, and the product goes on without the copy: whoever wants it used hands it in.
 * @throws Error unless each edit has met its piece, once.
 */
export const importMutant = <Module>(module: URL, edits: readonly Edit[]): Promise<Module> =>
  import(/* @vite-ignore */ mutantPath(module, edits)) as Promise<Module>

/** The plugin of vitest that makes these copies. */
export const codeMutants = (): Plugin => ({
  name: 'karcis-code-mutants',
  enforce: 'pre', // the source as it was written
  transform(source, id) {
    const [file = '', query = ''] = id.split('?')
    const encoded = new URLSearchParams(query).get(MUTANT)
    if (encoded === null) return null
    const edits = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Edit[]
    return edits.reduce((code, [from, to]) => {
      const pieces = code.split(from)
      if (pieces.length !== 2)
        throw new Error(`${file} has this ${pieces.length - 1} times, not once: ${from}`)
      return pieces.join(to)
    }, source)
  },
})
