import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import {
  type BookingFields,
  QuestionsOfEvent,
  type QuestionsOfEventResult,
  SayWhoComes,
} from '../generated/checkout/payment.ts'
import { dateTime } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { Select } from '../ui/select.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { givenText } from './given.ts'
import { seatLabel } from './holding.ts'

type Ticket = NonNullable<BookingFields['tickets']>[number]
type Question = NonNullable<NonNullable<QuestionsOfEventResult['event']>['questions']>[number]

interface AttendeesProps {
  eventId: string
  tickets: readonly Ticket[]
  /** Who has bought, and so most likely comes with the first ticket. */
  buyer: string
}

/** Who comes with each ticket, and what the organizer asks of them; nothing where nothing is asked. */
export function Attendees({ eventId, tickets, buyer }: AttendeesProps) {
  const t = useTexts('checkout').attendees
  const { data } = useQuery(QuestionsOfEvent, { id: eventId })
  const event = data.value?.event
  const questions = event?.questions ?? []
  const late = event?.answersUntil ? Date.parse(event.answersUntil) < Date.now() : false
  if (questions.length === 0 || late) return null
  return (
    <section class="attendees" aria-labelledby="attendees">
      <h2 id="attendees">{t.title}</h2>
      <p>{t.text}</p>
      {event?.answersUntil && <p class="checkout__small">{t.until(dateTime(event.answersUntil))}</p>}
      {tickets
        .filter(({ status }) => status === 'VALID')
        .map((ticket, index) => (
          <Attendee
            key={ticket.id}
            ticket={ticket}
            label={ticket.seat ? seatLabel(ticket.seat) : `${index + 1}`}
            questions={questions}
            name={ticket.attendee?.name ?? (index === 0 ? buyer : '')}
          />
        ))}
    </section>
  )
}

interface AttendeeProps {
  ticket: Ticket
  label: string
  questions: readonly Question[]
  name: string
}

function Attendee({ ticket, label, questions, name }: AttendeeProps) {
  const t = useTexts('checkout').attendees
  const saved = useSignal(ticket.attendee !== null)
  const title = `${t.ticket(label)}${ticket.ticketType ? `, ${ticket.ticketType.name}` : ''}`
  return (
    <Form
      label={title}
      class="attendee"
      onSubmit={async (data) => {
        const answers = questions.flatMap(({ text }, index) => {
          const answer = givenText(data, `answer-${index}`)
          return answer ? [{ question: text, answer }] : []
        })
        await ask(
          SayWhoComes,
          { input: { ticketId: ticket.id, name: givenText(data, 'name'), answers } },
          { idempotent: true },
        )
        saved.value = true
      }}
    >
      {(busy: boolean) => (
        <>
          <h3>{title}</h3>
          <Field label={t.name} name="name">
            <TextInput name="name" required maxLength={120} defaultValue={name} autocomplete="off" />
          </Field>
          {questions.map((question, index) => (
            <Answer key={question.text} name={`answer-${index}`} question={question} />
          ))}
          <div class="actions">
            <Button type="submit" busy={busy}>
              {t.save}
            </Button>
            <p role="status">{saved.value && t.saved}</p>
          </div>
        </>
      )}
    </Form>
  )
}

function Answer({ name, question }: { name: string; question: Question }) {
  const t = useTexts('checkout').attendees
  const { text, kind, required, options } = question
  if (kind === 'YES_NO')
    return (
      <RadioGroup
        name={name}
        label={text}
        look="chips"
        required={required}
        options={[
          { value: 'YES', label: t.yes },
          { value: 'NO', label: t.no },
        ]}
      />
    )
  return (
    <Field label={text} name={name}>
      {kind === 'CHOICE' ? (
        <Select name={name} required={required}>
          <option value="">{t.choose}</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </Select>
      ) : (
        <TextInput name={name} required={required} maxLength={500} />
      )}
    </Field>
  )
}
