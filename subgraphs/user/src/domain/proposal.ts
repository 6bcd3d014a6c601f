import type { Connection } from '@karcis/kit/pagination'
import type { OrganizerProposal } from '../generated/prisma/client.ts'

/** A request to become an organizer, with the people in it by id. */
export type Proposal = OrganizerProposal

export type ProposalConnection = Connection<Proposal>
