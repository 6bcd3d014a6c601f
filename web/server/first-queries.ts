/** An operation with which the app begins a page. Both sides must make the same variables of the same address. */
interface FirstQuery {
  name: string
  document: string
  variables: object
}

/** What the app asks first on each page that anybody may see. */
export const FIRST_QUERIES = {
  home: (_: { slug?: string }): FirstQuery[] => [],
  event: ({ slug: _ }: { slug?: string }): FirstQuery[] => [],
  organizer: ({ slug: _ }: { slug?: string }): FirstQuery[] => [],
}
