import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Supergraph } from '@apollo/federation-internals'
import { codegen } from '@graphql-codegen/core'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isEnumType,
  Kind,
  NoUnusedFragmentsRule,
  parse,
  print,
  specifiedRules,
  stripIgnoredCharacters,
  validate,
  visit,
} from 'graphql'
import { SUPERGRAPH, WEB_GENERATED, WEB_SOURCE } from './paths.ts'

/** What the API's scalars are in JSON. */
const SCALARS = { ID: 'string', DateTime: 'string', Date: 'string', Money: 'number', JSON: 'unknown' }

/** One `<room>/<name>.graphql`. */
interface OperationFile {
  /** As `checkout/hold`, under web/src. */
  readonly name: string
  readonly document: DocumentNode
}

/**
 * Writes web/src/generated: of each `<room>/<name>.graphql` its operations as typed strings, the API's error codes, and which texts there are.
 * @throws Error that names each document which the API would refuse.
 */
export async function generateWebOperations(): Promise<void> {
  const schema = apiSchema()
  const written = new Map([
    ['texts.ts', typesOfTexts()],
    ...LANGUAGES.map((language): [string, string] => [`texts-${language}.ts`, registryOfTexts(language)]),
    ['error-code.ts', errorCodes(schema)],
  ])
  const operations = globSync('*/*.graphql', { cwd: WEB_SOURCE })
    .sort()
    .map((file) => ({
      name: file.replace(/\.graphql$/, ''),
      document: parse(readFileSync(join(WEB_SOURCE, file), 'utf8')),
    }))
  const fragments = fragmentsOf(operations)
  refuseBroken(schema, operations, fragments)
  for (const file of operations)
    written.set(`${file.name}.ts`, await moduleOf(schema, file, operations, fragments))
  removeOthers(written)
  for (const [name, code] of written) {
    const path = join(WEB_GENERATED, name)
    mkdirSync(dirname(path), { recursive: true })
    if (!existsSync(path) || readFileSync(path, 'utf8') !== code) writeFileSync(path, code)
  }
}

/** What clients see of the composed schema. */
function apiSchema(): GraphQLSchema {
  const supergraph = Supergraph.buildForTests(readFileSync(SUPERGRAPH, 'utf8'), false)
  return supergraph.apiSchema().toGraphQLJSSchema()
}

function fragmentsOf(files: readonly OperationFile[]): Map<string, FragmentDefinitionNode> {
  const found = new Map<string, FragmentDefinitionNode>()
  for (const { name, document } of files) {
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue
      if (found.has(definition.name.value))
        throw new Error(`web/src/${name}.graphql: there is another fragment ${definition.name.value}`)
      found.set(definition.name.value, definition)
    }
  }
  return found
}

function refuseBroken(
  schema: GraphQLSchema,
  files: readonly OperationFile[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): void {
  const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule)
  const names = new Set<string>()
  const problems = files.flatMap(({ name, document }) => {
    const own = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    const unnamed = own.flatMap((operation) => {
      const called = operation.kind === Kind.OPERATION_DEFINITION ? operation.name?.value : undefined
      if (called === undefined) return ['an operation has no name']
      const known = names.has(called)
      names.add(called)
      return known ? [`there is another operation ${called}`] : []
    })
    const others = [...reachable(document, fragments)].filter(
      (fragment) => !document.definitions.includes(fragment),
    )
    const errors = validate(
      schema,
      { ...document, definitions: [...document.definitions, ...others] },
      rules,
    ).map(({ message, locations }) => `${message} (line ${locations?.[0]?.line})`)
    return [...unnamed, ...errors].map((problem) => `web/src/${name}.graphql: ${problem}`)
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** All fragments that a document spreads, also by way of others. */
function reachable(
  node: DocumentNode | FragmentDefinitionNode | DocumentNode['definitions'][number],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  found: Set<FragmentDefinitionNode> = new Set(),
): Set<FragmentDefinitionNode> {
  visit(node, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value)
      if (!fragment || found.has(fragment)) return
      found.add(fragment)
      reachable(fragment, fragments, found)
    },
  })
  return found
}

async function moduleOf(
  schema: GraphQLSchema,
  { name, document }: OperationFile,
  files: readonly OperationFile[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Promise<string> {
  const own = new Set(document.definitions)
  const foreign = files.flatMap((file) =>
    file.document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION && !own.has(definition)
        ? [
            {
              node: definition,
              name: definition.name.value,
              onType: definition.typeCondition.name.value,
              isExternal: true,
              importFrom: null,
            },
          ]
        : [],
    ),
  )
  const types = await codegen({
    filename: `${basename(name)}.ts`,
    schema: { kind: Kind.DOCUMENT, definitions: [] },
    schemaAst: schema,
    documents: [{ location: name, document }],
    config: {
      externalFragments: foreign,
      scalars: SCALARS,
      defaultScalarType: 'unknown',
      enumType: 'string-literal',
      skipTypename: true,
      useTypeImports: true,
      omitOperationSuffix: true,
      operationResultSuffix: 'Result',
      fragmentSuffix: '',
      namingConvention: 'keep',
      disableDescriptions: true,
      dedupeFragments: true,
    },
    plugins: [{ 'typescript-operations': {} }],
    pluginMap: { 'typescript-operations': typescriptOperations },
    skipDocumentsValidation: true,
  })
  const constants = document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return []
    const called = definition.name?.value ?? ''
    const parts = [definition, ...reachable(definition, fragments)]
    const text = stripIgnoredCharacters(parts.map((part) => print(part)).join('\n'))
    return `export const ${called} = ${JSON.stringify(text)} as Document<${called}Result, ${called}Variables>`
  })
  const imported = constants.length > 0 ? "import type { Document } from '../../api/document.ts'\n" : ''
  return [imported, types, ...constants, ''].join('\n')
}

function errorCodes(schema: GraphQLSchema): string {
  const type = schema.getType('ErrorCode')
  if (!isEnumType(type)) throw new Error('the API has no ErrorCode')
  const names = type.getValues().map((value) => `  | '${value.name}'`)
  return `/** Every code that an error of the API can carry. */\nexport type ErrorCode =\n${names.join('\n')}\n`
}

/** Rooms whose texts every first page needs: they come with the list of the others. */
const FIRST_ROOMS = new Set(['app', 'discover', 'ui'])

const LANGUAGES = ['id', 'en']

const textRooms = (): string[] =>
  globSync('texts/id/*.ts', { cwd: WEB_SOURCE })
    .map((file) => basename(file, '.ts'))
    .sort()

const textsConstant = (room: string): string =>
  room.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Which rooms have texts, so that a room is added by its two files alone. */
function typesOfTexts(): string {
  const types = textRooms().map(
    (room) => `  '${room}': Same<typeof import('../texts/id/${room}.ts').${textsConstant(room)}>`,
  )
  return [
    "import type { Same } from '../texts/same.ts'",
    '',
    '/** The texts of each room. */',
    'export interface Rooms {',
    ...types,
    '}',
    '',
    '/** Gives the texts of each room in one language. */',
    'export type Texts = { readonly [room in keyof Rooms]: () => Rooms[room] | Promise<Rooms[room]> }',
    '',
  ].join('\n')
}

/** Each room's texts by name, in one language. */
function registryOfTexts(language: string): string {
  const file = (room: string): string => `'../texts/${language}/${room}.ts'`
  const imports = [...FIRST_ROOMS].map((room) => `import { ${textsConstant(room)} } from ${file(room)}`)
  const texts = (room: string): string =>
    FIRST_ROOMS.has(room) ? room : `import(${file(room)}).then((texts) => texts.${textsConstant(room)})`
  return [
    ...imports,
    "import type { Texts } from './texts.ts'",
    '',
    'export const texts: Texts = {',
    ...textRooms().map((room) => `  '${room}': () => ${texts(room)},`),
    '}',
    '',
  ].join('\n')
}

/** What is left of documents that are no more. */
function removeOthers(written: ReadonlyMap<string, string>): void {
  for (const file of globSync('**/*.ts', { cwd: WEB_GENERATED }))
    if (!written.has(file)) rmSync(join(WEB_GENERATED, file))
}
