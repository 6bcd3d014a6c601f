import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** A file of this repository. @param path from its root. */
const fileOf = (path: string): string => {
  const url = new URL(`../../${path}`, import.meta.url)
  if (!existsSync(url)) throw new Error(`There is no ${path} to replace: the ablation has to follow it.`)
  return url.href
}

/**
 * From now on whoever imports a file of this repository gets another module instead; the replacement itself, which may build
 * on the original, still gets that. Nothing in the program has to know of it.
 * @param path from the root of the repository. @param replacement URL of the other module.
 */
export function replaceFile(path: string, replacement: string): void {
  const target = fileOf(path)
  replaceWhere(replacement, (url) => url === target)
}

/** The same for what one file imports by name, such as a package. @param importer path of that file. */
export function replaceImport(specifier: string, importer: string, replacement: string): void {
  const parent = fileOf(importer)
  replaceWhere(replacement, (_, given, from) => given === specifier && from === parent)
}

function replaceWhere(
  replacement: string,
  applies: (url: string, specifier: string, importer: string | undefined) => boolean,
): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context)
      const { parentURL } = context
      return parentURL !== replacement && applies(resolved.url, specifier, parentURL)
        ? { url: replacement, format: 'module-typescript', shortCircuit: true }
        : resolved
    },
  })
}
