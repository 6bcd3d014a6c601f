/** What is being loaded or has been, by address. */
const begun = new Map<string, Promise<void>>()

/**
 * Imports code once its style sheets are there; the other code that it needs is on its way meanwhile. The build puts it around every import that loads later,
 * in place of Vite's own, which also serves browsers that we do not (vite.config.ts).
 * @param files scripts and style sheets as the build names them. @throws when the code does not load, or one of its style sheets.
 */
export async function preload<T>(load: () => Promise<T>, files: readonly string[] = []): Promise<T> {
  await Promise.all(files.map(begin))
  return await load()
}

function begin(file: string): Promise<void> {
  const href = `/${file}`
  let loading = begun.get(href)
  if (!loading) begun.set(href, (loading = link(href)))
  return loading
}

/** Of what the page itself has named, or has in it, nothing is waited for: it was there before any script ran. */
async function link(href: string): Promise<void> {
  if (document.querySelector(`[href="${href}"],[data-href="${href}"]`)) return
  const element = document.createElement('link')
  const isStyles = href.endsWith('.css')
  element.rel = isStyles ? 'stylesheet' : 'modulepreload'
  element.crossOrigin = ''
  element.href = href
  document.head.append(element)
  if (!isStyles) return
  try {
    await new Promise((resolve, reject) => {
      element.addEventListener('load', resolve)
      element.addEventListener('error', reject)
    })
  } catch {
    begun.delete(href) // the next try asks for it anew
    element.remove()
    throw new Error(`${href} did not load`)
  }
}
