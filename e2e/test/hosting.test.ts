import { afterAll, beforeAll, it } from 'vitest'
import { type Karcis, startKarcis } from './karcis.ts'
import { pictureStory } from './stories/files.ts'
import { messageStory } from './stories/messages.ts'
import { reviewStory } from './stories/reviews.ts'
import { seatLayoutStory } from './stories/seat-layouts.ts'
import { staffStory } from './stories/staff.ts'
import { ticketDocumentStory } from './stories/ticket-documents.ts'

let karcis: Karcis
beforeAll(async () => {
  karcis = await startKarcis()
})
afterAll(() => karcis[Symbol.asyncDispose]())

it('a picture is sent past GraphQL, shown with its event in the form that a browser takes, and kept by it', () =>
  pictureStory(karcis))
it('people are told of what happens to them, once each: from an event of whom they follow to its being called off', () =>
  messageStory(karcis))
it('who came in says how it was, the organizer answers, somebody reports it, an admin hides it, and each is told', () =>
  reviewStory(karcis))
it('sells the seats of a drawing, and gives their geometry by the one port, for ever', () =>
  seatLayoutStory(karcis))
it('staff of an event do what their roles are for, in every subgraph, and nothing more once they are taken off', () =>
  staffStory(karcis))
it('gives tickets as documents by the one port, asks who comes, and knows none of what was handed on', () =>
  ticketDocumentStory(karcis))
