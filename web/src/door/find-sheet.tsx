import { useSignal } from '@preact/signals'
import { nodesOf } from '../api/nodes.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { FindAttendees, type FindAttendeesResult } from '../generated/door/people.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { TextInput } from '../ui/text-input.tsx'
import type { Door } from './door.ts'
import { looksLikeTicket } from './ticket-code.ts'

type Attendee = NonNullable<FindAttendeesResult['attendees']>['edges'][number]['node']

/** For whoever has no code that can be read: by the code in letters, the number on the ticket, or a name. */
export function FindSheet({
  open,
  door,
  close,
  scan,
}: {
  open: boolean
  door: Door
  close(): void
  scan(code: string): void
}) {
  const t = useTexts('door')
  const text = useSignal('')
  const people = useSignal<readonly Attendee[]>([])
  const state = useSignal<'idle' | 'busy' | 'done' | 'failed'>('idle')
  const byNumber = door.findByNumber(text.value)

  async function find(): Promise<void> {
    const asked = text.value
    if (looksLikeTicket(asked.trimStart().toUpperCase()) || looksLikeTicket(asked.trim())) {
      text.value = ''
      scan(asked)
      return
    }
    people.value = []
    const mayAsk = session.value.status === 'signed-in' && asked.trim() !== ''
    if (mayAsk) {
      state.value = 'busy'
      try {
        const { attendees } = await ask(FindAttendees, {
          eventId: door.scanner.eventId,
          search: asked.trim(),
        })
        people.value = nodesOf(attendees)
      } catch {
        state.value = 'failed'
        return
      }
    }
    state.value = 'done'
  }

  const isNothing = state.value === 'done' && people.value.length === 0 && byNumber.length === 0
  return (
    <Sheet open={open} title={t.find.heading} onClose={close}>
      <form
        class="door-find"
        onSubmit={(event) => {
          event.preventDefault()
          void find()
        }}
      >
        <Field label={t.find.label} hint={t.find.hint}>
          <TextInput
            icon="search"
            type="search"
            autocomplete="off"
            autocapitalize="characters"
            enterkeyhint="search"
            spellcheck={false}
            maxLength={1000}
            value={text.value}
            onInput={({ currentTarget }: { currentTarget: HTMLInputElement }) => {
              text.value = currentTarget.value
              state.value = 'idle'
            }}
          />
        </Field>
        <Button type="submit" variant="primary" busy={state.value === 'busy'}>
          {t.find.search}
        </Button>
      </form>
      <div role="status">
        {state.value === 'failed' && <p class="door-note door-note--away">{t.find.failed}</p>}
        {isNothing && <p class="door-note">{t.find.none}</p>}
      </div>
      {byNumber.length > 0 && (
        <>
          <ul class="door-found">
            {byNumber.map(({ number, ticket }) => (
              <li key={number} class="door-found__item">
                <span class="door-found__name figures">{number}</span>
                <span class="door-found__more">
                  {ticket.type.name} · {t.find.state[ticket.state]}
                </span>
              </li>
            ))}
          </ul>
          <p class="door-note">{t.find.number}</p>
        </>
      )}
      {people.value.length > 0 && (
        <ul class="door-found">
          {people.value.map(({ id, name, ticket }) => (
            <li key={id} class="door-found__item">
              <span class="door-found__name">{name}</span>
              <span class="door-found__more">
                {ticket?.ticketType?.name} · {t.find.state[ticket?.status ?? 'VALID']}
              </span>
              {ticket?.status === 'VALID' && (
                <Button size="s" onClick={() => scan(ticket.code)}>
                  {t.find.checkIn}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Sheet>
  )
}
