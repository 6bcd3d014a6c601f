/** A guard of live maps that is taken out: pieces of the product's source, by file, and what stands there instead; or SQL. */
export interface Mutant {
  readonly edits?: readonly { file: string; from: string; to: string }[]
  readonly sql?: string
}

/** Each of them has the proof fail. */
export const MUTANTS = {
  'without the revision check': {
    edits: [
      { file: 'packages/kit/src/live.ts', from: 'if (change.revision <= seen) return', to: '' },
      {
        file: 'router/src/subscriptions/topics/group.ts',
        from: 'if (!isReset && isSeen(revision, member.position)) return',
        to: '',
      },
    ],
  },
  'without a snapshot for who is ahead': {
    edits: [
      {
        file: 'subgraphs/ticket/src/domain/seat-map/seat-store.ts',
        from: 'CASE WHEN revision < ${since} OR ${since} < drawn_revision',
        to: 'CASE WHEN ${since} < drawn_revision',
      },
      {
        file: 'subgraphs/ticket/src/domain/viewing/read-seats.ts',
        from: 'since > map.revision ? 0 : Math.max(0, since)',
        to: 'Math.max(0, since)',
      },
    ],
  },
  'without the gap check': {
    edits: [
      {
        file: 'packages/kit/src/live.ts',
        from: 'if (!reading && change.since <= seen) deliver(change)',
        to: 'if (!reading) deliver(change)',
      },
    ],
  },
  'without the lineage of revisions': {
    sql: 'DROP TRIGGER seat_maps_leave_lost_revisions ON seat_maps',
  },
} satisfies Record<string, Mutant>

export type MutantName = keyof typeof MUTANTS
