import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { UndoCheckIn } from '../generated/door/people.ts'
import { useTexts } from '../texts/index.ts'
import { time } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { isConflict } from './conflicts.ts'
import { toneOf, wordOf } from './describe.ts'
import type { Door } from './door.ts'
import type { VerdictKind } from './judge.ts'
import type { Scan } from './sync.ts'
import { numberOf } from './ticket-code.ts'

type Texts = ReturnType<typeof useTexts<'door'>>

const ICONS = { go: 'check', stop: 'close', wait: 'alert' } as const

/** What was scanned here: those to look into first, then the newest. */
export function RecentList({ door, limit }: { door: Door; limit: number }) {
  const t = useTexts('door')
  const failed = useSignal(false)
  const scans = door.scans.value
  if (scans.length === 0) return <p class="door-recent__empty">{t.recent.empty}</p>
  const inOrder = [...scans.filter(isConflict), ...scans.filter((scan) => !isConflict(scan))].slice(0, limit)
  const { role } = session.value.user ?? {}
  const mayUndo = role === 'ORGANIZER' || role === 'ADMIN'
  return (
    <>
      {failed.value && (
        <p class="door-note door-note--refused" role="alert">
          {t.recent.undoFailed}
        </p>
      )}
      <ul class="door-recent">
        {inOrder.map((scan) => (
          <li
            key={scan.seq}
            class={isConflict(scan) ? 'door-recent__item door-recent__item--conflict' : 'door-recent__item'}
          >
            <Icon name={isConflict(scan) ? 'alert' : ICONS[toneOf(scan.verdict?.kind ?? 'SCAN_AGAIN')]} />
            <div class="door-recent__what">
              <p class="door-recent__word">
                {scan.verdict ? wordOf(scan.verdict, t) : t.recent.unanswered}
                {scan.verdict?.holder && <span> · {scan.verdict.holder}</span>}
              </p>
              <p class="door-recent__more">
                {[scan.verdict?.typeName, scan.ticketId && numberOf(scan.ticketId), standing(scan, t)]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
              {isConflict(scan) && <p class="door-recent__conflict">{conflictOf(scan, t)}</p>}
            </div>
            <time class="door-recent__time figures" dateTime={scan.scannedAt}>
              {time(scan.scannedAt)}
            </time>
            {mayUndo && isUndoable(scan) && (
              <Button
                size="s"
                onClick={() => {
                  failed.value = false
                  ask(UndoCheckIn, { ticketId: scan.ticketId }).then(
                    () => door.takeBack(scan),
                    () => (failed.value = true),
                  )
                }}
              >
                {t.recent.undo}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

const isUndoable = ({ state, verdict, direction, outcome }: Scan): boolean =>
  state === 'SETTLED' &&
  verdict?.kind === 'ADMITTED' &&
  direction === 'ENTRY' &&
  outcome?.outcome !== 'UNDONE'

/** Where a scan is on its way, while there is something to say of that. */
function standing({ state, outcome }: Scan, t: Texts): string | null {
  if (state === 'WAITING') return t.recent.waiting
  if (state === 'STUCK') return t.recent.stuck
  return outcome?.outcome === 'UNDONE' ? t.recent.undone : null
}

/** Who else came in with the ticket, when and where; or why the server would not have let it in. */
function conflictOf({ outcome, elsewhere }: Scan, t: Texts): string {
  if (outcome?.outcome === 'REFUSED')
    return t.recent.refusedLater(t.verdict[(outcome.reason ?? 'UNKNOWN') as VerdictKind])
  if (!elsewhere) return t.verdict.USED
  return (elsewhere.isFirst ? t.recent.first : t.recent.second)(elsewhere.gate, time(elsewhere.at))
}
