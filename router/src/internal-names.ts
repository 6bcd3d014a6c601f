/**
 * Names that the router gives to fields within what is planned and executed. None may reach a client or a subgraph, and no
 * client may use one.
 */
const INTERNAL = /^karcis(?:As\d*|Required\d+|Mark)_/

/**
 * For a client's alias that is also the name of some field: planned as it is, it would be mistaken for that field.
 * @param variant of several fields of that name, which objects of different types have.
 */
export const aliasName = (alias: string, variant = ''): string => `karcisAs${variant}_${alias}`

/** In every selection set that has something deferred. */
export const DEFER_MARK = 'karcisMark_defer'

/** For a field that is required with arguments: planned as it is, it would share the client's arguments. */
export const requiredName = (index: number, field: string): string => `karcisRequired${index}_${field}`

export const isInternalName = (name: string): boolean => INTERNAL.test(name)

/** The name that clients and subgraphs know. */
export const publicName = (name: string): string => name.replace(INTERNAL, '')

/** A path in the data, by the names that clients know. */
export const publicPath = (path: readonly (string | number)[]): (string | number)[] =>
  path.map((step) => (typeof step === 'string' ? publicName(step) : step))
