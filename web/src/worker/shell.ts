declare const self: ServiceWorkerGlobalScope

/** A file of the build; with a revision where its name does not change with what is in it. */
interface Built {
  url: string
  revision: string | null
}

/** How the build lists the page; it is had at no path of this name, but at every one that only the app knows. */
const LISTED = '/index.html'
/** Pages without anything in them, which the app fills. The door's may do what the others may not: its policy comes with it. */
const PAGE = '/tickets'
const DOOR = '/door'
/** Files of the build that are loaded only when they are needed, such as the door's. Their names change with what is in them. */
const PARTS = 'karcis-parts'
const PICTURES = 'karcis-pictures'
const MOST = { [PARTS]: 60, [PICTURES]: 120 }

/** Each build is kept under the name of its list, so that a page and its parts are of one. */
const shellOf = (list: string): string => `karcis-shell-${list}`

/** Takes the build in. What an older build has under the same name need not be loaded again. @param list where the list of its files is. */
export async function keepShell(list: string): Promise<void> {
  const shell = await caches.open(shellOf(list))
  const built = (await (await load(list)).json()) as Built[]
  const files = new Map(built.map(({ url, revision }) => [`/${url}`, revision]))
  for (const path of [PAGE, DOOR]) files.set(path, files.get(LISTED) ?? '')
  files.delete(LISTED)
  await Promise.all(
    Array.from(files, async ([path, revision]) => {
      const known = revision === null ? await kept(path) : undefined
      await shell.put(path, await plain(known ?? (await load(path))))
    }),
  )
}

/** @throws Error for any other answer than the file. */
async function load(path: string): Promise<Response> {
  const response = await fetch(path, { cache: 'no-cache' })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response
}

/** What is kept is the same for whoever asks, also where its answer says that it depends on Origin, which modules send and the worker does not. */
const kept = (request: Request | string): Promise<Response | undefined> =>
  caches.match(request, { ignoreVary: true })

/** A page is not shown from an answer that was led elsewhere. */
const plain = async (response: Response): Promise<Response> =>
  response.redirected ? new Response(await response.blob(), { headers: response.headers }) : response

/** Forgets the builds of before. @param list that of the build that stays. */
export async function cleanShell(list: string): Promise<void> {
  const keep = new Set([shellOf(list), PARTS, PICTURES])
  const names = (await caches.keys()).filter((name) => name.startsWith('karcis-') && !keep.has(name))
  await Promise.all(names.map((name) => caches.delete(name)))
}

/** What the worker answers in the network's place; undefined: nothing, so the browser does as it always does. */
export function fromShell({ request }: FetchEvent): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return undefined
  if (request.mode === 'navigate') return /\.\w+$/.test(pathname) ? undefined : page(request)
  if (pathname.startsWith('/assets/')) return lasting(request, PARTS)
  if (pathname.startsWith('/files/') && request.destination === 'image') return lasting(request, PICTURES)
  // Names such as that of the manifest stay, so what is kept is only for when there is nobody to ask.
  if (request.destination === 'manifest' || request.destination === 'image')
    return fetch(request).catch(async () => (await kept(request)) ?? Response.error())
  return undefined
}

/** A page from the network, else the empty one. */
async function page(request: Request): Promise<Response> {
  try {
    const response = await fetch(request)
    // Whoever stands before a server that is away answers so.
    if (response.status < 502 || response.status > 504) return response
    return (await emptyPage(request)) ?? response
  } catch {
    return (await emptyPage(request)) ?? Response.error()
  }
}

const emptyPage = ({ url }: Request): Promise<Response | undefined> =>
  kept(/^\/door(\/|$)/.test(new URL(url).pathname) ? DOOR : PAGE)

/** What never changes under its name: from here, else from the network, and then from here. */
async function lasting(request: Request, name: keyof typeof MOST): Promise<Response> {
  const known = await kept(request)
  if (known) return known
  const response = await fetch(request)
  // A picture that is still being made stands under the same name for a while, and says so.
  if (response.ok && response.headers.get('cache-control')?.includes('immutable')) {
    const cache = await caches.open(name)
    await cache.put(request, response.clone())
    const keys = await cache.keys() // the oldest first
    await Promise.all(keys.slice(0, -MOST[name]).map((old) => cache.delete(old)))
  }
  return response
}
