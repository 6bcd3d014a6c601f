import pg from 'pg'

/** Where in a database something stands that is personal. */
export interface Traces extends AsyncDisposable {
  /**
   * Tables, as `schema.table`, of which a row has one of these texts in any of its columns, whatever their type; in any case of letters.
   * @param texts such as a name, an address or an id.
   */
  of(...texts: string[]): Promise<string[]>
}

/** Looks into every table of a database, those of the kit and its jobs among them. @param url of its owner, who sees everything. */
export async function tracesIn(url: string): Promise<Traces> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const { rows } = await pool.query<{
    schema: string
    name: string
  }>(`SELECT schemaname AS schema, tablename AS name
    FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`)
  return {
    async of(...texts) {
      const patterns = texts.map((text) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`)
      const looked = rows.map(
        ({ schema, name }) =>
          `SELECT '${schema}.${name}' AS found WHERE EXISTS (SELECT FROM "${schema}"."${name}" t WHERE t::text ILIKE ANY ($1))`,
      )
      const found = await pool.query<{ found: string }>(looked.join(' UNION ALL '), [patterns])
      return found.rows.map((row) => row.found)
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}
