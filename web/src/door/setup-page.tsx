import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { CreateDoorDevice, DoorGates, MyDoorEvents, MyStaffDoors } from '../generated/door/setup.ts'
import { dateTime } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { time } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { type Scanner, scannerOfLink } from './scanner.ts'

interface DoorEvent {
  id: string
  title: string
  startsAt: string
  endsAt: string
  timezone: string
}

const DAY_MS = 86_400_000

/** Makes this device a scanner: an event and a gate of one's own, or a link that somebody gave. */
export default function SetupPage({ become }: { become(scanner: Scanner): Promise<void> }) {
  const t = useTexts('door')
  const events = useSignal<readonly DoorEvent[] | null>(null)
  const error = useSignal<ApiError | null>(null)
  const chosen = useSignal<DoorEvent | null>(null)
  const isMember = session.value.status === 'signed-in'

  async function load(): Promise<void> {
    error.value = null
    try {
      events.value = await doorEvents()
    } catch (thrown) {
      error.value = asApiError(thrown)
    }
  }
  useEffect(() => {
    if (isMember) void load()
  }, [isMember])

  return (
    <div class="door-setup">
      <h1 class="door-setup__title">{t.setup.heading}</h1>
      <p class="door-setup__lead">{t.setup.lead}</p>
      {!isMember && (
        <section class="door-setup__part">
          <Button variant="primary" size="l" wide href="/sign-in?next=/door">
            {t.setup.signIn}
          </Button>
          <p class="door-setup__hint">{t.setup.signInHint}</p>
        </section>
      )}
      {error.value && (
        <Notice
          tone="danger"
          alert
          title={t.setup.failed}
          actions={
            <Button size="s" onClick={() => void load()}>
              {t.setup.again}
            </Button>
          }
        >
          {explain(error.value).text}
        </Notice>
      )}
      {isMember && !error.value && (
        <Events
          events={events.value}
          choose={(event) => (chosen.value = event)}
          chosen={chosen.value}
          become={become}
        />
      )}
      <LinkForm become={become} />
    </div>
  )
}

function Events({
  events,
  chosen,
  choose,
  become,
}: {
  events: readonly DoorEvent[] | null
  chosen: DoorEvent | null
  choose(event: DoorEvent): void
  become(scanner: Scanner): Promise<void>
}) {
  const t = useTexts('door')
  if (!events) return <Skeleton lines={3} />
  if (events.length === 0) return <Notice title={t.setup.none}>{t.setup.noneHint}</Notice>
  const isSoon = ({ startsAt }: DoorEvent): boolean => Date.parse(startsAt) < Date.now() + DAY_MS / 2
  const parts = [
    { title: t.setup.today, of: events.filter(isSoon) },
    { title: t.setup.later, of: events.filter((event) => !isSoon(event)) },
  ].filter(({ of }) => of.length > 0)
  return (
    <>
      {parts.map(({ title, of }) => (
        <section class="door-setup__part" key={title}>
          <h2 class="door-setup__when">{title}</h2>
          <ul class="door-events">
            {of.map((event) => (
              <li key={event.id} class="door-events__item">
                <button
                  type="button"
                  class="door-event"
                  aria-expanded={event === chosen}
                  onClick={() => choose(event)}
                >
                  <span class="door-event__title">{event.title}</span>
                  <span class="door-event__when">{dateTime(event.startsAt, event.timezone)}</span>
                  <Icon name={event === chosen ? 'chevron-down' : 'chevron-right'} />
                </button>
                {event === chosen && <Gates event={event} become={become} />}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

/** The second tap: where this device stands. */
function Gates({ event, become }: { event: DoorEvent; become(scanner: Scanner): Promise<void> }) {
  const t = useTexts('door')
  const gates = useSignal<readonly string[]>([])
  const busy = useSignal<string | null>(null)
  const failed = useSignal<ApiError | null>(null)
  const other = useSignal('')
  useEffect(() => {
    // Gates that tickets are tied to; without an answer one can still be typed.
    ask(DoorGates, { eventId: event.id }).then(
      ({ doorPolicy }) => {
        const named = doorPolicy?.admissions.flatMap((admission) => admission.gates ?? []) ?? []
        gates.value = [...new Set(named)].toSorted()
      },
      () => undefined,
    )
  }, [event.id])

  async function start(gate: string | null): Promise<void> {
    busy.value = gate ?? ''
    failed.value = null
    try {
      await become(await scannerFor(event, gate, t.setup.deviceName(time(new Date().toISOString()))))
    } catch (error) {
      failed.value = asApiError(error)
      busy.value = null
    }
  }

  return (
    <div class="door-gates">
      <h3 class="door-gates__title">{t.setup.gate}</h3>
      <div class="door-gates__list">
        <Button variant="primary" size="l" busy={busy.value === ''} onClick={() => void start(null)}>
          {t.setup.anyGate}
        </Button>
        {gates.value.map((gate) => (
          <Button key={gate} size="l" busy={busy.value === gate} onClick={() => void start(gate)}>
            {gate}
          </Button>
        ))}
      </div>
      <details class="door-gates__other">
        <summary>{t.setup.otherGate}</summary>
        <form
          class="door-setup__form"
          onSubmit={(submit) => {
            submit.preventDefault()
            if (other.value.trim() !== '') void start(other.value.trim())
          }}
        >
          <Field label={t.setup.gateName}>
            <TextInput
              required
              maxLength={60}
              value={other.value}
              onInput={({ currentTarget }: { currentTarget: HTMLInputElement }) => {
                other.value = currentTarget.value
              }}
            />
          </Field>
          <Button type="submit">{t.setup.start}</Button>
        </form>
      </details>
      {failed.value && (
        <Notice tone="danger" alert title={explain(failed.value).title}>
          {explain(failed.value).text}
        </Notice>
      )}
    </div>
  )
}

function LinkForm({ become }: { become(scanner: Scanner): Promise<void> }) {
  const t = useTexts('door')
  const link = useSignal('')
  const isWrong = useSignal(false)
  return (
    <details class="door-setup__link">
      <summary>{t.setup.link}</summary>
      <p class="door-setup__hint">{t.setup.linkHint}</p>
      <form
        class="door-setup__form"
        onSubmit={(submit) => {
          submit.preventDefault()
          const scanner = scannerOfLink(link.value.trim())
          isWrong.value = !scanner
          if (scanner) void become(scanner)
        }}
      >
        <Field label={t.setup.linkLabel} error={isWrong.value ? t.setup.linkWrong : null}>
          <TextInput
            type="url"
            required
            autocomplete="off"
            value={link.value}
            onInput={({ currentTarget }: { currentTarget: HTMLInputElement }) => {
              link.value = currentTarget.value
            }}
          />
        </Field>
        <Button type="submit">{t.setup.open}</Button>
      </form>
    </details>
  )
}

/** Events whose door the person may keep, those that are not over, the soonest first. @throws ApiError. */
async function doorEvents(): Promise<DoorEvent[]> {
  const role = session.value.user?.role
  const isOrganizer = role === 'ORGANIZER' || role === 'ADMIN'
  const [mine, staffed] = await Promise.all([
    isOrganizer ? ask(MyDoorEvents, {}) : null,
    ask(MyStaffDoors, {}),
  ])
  const edges = [...(mine?.myEvents?.edges ?? []), ...(staffed.myStaffEvents?.edges ?? [])]
  return edges
    .map(({ node }) => node)
    .filter(({ endsAt }) => Date.parse(endsAt) > Date.now() - DAY_MS / 4)
    .toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
}

/** A scanner of its own where the person may make one; door staff scan as themselves. @throws ApiError. */
async function scannerFor(event: DoorEvent, gate: string | null, name: string): Promise<Scanner> {
  const { id: eventId, title } = event
  try {
    const { createDoorDevice: device } = await ask(CreateDoorDevice, { input: { eventId, name, gate } })
    if (device?.token) return { eventId, title, deviceId: device.id, gate, token: device.token }
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'FORBIDDEN') throw error
  }
  return { eventId, title, deviceId: `door-${crypto.randomUUID()}`, gate, token: null }
}
