import { useSignal } from '@preact/signals'
import { asApiError, type ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { Asked, type AskedResult, SayWhoComesWith, type TicketOfMine } from '../generated/tickets/tickets.ts'
import { dateTime } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { Select } from '../ui/select.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { DialogButtons } from './dialog-buttons.tsx'
import { takeTicket } from './my-tickets.ts'
import { given, Line } from './page-parts.tsx'

type AskedOf = NonNullable<AskedResult['event']>
type Question = NonNullable<AskedOf['questions']>[number]

/** Who comes with a ticket, and what they have answered; its owner may change that until the event's organizer wants to know. */
export function WhoComes({ ticket }: { ticket: TicketOfMine }) {
  const t = useTexts('tickets')
  const asked = useSignal<AskedOf | null>(null)
  const error = useSignal<ApiError | null>(null)
  const { attendee, status, event } = ticket
  const open = async () => {
    if (!event) return
    error.value = null
    try {
      asked.value = (await ask(Asked, { eventId: event.id })).event
    } catch (failure) {
      error.value = asApiError(failure)
    }
  }
  return (
    <Disclosure summary={`${t.who}: ${attendee?.name ?? t.whoNobody}`}>
      {attendee && attendee.answers.length > 0 && (
        <dl class="lines">
          {attendee.answers.map(({ question, answer }) => (
            <Line key={question} label={question}>
              {answer === 'YES' ? t.yes : answer === 'NO' ? t.no : answer}
            </Line>
          ))}
        </dl>
      )}
      {error.value && <Notice tone="warning" title={explain(error.value).title} alert />}
      {status === 'VALID' && event && (
        <Button icon="edit" onClick={() => void open()}>
          {attendee ? t.whoChange : t.whoSay}
        </Button>
      )}
      {asked.value && event && (
        <AskedDialog
          ticket={ticket}
          zone={event.timezone}
          asked={asked.value}
          onClose={() => (asked.value = null)}
        />
      )}
    </Disclosure>
  )
}

interface AskedDialogProps {
  ticket: TicketOfMine
  zone: string
  asked: AskedOf
  onClose(): void
}

function AskedDialog({ ticket: { id, attendee }, zone, asked, onClose }: AskedDialogProps) {
  const t = useTexts('tickets')
  const { answersUntil } = asked
  const questions = asked.questions ?? []
  const isOver = answersUntil !== null && Date.parse(answersUntil) < Date.now()
  const save = async (data: FormData) => {
    const answers = questions.flatMap(({ text }, at) => {
      const answer = given(data, `answer-${at}`)
      return answer === '' ? [] : [{ question: text, answer }]
    })
    const input = { ticketId: id, name: given(data, 'name'), answers }
    takeTicket((await ask(SayWhoComesWith, { input }, { idempotent: true })).setAttendee)
    notify(t.saved)
    onClose()
  }
  return (
    <Dialog open title={t.who} onClose={onClose}>
      {isOver ? (
        <p>{t.whoTooLate}</p>
      ) : (
        <Form onSubmit={save}>
          {(busy) => (
            <>
              <Field label={t.whoName} name="name">
                <TextInput
                  name="name"
                  required
                  maxLength={120}
                  autocomplete="name"
                  defaultValue={attendee?.name ?? ''}
                />
              </Field>
              {questions.map((question, at) => (
                <Answer
                  key={question.text}
                  question={question}
                  name={`answer-${at}`}
                  before={attendee?.answers.find((one) => one.question === question.text)?.answer ?? ''}
                />
              ))}
              {answersUntil && <p class="quiet">{t.whoUntil(dateTime(answersUntil, zone))}</p>}
              <DialogButtons go={t.save} busy={busy} onCancel={onClose} />
            </>
          )}
        </Form>
      )}
    </Dialog>
  )
}

function Answer({ question, name, before }: { question: Question; name: string; before: string }) {
  const t = useTexts('tickets')
  const { text, kind, required, options } = question
  if (kind === 'YES_NO')
    return (
      <RadioGroup
        label={text}
        name={name}
        required={required}
        look="chips"
        {...((before === 'YES' || before === 'NO') && { defaultValue: before })}
        options={[
          { value: 'YES', label: t.yes },
          { value: 'NO', label: t.no },
        ]}
      />
    )
  return (
    <Field label={text} name={name} {...(required ? {} : { optional: t.optional })}>
      {kind === 'CHOICE' ? (
        <Select
          name={name}
          required={required}
          defaultValue={before}
          options={[
            { value: '', label: t.choose },
            ...options.map((option) => ({ value: option, label: option })),
          ]}
        />
      ) : (
        <TextInput name={name} required={required} maxLength={500} defaultValue={before} />
      )}
    </Field>
  )
}
