import type { FieldProblem } from '@karcis/kit/errors'
import type { Attendee } from './ticket.ts'

export const QUESTION_KINDS = ['TEXT', 'CHOICE', 'YES_NO'] as const

/** What an organizer asks each who comes. */
export interface Question {
  /** Its words, by which answers are known; no two of an event have the same. */
  text: string
  kind: (typeof QUESTION_KINDS)[number]
  required: boolean
  /** Of a CHOICE what may be answered; else none. */
  options: string[]
}

/** What is asked of those who come to an event. */
export interface Questionnaire {
  eventId: string
  questions: Question[]
  /** Until when owners of tickets may say who comes; null for as long as a ticket is not used. */
  answersUntil: Date | null
}

type Answers = Attendee['answers']

/** What may be answered to a question; null for any text. */
const choicesOf = ({ kind, options }: Question): readonly string[] | null =>
  kind === 'CHOICE' ? options : kind === 'YES_NO' ? ['YES', 'NO'] : null

/**
 * What a ticket's answers become: those that are given in the place of all to the questions of now, and those to questions that are asked no
 * more, which stay. Where nothing is asked, whatever is given stands.
 * @param given undefined: as they are.
 */
export function answersAfter(
  questions: readonly Question[],
  before: Answers,
  given: Answers | undefined,
): Answers {
  if (given === undefined) return before
  if (questions.length === 0) return given
  const asked = new Set(questions.map(({ text }) => text))
  const inOrder = questions.flatMap(({ text }) => given.find(({ question }) => question === text) ?? [])
  return [...inOrder, ...before.filter(({ question }) => !asked.has(question))]
}

/** What is wrong with the answers that are given, where something is asked. @param root path of their list. */
export function givenProblems(questions: readonly Question[], given: Answers, root: string): FieldProblem[] {
  if (questions.length === 0) return []
  return given.flatMap(({ question, answer }, at) => {
    const found = questions.find(({ text }) => text === question)
    if (!found) return [{ path: `${root}.${at}.question`, message: 'is not asked at this event' }]
    if (given.findIndex((other) => other.question === question) < at)
      return [{ path: `${root}.${at}.question`, message: 'is answered twice' }]
    const choices = choicesOf(found)
    return choices && !choices.includes(answer)
      ? [{ path: `${root}.${at}.answer`, message: `must be one of ${choices.join(', ')}` }]
      : []
  })
}

/** Which of the questions that must be answered are not. @param root path of the list of answers. */
export const missingProblems = (
  questions: readonly Question[],
  answers: Answers,
  root: string,
): FieldProblem[] =>
  questions
    .filter(({ required, text }) => required && !answers.some(({ question }) => question === text))
    .map(({ text }) => ({ path: root, message: `must answer: ${text}` }))
