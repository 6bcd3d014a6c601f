import { useSignal } from '@preact/signals'
import { lazy } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { time } from '../texts/times.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Icon } from '../ui/icon.tsx'
import { CameraView } from './camera-view.tsx'
import { isConflict } from './conflicts.ts'
import { CountsView } from './counts-view.tsx'
import { clock } from './describe.ts'
import type { Door } from './door.ts'
import { createIntake } from './intake.ts'
import type { Direction, Verdict } from './judge.ts'
import { keepFresh } from './keep-fresh.ts'
import { RecentList } from './recent.tsx'
import type { SheetName } from './sheets.tsx'
import { wakeSound } from './tones.ts'
import { VerdictSaid, VerdictView } from './verdict-view.tsx'
import { watchAtDoor } from './watch-at-door.ts'
import { listenForScanner } from './wedge.ts'

/** Loaded behind the scanner, so that they are at hand without a network too. */
const Sheets = lazy(() => import('./sheets.tsx'))

/** The scanner: a camera, what it says, and how the evening goes. All that is pressed is in reach of a thumb. */
export function ScannerPage({ door, leave }: { door: Door; leave(): Promise<void> }) {
  const t = useTexts('door')
  const verdict = useSignal<Verdict | null>(null)
  const sheet = useSignal<SheetName | null>(null)
  const direction = useSignal<Direction>('ENTRY')
  const intake = useRef(createIntake())

  async function take(read: string): Promise<void> {
    const code = intake.current(read, Date.now())
    if (code !== null) await scan(code)
  }
  async function scan(code: string): Promise<void> {
    sheet.value = null
    verdict.value = await door.scan(code, direction.value)
  }

  useEffect(() => keepFresh(door, watchAtDoor(door.scanner.token)), [door])
  useEffect(() => listenForScanner((code) => void take(code)), [door])
  useStaysAwake()

  const { scanner, known } = door
  const freshAt = known.value?.freshAt ?? null
  const dismiss = (): void => {
    verdict.value = null
  }
  return (
    <div class="door-scanner" onPointerDown={wakeSound} onKeyDown={wakeSound}>
      <header class="door-head">
        <div class="door-head__where">
          <h1 class="door-head__title">{scanner.title || t.title}</h1>
          <p class="door-head__gate">{scanner.gate ?? t.scan.anyGate}</p>
        </div>
        <LinkState door={door} />
        <IconButton icon="more" label={t.scan.menu} onClick={() => (sheet.value = 'menu')} />
      </header>
      <div class="door-main">
        <CameraView found={(code) => void take(code)} />
        {verdict.value && <VerdictView verdict={verdict.value} freshAt={freshAt} dismiss={dismiss} />}
      </div>
      <VerdictSaid verdict={verdict.value} freshAt={freshAt} />
      <div class="door-side">
        <LinkNotice door={door} />
        {known.value?.reentry && (
          <DirectionChoice value={direction.value} choose={(way) => (direction.value = way)} />
        )}
        <Tally door={door} />
        <div class="door-side__wide">
          <CountsView door={door} />
          <h2 class="door-side__title">{t.recent.heading}</h2>
          <RecentList door={door} limit={12} />
        </div>
      </div>
      <nav class="door-foot" aria-label={t.scan.menu}>
        <button type="button" class="door-foot__button" onClick={() => (sheet.value = 'find')}>
          <Icon name="search" />
          {t.scan.find}
        </button>
        <RecentButton door={door} open={() => (sheet.value = 'recent')} />
      </nav>
      <Sheets
        shown={sheet.value}
        door={door}
        close={() => (sheet.value = null)}
        scan={(code) => void scan(code)}
        leave={leave}
      />
    </div>
  )
}

/** Whether the server answers, and what it has yet to hear. */
function LinkState({ door }: { door: Door }) {
  const t = useTexts('door')
  const [link, waiting] = [door.link.value, door.waiting.value]
  return (
    <p class={`door-link door-link--${link}`} role="status">
      <Icon name={link === 'live' ? 'check' : link === 'away' ? 'offline' : 'alert'} />
      <span>{t.link[link]}</span>
      {waiting > 0 && <span class="door-link__waiting">{t.link.waitingShort(waiting)}</span>}
    </p>
  )
}

/** What whoever stands here has to know of it; nothing while all is well. */
function LinkNotice({ door }: { door: Door }) {
  const t = useTexts('door')
  const [link, known] = [door.link.value, door.known.value]
  const text =
    link === 'refused'
      ? t.link.refusedHint
      : !known
        ? t.link.noList
        : link === 'away'
          ? t.link.awayHint(clock(known.freshAt))
          : null
  return text && <p class={`door-note door-note--${link}`}>{text}</p>
}

function DirectionChoice({ value, choose }: { value: Direction; choose(way: Direction): void }) {
  const t = useTexts('door')
  return (
    <fieldset class="door-ways">
      <legend class="visually-hidden">{t.scan.direction}</legend>
      {(['ENTRY', 'EXIT'] as const).map((way) => (
        <label key={way} class="door-ways__way">
          <input type="radio" name="way" checked={value === way} onChange={() => choose(way)} />
          <span>{way === 'ENTRY' ? t.scan.entry : t.scan.exit}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** How many are in, and the latest who came by another door. */
function Tally({ door }: { door: Door }) {
  const t = useTexts('door')
  const [counts, last] = [door.counts.value, door.lastElsewhere.value]
  if (!counts) return null
  return (
    <div class="door-tally">
      <p class="door-tally__count">
        <b class="figures">{number(counts.checkedIn)}</b> <span>/ {number(counts.total)}</span>{' '}
        <span class="door-tally__what">{t.scan.inside}</span>
      </p>
      <progress
        class="door-tally__bar"
        max={counts.total || 1}
        value={counts.checkedIn}
        aria-label={t.scan.inside}
      />
      {last && (
        <p class="door-tally__last" role="status">
          {t.scan.elsewhere(last.gate, time(last.at))}
        </p>
      )}
    </div>
  )
}

function RecentButton({ door, open }: { door: Door; open(): void }) {
  const t = useTexts('door')
  const conflicts = door.scans.value.filter(isConflict).length
  return (
    <button type="button" class="door-foot__button" onClick={open}>
      <Icon name={conflicts > 0 ? 'alert' : 'clock'} />
      {conflicts > 0 ? t.recent.conflicts(conflicts) : t.scan.recent}
    </button>
  )
}

/** The screen of a phone that lies in a hand without a touch goes dark, in the middle of a queue. */
function useStaysAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null
    const ask = (): void => {
      if (document.hidden) return
      navigator.wakeLock?.request('screen').then(
        (held) => (lock = held),
        () => undefined, // as where the battery is low
      )
    }
    ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      document.removeEventListener('visibilitychange', ask)
      void lock?.release()
    }
  }, [])
}
