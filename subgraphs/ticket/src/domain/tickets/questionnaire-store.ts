import type { Db, Tx } from '../database.ts'
import type { Question, Questionnaire } from './questionnaire.ts'

/** What is asked at events, by the event's id; those that ask nothing, and never did, are left out. */
export async function findQuestionnaires(
  db: Db | Tx,
  eventIds: readonly string[],
): Promise<Map<string, Questionnaire>> {
  const rows = await db.$queryRaw<{ event_id: string; questions: Question[]; answers_until: Date | null }[]>`
    SELECT event_id, questions, answers_until FROM questionnaires WHERE event_id = ANY(${eventIds}::uuid[])`
  return new Map(
    rows.map(({ event_id: eventId, questions, answers_until: answersUntil }) => [
      eventId,
      { eventId, questions, answersUntil },
    ]),
  )
}

/** @param change what is not in it stays as it is. */
export async function updateQuestionnaire(
  tx: Tx,
  eventId: string,
  change: { questions?: readonly Question[]; answersUntil?: Date | null },
): Promise<void> {
  const questions = change.questions ? JSON.stringify(change.questions) : null
  const until = change.answersUntil ?? null
  await tx.$executeRaw`INSERT INTO questionnaires AS known (event_id, questions, answers_until)
    VALUES (${eventId}::uuid, coalesce(${questions}::jsonb, '[]'::jsonb), ${until}::timestamptz)
    ON CONFLICT (event_id) DO UPDATE SET questions = coalesce(${questions}::jsonb, known.questions),
      answers_until = CASE WHEN ${change.answersUntil === undefined} THEN known.answers_until ELSE EXCLUDED.answers_until END`
}
