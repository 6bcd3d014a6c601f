import { describe, expect, it } from 'vitest'
import type { MigrationFile } from '../src/migration-files.ts'
import { migrationProblems, problemsOf } from '../src/migration-rules.ts'
import { splitStatements } from '../src/sql-statements.ts'

const file = (sql: string): MigrationFile => ({
  name: '20270101000000_test',
  path: 'migration.sql',
  sql,
  checksum: '',
  transactional: !sql.startsWith('-- no transaction'),
})
const problems = (sql: string, ...earlier: string[]) => problemsOf(file(sql), earlier.map(file))

describe('line 31: the rules for migrations', () => {
  it('are kept', () => {
    expect(migrationProblems()).toEqual([])
  })

  it.for([
    ['CREATE INDEX seats_x ON seats (x)', 'CREATE INDEX keeps everybody from writing to seats'],
    [
      'CREATE UNIQUE INDEX IF NOT EXISTS seats_x ON public.seats (x)',
      'keeps everybody from writing to seats',
    ],
    ['CREATE INDEX CONCURRENTLY seats_x ON seats (x)', 'in a file of its own'],
    [
      '-- no transaction\nCREATE INDEX CONCURRENTLY seats_x ON seats (x); ALTER TABLE seats ADD COLUMN y int',
      'outside of a transaction',
    ],
    ['ALTER TABLE seats ADD COLUMN y int NOT NULL', 'fails where seats has rows'],
    [
      'ALTER TABLE seats ADD COLUMN z int, ADD COLUMN y uuid NOT NULL DEFAULT gen_random_uuid()',
      'writes all of seats again',
    ],
    ['ALTER TABLE seats ADD COLUMN y int GENERATED ALWAYS AS (x * 2) STORED', 'writes all of seats again'],
    ['ALTER TABLE seats ADD COLUMN y uuid REFERENCES holds (id)', 'reads all of seats'],
    ['ALTER TABLE seats ADD COLUMN y int UNIQUE', 'reads all of seats'],
    ['ALTER TABLE seats ALTER COLUMN x TYPE bigint', 'writes all of seats again'],
    ['ALTER TABLE seats ALTER x SET DATA TYPE bigint', 'writes all of seats again'],
    ['ALTER TABLE ONLY seats ALTER COLUMN x SET NOT NULL', 'reads all of seats'],
    [
      'ALTER TABLE seats ADD CONSTRAINT seats_y CHECK (x > 0)',
      'NOT VALID, and VALIDATE CONSTRAINT in the next file',
    ],
    ['ALTER TABLE seats ADD CONSTRAINT s FOREIGN KEY (x, y) REFERENCES t (x, y)', 'NOT VALID'],
    ['ALTER TABLE seats ADD CONSTRAINT s UNIQUE (x)', 'USING INDEX'],
    ['ALTER TABLE seats ADD PRIMARY KEY (x)', 'USING INDEX'],
    [
      'ALTER TABLE seats ADD CONSTRAINT s CHECK (x > 0) NOT VALID; ALTER TABLE seats VALIDATE CONSTRAINT s',
      'in the same file',
    ],
    ['ALTER TABLE seats DROP COLUMN x', 'takes a column of seats away'],
    ['ALTER TABLE seats RENAME COLUMN x TO y', 'goes from seats'],
    ['UPDATE seats SET x = 1', 'keeps the rows of seats locked'],
    ['WITH old AS (SELECT id FROM seats) DELETE FROM holds USING old', 'keeps the rows of holds locked'],
    ['DROP TABLE seats', 'takes away'],
    ['LOCK TABLE seats', 'locks'],
    ['DO $$ BEGIN ALTER TABLE seats ADD COLUMN y int; END $$', 'DO block'],
  ] as const)('refuse: %s', ([sql, problem]) => {
    expect(problems(sql)).toEqual([expect.stringContaining(problem)])
  })

  it.for([
    'ALTER TABLE seats ADD COLUMN y int',
    "ALTER TABLE seats ADD COLUMN y text NOT NULL DEFAULT 'a, b; DROP TABLE seats', ADD COLUMN z timestamptz NOT NULL DEFAULT now()",
    'ALTER TABLE seats ADD CONSTRAINT s CHECK (x > 0) NOT VALID',
    'ALTER TABLE seats VALIDATE CONSTRAINT s',
    'ALTER TABLE seats ADD CONSTRAINT s UNIQUE USING INDEX s_idx',
    'ALTER TABLE seats DROP CONSTRAINT s, ALTER COLUMN x SET DEFAULT 1, ALTER COLUMN y DROP NOT NULL',
    '-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY seats_x ON seats (x);\nDROP INDEX CONCURRENTLY IF EXISTS seats_y;',
    'CREATE TABLE gates (id uuid PRIMARY KEY); CREATE INDEX gates_x ON gates (id); ALTER TABLE gates ADD CHECK (id IS NOT NULL); UPDATE gates SET id = id',
    'INSERT INTO gates SELECT id FROM seats',
    '-- allowed: some twenty rows\nCREATE INDEX categories_x ON categories (x)',
    'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE seats SET x = 1; RETURN NULL; END $$; DROP FUNCTION g()',
  ])('let pass: %s', (sql) => {
    expect(problems(sql)).toEqual([])
  })

  it('let a column be NOT NULL that earlier migrations have proved to be', () => {
    const wanted = 'ALTER TABLE seats ALTER COLUMN x SET NOT NULL'
    const added = 'ALTER TABLE seats ADD CONSTRAINT x_there CHECK (x IS NOT NULL) NOT VALID'
    expect(problems(wanted, added)).toHaveLength(1)
    expect(problems(wanted, added, 'ALTER TABLE seats VALIDATE CONSTRAINT x_there')).toEqual([])
  })

  it('name the line', () => {
    expect(
      problems('-- A new column.\nALTER TABLE seats ADD COLUMN y int;\n\n-- Why.\nDROP TABLE holds;\n'),
    ).toEqual([expect.stringMatching(/^migration\.sql:5: /)])
  })

  it('see statements as Postgres does', () => {
    const sql = `-- first; not a statement
      SELECT 'a;b', "c;d", $x$ e; $$ f; $x$ /* g; */;
      -- second
      SELECT E'it\\'s; one'`
    expect(splitStatements(sql)).toEqual([
      { text: `SELECT 'a;b', "c;d", $x$ e; $$ f; $x$`, comment: '-- first; not a statement', line: 2 },
      { text: `SELECT E'it\\'s; one'`, comment: '-- second', line: 4 },
    ])
  })
})
