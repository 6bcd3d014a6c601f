import { writeFile } from 'node:fs/promises'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { compose } from './compose.ts'
import { SCHEMAS } from './schemas.ts'
import type { World } from './world.ts'

/** Has the router reload a supergraph with another schema of the ticket subgraph, whose server stays as it is. */
export async function replaceSupergraph(
  { supergraphFile, url }: World,
  change: (ticket: string) => string,
): Promise<void> {
  const marker = `version${++versions}`
  const ticket = change(SCHEMAS.ticket).replace('type Query {', `type Query { ${marker}: Int`)
  await writeFile(supergraphFile, compose({ ...SCHEMAS, ticket }))
  const query = '{ __type(name: "Query") { fields { name } } }'
  await eventually(async () => {
    const { body } = await gql(url, query)
    const names: string[] = body.data.__type.fields.map(({ name }: { name: string }) => name)
    if (!names.includes(marker)) throw new Error(`the router has no ${marker} yet`)
  })
}

let versions = 0
