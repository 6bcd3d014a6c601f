const WRONG: unknown[] = [1, 'x', true, 1.5, 1e21, null, [], {}, ['x'], { __typename: 'Nope' }, 'SECRET', '']
const WRONG_TYPES: unknown[] = ['Nope', 'Draft', 'Media', 'User', 'Int', null, 7]

/** Makes some values of a response other than the schema promises: the same ones of an entity in whichever response it is. */
export function corrupt(
  body: Record<string, unknown>,
  query: string,
  variables: Record<string, unknown>,
  rate: number,
  roll: (key: string) => number,
): unknown {
  const { representations, ...rest } = variables
  const { _entities: entities } = (body.data ?? {}) as { _entities?: unknown[] }
  if (!Array.isArray(representations) || !Array.isArray(entities)) {
    return { ...body, data: walk(body.data, `${query} ${JSON.stringify(variables)}`) }
  }
  const corrupted = entities.map((entity, i) =>
    walk(entity, `${query} ${JSON.stringify([rest, representations[i]])}`),
  )
  return { ...body, data: { _entities: corrupted } }

  function walk(value: unknown, key: string): unknown {
    if (Array.isArray(value))
      return value.map((item, i) => lie(walk(item, `${key} ${i}`), `${key} ${i}`, WRONG))
    if (typeof value !== 'object' || value === null) return value
    const corrupted: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(value)) {
      if (roll(`gone ${key} ${name}`) < rate / 2) continue
      const honest = walk(field, `${key} ${name}`)
      const lies = name.startsWith('__') ? WRONG_TYPES : WRONG
      Object.defineProperty(corrupted, name, {
        value: lie(honest, `${key} ${name}`, lies),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return corrupted
  }

  function lie(value: unknown, key: string, lies: unknown[]): unknown {
    const luck = roll(`lie ${key}`)
    // A copy, because whoever gets it may change it.
    return luck < rate ? structuredClone(lies[Math.floor((luck / rate) * lies.length)]) : value
  }
}
