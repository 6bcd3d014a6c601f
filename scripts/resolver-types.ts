import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type { DocumentNode } from 'graphql'
import { buildASTSchema, Kind, parse } from 'graphql'
import { ROOT, sdlFile } from './paths.ts'

const SCALARS = { ID: 'string', DateTime: 'Date', Date: 'string', Money: 'number' }

/** The optional file in which a subgraph maps its GraphQL types to the rows that its resolvers work on. */
export const mappersFile = (name: SubgraphName): string => join(ROOT, 'subgraphs', name, 'codegen.json')

/** The TypeScript of a subgraph's resolvers, made from its SDL. */
export function generateResolverTypes(name: SubgraphName): Promise<string> {
  const schema = parse(readFileSync(sdlFile(name), 'utf8'))
  const file = mappersFile(name)
  const { mappers = {} } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return codegen({
    filename: 'resolvers-types.ts',
    schema,
    schemaAst: buildASTSchema(withoutSchemaExtensions(schema), { assumeValidSDL: true }),
    documents: [],
    config: {
      federation: true,
      useTypeImports: true,
      enumsAsTypes: true,
      importExtension: '.ts',
      emitLegacyCommonJSImports: false,
      contextType: '../request-context.ts#Context',
      maybeValue: 'T | null | undefined',
      inputMaybeValue: 'T | null | undefined',
      scalars: Object.fromEntries(
        Object.entries(SCALARS).map(([key, type]) => [key, { input: type, output: type }]),
      ),
      defaultScalarType: 'unknown',
      mappers,
    },
    plugins: [{ typescript: {} }, { 'typescript-resolvers': {} }],
    pluginMap: { typescript, 'typescript-resolvers': typescriptResolvers },
  })
}

/** `extend schema @link(…)` names directives that only federation defines. */
const withoutSchemaExtensions = (document: DocumentNode): DocumentNode => ({
  ...document,
  definitions: document.definitions.filter((definition) => definition.kind !== Kind.SCHEMA_EXTENSION),
})
