/**
 * Names of the router's own making within what is planned and executed. None may reach a client or a subgraph, and no
 * client may use one.
 */
const OWN = /^karcis(?:As|Required\d+)_/

/** A client's alias that is also the name of some field: planned as it stands, it would pass for that field. */
export const aliasName = (alias: string): string => `karcisAs_${alias}`

/** A field that is required with arguments: planned as it stands, it would share the client's arguments. */
export const requiredName = (index: number, field: string): string => `karcisRequired${index}_${field}`

export const isOwnName = (name: string): boolean => OWN.test(name)

/** The name that clients and subgraphs know. */
export const commonName = (name: string): string => name.replace(OWN, '')

/** A place in the data, as clients know it. */
export const commonPath = (path: readonly (string | number)[]): (string | number)[] =>
  path.map((step) => (typeof step === 'string' ? commonName(step) : step))
