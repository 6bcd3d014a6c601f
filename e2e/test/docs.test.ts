import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { EVENTS } from '@karcis/kit/contracts/events'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { type DefinitionNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const IGNORED = new Set(['node_modules', 'generated', 'coverage'])
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT, exclude: (path) => IGNORED.has(basename(path)) })
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const PAGES = ['README.md', ...find('docs/*.md')]
const FILES = find('**/*.*')
const TOP_LEVEL = new Set(find('*'))
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

describe.each(PAGES)('%s', (page) => {
  // The left column of seeds.md names what other systems have.
  const text = page === 'docs/seeds.md' ? read(page).replaceAll(/^\|[^|]*/gm, '') : read(page)

  it('names only files and folders that exist', () => {
    const paths = [...inlineCode(text).filter(isPath), ...trees(text)]
    expect(paths.filter((path) => !exists(path))).toEqual([])
  })

  it('links only to what exists, down to the heading', () => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [path, heading] = target.split('#')
      const file = path ? join(dirname(page), path) : page
      expect(find(file), target).not.toEqual([])
      if (heading) expect(headings(read(file)), target).toContain(heading)
    }
  })

  it('names only commands that package.json has', () => {
    for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty([name])
  })
})

describe('README.md', () => {
  const readme = read('README.md')

  it('explains every command of package.json', () => {
    for (const name of Object.keys(scripts)) {
      expect(readme).toMatch(new RegExp(`^\\| \`npm (run )?${name}\\b(?!:)`, 'm'))
    }
  })

  it('has in its tree every folder at the top, every package, and every floor of the router and the subgraphs', () => {
    const named = trees(readme).flatMap(forEachSubgraph)
    const floors = [...new Set(FILES.map(dirname))].filter((folder) =>
      /^(\w+|packages\/\w+|(router|subgraphs\/\w+)\/src\/\w+)$/.test(folder),
    )
    const unnamed = floors.filter((floor) => !named.some((path) => `${path}/`.startsWith(`${floor}/`)))
    expect(unnamed).toEqual([])
  })
})

describe('docs/architecture.md', () => {
  it('has every room of the four domains in its tree', () => {
    const named = trees(read('docs/architecture.md')).map((path) => path.replace(/\/$/, ''))
    const rooms = find('subgraphs/*/src/domain/*/*.ts').map(dirname)
    expect(named).toEqual(expect.arrayContaining(rooms))
  })

  it('names only constraints that a migration makes', () => {
    const migrations = [
      ...find('prisma/*/migrations/*/migration.sql'),
      ...find('packages/kit/migrations/*.sql'),
    ]
      .map(read)
      .join()
    const named = inlineCode(read('docs/architecture.md')).filter((code) => /^[a-z]+(_[a-z]+)+$/.test(code))
    expect(named.length).toBeGreaterThan(5)
    for (const name of named) expect(migrations).toContain(name)
  })
})

describe('docs/architecture.md beside the contracts', () => {
  const named = inlineCode(read('docs/architecture.md'))

  it('says who asks for each internal operation, once', () => {
    for (const field of internalOperations()) {
      expect(
        named.filter((code) => new RegExp(`^${field}\\b`).test(code)),
        field,
      ).toHaveLength(1)
    }
  })

  it('says from whom to whom each event goes', () => {
    for (const type of Object.keys(EVENTS)) expect(named).toContain(type)
  })
})

describe('docs/seeds.md', () => {
  const rows = [...read('docs/seeds.md').matchAll(/^\| (.+) \| (.+) \| (yes|to come) \|$/gm)]

  it('counts its rows', () => {
    const count = (works: string): number => rows.filter((row) => row[3] === works).length
    expect(read('docs/seeds.md')).toContain(
      `There are ${rows.length} rows: ${count('yes')} yes, ${count('to come')} to come.`,
    )
  })

  it('says that something works only where the schema has it', () => {
    const fields = schemaFields()
    for (const [row, , answer = ''] of rows.filter(([, , , works]) => works === 'yes')) {
      for (const field of fieldsNamed(answer)) expect(fields, row).toContain(field)
    }
  })
})

/** What stands between backticks outside of code blocks. */
const inlineCode = (markdown: string): string[] =>
  [...markdown.replaceAll(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** Paths of the trees in blocks without a language: the first word of each line, below the path of the line that it is indented under. */
function trees(markdown: string): string[] {
  const paths: string[] = []
  for (const [, language, block = ''] of markdown.matchAll(/^```(\w*)\n([^]*?)^```/gm)) {
    if (language) continue
    let above: { indent: number; path: string }[] = []
    for (const [, indent = '', name = ''] of block.matchAll(/^( *)(\S+)/gm)) {
      above = above.filter((line) => line.indent < indent.length)
      const path = join(above.at(-1)?.path ?? '', name)
      if (!TOP_LEVEL.has(path.split('/')[0] ?? '')) continue
      above.push({ indent: indent.length, path })
      paths.push(path)
    }
  }
  return paths
}

/** A path from the root, or the bare name of a file. */
const isPath = (code: string): boolean =>
  !/\s/.test(code) &&
  (TOP_LEVEL.has(code.split('/')[0] ?? '') || /^[\w.-]+\.(ts|mjs|graphql|prisma|sql|ya?ml|md)$/.test(code))

/** A bare name may be that of a file anywhere. */
const exists = (path: string): boolean =>
  FILES.some((file) => basename(file) === path) ||
  forEachSubgraph(path).every((one) => find(one.replace(/\/$/, '')).length > 0)

/** The paths that `<name>` stands for. */
const forEachSubgraph = (path: string): string[] =>
  path.includes('<name>') ? SUBGRAPHS.map((name) => path.replaceAll('<name>', name)) : [path]

/** The anchors that GitHub gives to headings. */
const headings = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Every `Type.field` that clients have. */
function schemaFields(): Set<string> {
  const named = (node: DefinitionNode): string[] => {
    if (!('name' in node && node.name) || !('fields' in node && node.fields)) return []
    const type = node.name.value
    return node.fields.map((field) => `${type}.${field.name.value}`)
  }
  return new Set(parse(read('schema/supergraph.graphql')).definitions.flatMap(named))
}

/** Every `Query.field` and `Mutation.field` that only our own processes may ask for. */
const internalOperations = (): string[] =>
  SUBGRAPHS.flatMap((name) => parse(read(`schema/${name}.graphql`)).definitions).flatMap((type) =>
    'fields' in type && (type.name.value === 'Query' || type.name.value === 'Mutation')
      ? (type.fields ?? [])
          .filter(({ directives }) =>
            directives?.some((directive) => directive.name.value === 'inaccessible'),
          )
          .map((field) => `${type.name.value}.${field.name.value}`)
      : [],
  )

/** Every `Type.field` of an answer in seeds.md, where a name without a type is of the type before it. */
function fieldsNamed(answer: string): string[] {
  const fields: string[] = []
  let type: string | undefined
  for (const code of inlineCode(answer)) {
    const [, given, field] = /^(?:([A-Z][a-z]\w+)\.)?([a-z]\w*)(?:\(.*\))?(?: \{.*\})?$/.exec(code) ?? []
    type = given ?? type
    if (type && field) fields.push(`${type}.${field}`)
  }
  return fields
}
