import { registerHooks } from 'node:module'
import type { Mutant } from './mutants.ts'

/** Is loaded before a process of the platform, whose source then reads otherwise: what `KARCIS_MUTANT` says. */
const edits = JSON.parse(process.env.KARCIS_MUTANT ?? '[]') as NonNullable<Mutant['edits']>

registerHooks({
  load(url, context, next) {
    const own = edits.filter(({ file }) => url.endsWith(`/${file}`))
    const loaded = next(url, context)
    if (own.length === 0) return loaded
    const source = own.reduce((code, { file, from, to }) => {
      if (code.split(from).length !== 2) throw new Error(`${file} has this not once: ${from}`)
      return code.replace(from, () => to)
    }, Buffer.from(loaded.source as Uint8Array).toString())
    return { ...loaded, source }
  },
})
