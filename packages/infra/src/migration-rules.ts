import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { kitMigrations, type MigrationFile, migrationsOf, OUTSIDE_TRANSACTION } from './migration-files.ts'
import { splitStatements, type Statement } from './sql-statements.ts'

/** Migrations up to these were written before there were rules, and before anybody had to migrate under sales. */
const BASE = { subgraphs: '20261126030000', kit: '0004' }

/** A comment right before a statement that breaks a rule and may: it says why, as in `-- allowed: some twenty rows`. */
const ALLOWED = /-- allowed: \S+/

/** What is wrong with the migrations since the base, each with its file and line; empty when nothing is. */
export function migrationProblems(): string[] {
  const sets = [
    ...SUBGRAPHS.map((name) => ({ files: migrationsOf(name), base: BASE.subgraphs })),
    { files: kitMigrations(), base: BASE.kit },
  ]
  return sets.flatMap(({ files, base }) =>
    files.flatMap((file, at) => (file.name < base ? [] : problemsOf(file, files.slice(0, at)))),
  )
}

/** What in a migration locks a table for long that others read and write meanwhile, or takes something from them. */
export function problemsOf(file: MigrationFile, earlier: readonly MigrationFile[]): string[] {
  const statements = splitStatements(file.sql)
  const created = new Set(
    statements.flatMap(({ text }) => nameAfter(/^CREATE (?:UNLOGGED )?TABLE /i, text) ?? []),
  )
  const history = earlier.flatMap(({ sql }) => splitStatements(sql))
  return statements.flatMap((statement) => {
    const problem = file.transactional
      ? statementProblem(statement, { created, history, statements })
      : outsideProblem(statement)
    return problem && !ALLOWED.test(statement.comment) ? [`${file.path}:${statement.line}: ${problem}`] : []
  })
}

interface Surroundings {
  /** Tables that the same file makes: nobody uses them yet. */
  readonly created: ReadonlySet<string>
  readonly history: readonly Statement[]
  readonly statements: readonly Statement[]
}

const OUTSIDE =
  /^(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY \S+ ON |DROP INDEX CONCURRENTLY IF EXISTS |REINDEX )/i

function outsideProblem({ text }: Statement): string | undefined {
  if (OUTSIDE.test(text)) return undefined
  return `outside of a transaction only CREATE INDEX CONCURRENTLY with a name, and DROP INDEX CONCURRENTLY IF EXISTS, can be begun again when they were interrupted`
}

function statementProblem({ text }: Statement, around: Surroundings): string | undefined {
  if (/^(CREATE (UNIQUE )?|DROP |RE)INDEX CONCURRENTLY /i.test(text))
    return `an index is made or dropped concurrently in a file of its own that begins with "${OUTSIDE_TRANSACTION}"`
  const indexed = nameAfter(/^CREATE (?:UNIQUE )?INDEX .*?\bON (?:ONLY )?/i, text)
  if (indexed && !around.created.has(indexed))
    return `CREATE INDEX keeps everybody from writing to ${indexed}: CREATE INDEX CONCURRENTLY, in a file of its own that begins with "${OUTSIDE_TRANSACTION}"`
  const altered = nameAfter(/^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?/i, text)
  if (altered && !around.created.has(altered)) return alterProblem(altered, text, around)
  const changed =
    nameAfter(/^(?:UPDATE (?:ONLY )?|DELETE FROM (?:ONLY )?)/i, text) ??
    nameAfter(/^WITH .*\b(?:UPDATE|DELETE FROM) /i, text)
  if (changed && !around.created.has(changed))
    return `keeps the rows of ${changed} locked until all are done: fill them in small batches by a job, after the deployment`
  if (/^(DROP TABLE|TRUNCATE|DROP TYPE|DROP SCHEMA)\b/i.test(text))
    return 'takes away what processes of the version before still use: only once no such process can run'
  if (/^(LOCK|CLUSTER|VACUUM|REINDEX|REFRESH)\b/i.test(text))
    return 'locks what others use for as long as it takes'
  if (/^DO\b/i.test(text) && /\b(ALTER TABLE|CREATE (UNIQUE )?INDEX|UPDATE|DELETE FROM|LOCK)\b/i.test(text))
    return 'a DO block changes tables where this check cannot look into it'
  return undefined
}

/** Functions whose value differs from row to row: with one of them as a default, every row is written again. */
const VOLATILE =
  /\b(clock_timestamp|random|nextval|gen_random_uuid|uuidv[47]|uuid_generate_v\w+|statement_timestamp|timeofday)\s*\(/i

function alterProblem(table: string, text: string, around: Surroundings): string | undefined {
  if (/\bRENAME\b/i.test(text))
    return `a name that processes of the version before use goes from ${table}: add, move over, and take away later`
  for (const action of actionsOf(text)) {
    const problem = actionProblem(table, action, around)
    if (problem) return problem
  }
  return undefined
}

function actionProblem(table: string, action: string, around: Surroundings): string | undefined {
  if (/^ADD CONSTRAINT\b/i.test(action) || /^ADD (CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE)\b/i.test(action)) {
    if (/\b(UNIQUE|PRIMARY KEY)\b/i.test(action))
      return /\bUSING INDEX\b/i.test(action)
        ? undefined
        : `builds an index under a lock on ${table}: make it concurrently, then ADD CONSTRAINT … USING INDEX`
    if (/\bEXCLUDE\b/i.test(action))
      return `builds an index under a lock on ${table}, and there is no other way`
    return /\bNOT VALID$/i.test(action)
      ? undefined
      : `reads all of ${table} under a lock: ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in the next file`
  }
  if (/^ADD\b/i.test(action)) return addColumnProblem(table, action)
  if (/^(ALTER (COLUMN )?\S+ (SET DATA )?TYPE)\b/i.test(action))
    return `writes all of ${table} again under a lock: add a column, move over, and take the old one away later`
  if (/^ALTER (COLUMN )?\S+ ADD GENERATED\b/i.test(action)) return undefined
  const [, notNull] = /^ALTER (?:COLUMN )?"?(\w+)"? SET NOT NULL$/i.exec(action) ?? []
  if (notNull && !isProvenNotNull(notNull, around.history))
    return `reads all of ${table} under a lock, unless a CHECK (${notNull} IS NOT NULL) was added NOT VALID and validated by earlier migrations`
  const [, validated] = /^VALIDATE CONSTRAINT "?(\w+)"?/i.exec(action) ?? []
  if (validated && around.statements.some(({ text }) => adds(validated).test(text)))
    return `reads all of ${table} under the lock of the ADD CONSTRAINT in the same file: in the next one it blocks nobody`
  if (/^DROP (COLUMN )?(?!CONSTRAINT\b)\S+/i.test(action))
    return `takes a column of ${table} away that processes of the version before still use: only once no such process can run`
  if (/^SET (TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD)\b/i.test(action))
    return `writes all of ${table} again under a lock`
  return undefined
}

function addColumnProblem(table: string, action: string): string | undefined {
  const [, fallback] = /\bDEFAULT (.+)$/i.exec(action) ?? []
  if (/\bNOT NULL\b/i.test(action) && fallback === undefined)
    return `fails where ${table} has rows, and for processes of the version before, which do not know the column: with a DEFAULT, or without NOT NULL`
  if (
    VOLATILE.test(fallback ?? '') ||
    /\bGENERATED ALWAYS AS \(.*STORED|\bGENERATED .* AS IDENTITY|\b(BIG|SMALL)?SERIAL\b/i.test(action)
  )
    return `writes all of ${table} again under a lock: add the column empty, and fill it in small batches`
  if (/\b(UNIQUE|PRIMARY KEY|REFERENCES|CHECK)\b/i.test(action))
    return `reads all of ${table} under a lock: add the column alone, then the constraint NOT VALID, or its index concurrently`
  return undefined
}

const adds = (constraint: string): RegExp => new RegExp(`\\bADD CONSTRAINT "?${constraint}"? `, 'i')

function isProvenNotNull(column: string, history: readonly Statement[]): boolean {
  const proof = new RegExp(
    `\\bADD CONSTRAINT "?(\\w+)"? CHECK \\(\\s*"?${column}"? IS NOT NULL\\s*\\) NOT VALID`,
    'i',
  )
  return history.some(({ text }) => {
    const [, name] = proof.exec(text) ?? []
    return (
      name !== undefined &&
      history.some((later) => new RegExp(`VALIDATE CONSTRAINT "?${name}"?\\b`, 'i').test(later.text))
    )
  })
}

/** The actions of an ALTER TABLE, split at the commas that are in no parentheses and no string. */
function actionsOf(text: string): string[] {
  const list = text.replace(/^ALTER TABLE (IF EXISTS )?(ONLY )?\S+ /i, '')
  const actions = ['']
  let depth = 0
  for (const [piece] of list.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\s\S]/g)) {
    if (piece === '(') depth += 1
    if (piece === ')') depth -= 1
    if (piece === ',' && depth === 0) actions.push('')
    else actions[actions.length - 1] += piece
  }
  return actions.map((action) => action.trim())
}

/** The table that is named after a beginning, in lower case and without its schema `public`. */
function nameAfter(beginning: RegExp, text: string): string | undefined {
  const [match] = beginning.exec(text) ?? []
  if (match === undefined) return undefined
  const [, name] = /^(?:IF NOT EXISTS )?([\w."]+)/i.exec(text.slice(match.length)) ?? []
  return name
    ?.replaceAll('"', '')
    .replace(/^public\./, '')
    .toLowerCase()
}
