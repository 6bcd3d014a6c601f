/** What is on a page of a list; nothing where there is none. */
export const nodesOf = <N>(
  connection: { readonly edges: readonly { readonly node: N }[] } | null | undefined,
): N[] => connection?.edges.map(({ node }) => node) ?? []
