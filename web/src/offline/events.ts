import { keepAnswer, keptAnswer } from './kept.ts'
import { isLost } from './outcome.ts'

/** The query of an event's page. Others are of lists, which are of no use once they are old. */
const OF_AN_EVENT = /^query EventPage\b/

const nameOf = (variables: string): string => `EventPage:${variables}`

/** Keeps the page of an event that was looked at; of anything else nothing. @param variables as JSON. */
export async function keep(document: string, variables: string, data: unknown): Promise<void> {
  if (OF_AN_EVENT.test(document)) await keepAnswer('event', nameOf(variables), data)
}

/** What was kept of a page of an event that could not be read for want of a connection; undefined for nothing. */
export async function find(document: string, variables: string, failure: unknown): Promise<unknown> {
  if (!OF_AN_EVENT.test(document) || !isLost(failure)) return undefined
  return (await keptAnswer(nameOf(variables)))?.data
}
