import { useSignal } from '@preact/signals'
import { lazy } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { theme } from '../texts/theme.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { DoorStore } from '../offline/check-ins.ts'
import { createDoorAsk } from './ask-at-door.ts'
import type { BundleSnapshot } from './bundle.ts'
import { Door } from './door.ts'
import './door.css'
import type { Verdict } from './judge.ts'
import { preferences } from './preferences.ts'
import { type Scanner, scannerOfLink } from './scanner.ts'
import { ScannerPage } from './scanner-page.tsx'
import type { Store } from './sync.ts'

const LOCK = 'karcis-door'

/** Needed once; whoever scans does not load it. */
const SetupPage = lazy(() => import('./setup-page.tsx'))

/** The scanner's own manifest: installed from here, it starts here. */
const MANIFEST = '/door.webmanifest'

type Shown =
  | { page: 'loading' }
  | { page: 'elsewhere' }
  | { page: 'setup'; store: Store }
  | { page: 'scanner'; store: Store; door: Door }

/** `/door`: the scanner where this device is one, else how it becomes one. */
export function DoorPage() {
  const t = useTexts('door')
  const shown = useSignal<Shown>({ page: 'loading' })
  useTitle(t.title)
  useEffect(installable, [])
  useEffect(() => shownIn(preferences.value.isLight ? 'light' : 'dark'), [preferences.value.isLight])
  useEffect(() => {
    const leave = new AbortController()
    void claim(leave.signal, false)
    return () => leave.abort()
  }, [])

  /** One tab at a time: two would not know of each other's entries. */
  async function claim(leave: AbortSignal, steal: boolean): Promise<void> {
    const hold = async (lock: Lock | null): Promise<void> => {
      if (!lock) {
        shown.value = { page: 'elsewhere' }
        return
      }
      await begin()
      await new Promise<void>((resolve) => leave.addEventListener('abort', () => resolve()))
    }
    try {
      await navigator.locks.request(LOCK, steal ? { steal } : { ifAvailable: true }, hold)
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
      shown.value = { page: 'elsewhere' } // another tab has taken it
    }
  }

  async function begin(): Promise<void> {
    const store = await DoorStore.open<Scanner, BundleSnapshot, Verdict>()
    const invited = scannerOfLink(location.hash)
    // A token stands no longer in the address than it takes to read it.
    if (invited) history.replaceState(history.state, '', location.pathname)
    const scanner = await store.scanner()
    if (invited && invited.deviceId !== scanner?.deviceId) return await become(store, invited)
    shown.value = scanner ? await scannerPage(store, scanner) : { page: 'setup', store }
  }

  async function become(store: Store, scanner: Scanner): Promise<void> {
    await store.saveScanner(scanner)
    void navigator.storage?.persist?.()
    shown.value = await scannerPage(store, scanner)
  }

  const { page } = shown.value
  return (
    <div class="door">
      {page === 'loading' && (
        <p class="door__loading" role="status">
          {t.loading}
        </p>
      )}
      {page === 'elsewhere' && (
        <div class="door__alone">
          <Empty
            level={1}
            title={t.title}
            text={t.link.otherTab}
            action={
              <Button variant="primary" onClick={() => void claim(new AbortController().signal, true)}>
                {t.link.otherTabTake}
              </Button>
            }
          />
        </div>
      )}
      {shown.value.page === 'setup' && (
        <SetupPage
          become={async (scanner) => {
            if (shown.value.page === 'setup') await become(shown.value.store, scanner)
          }}
        />
      )}
      {shown.value.page === 'scanner' && (
        <ScannerPage
          key={shown.value.door.scanner.deviceId}
          door={shown.value.door}
          leave={async () => {
            if (shown.value.page !== 'scanner') return
            const { store } = shown.value
            await store.forget()
            shown.value = { page: 'setup', store }
          }}
        />
      )}
    </div>
  )
}

async function scannerPage(store: Store, scanner: Scanner): Promise<Shown> {
  return { page: 'scanner', store, door: await Door.open(scanner, store, createDoorAsk(scanner.token)) }
}

/** Night at the door: the scanner is dark unless somebody works in the sun, whatever the rest of the app is. @returns what ends it. */
function shownIn(look: 'light' | 'dark'): () => void {
  const { dataset } = document.documentElement
  dataset.theme = look
  return () => {
    if (theme.value === 'system') delete dataset.theme
    else dataset.theme = theme.value
  }
}

/** While the scanner is shown the page can be installed as one. */
function installable(): () => void {
  let link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')
  if (!link) {
    link = document.createElement('link')
    link.rel = 'manifest'
    document.head.append(link)
  }
  const before = link.getAttribute('href')
  link.href = MANIFEST
  return () => {
    if (before === null) link.remove()
    else link.href = before
  }
}
