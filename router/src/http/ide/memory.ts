/** What is used of Monaco, the editor that the IDE is made of. */
interface Model {
  uri: { path: string }
  getValue(): string
  setValue(text: string): void
}

/**
 * What the IDE keeps of the answers, so that the operations that it opens with can be run one after the other: the token of whoever has
 * signed in goes into the headers, and the ids of what was found or made into the variables that were left empty. All of it is
 * to be seen in the editors, and can be changed there.
 * This function runs in the browser, as text: it may use nothing from outside itself.
 */
export function createIdeMemory(models: () => Model[]) {
  const ids: Record<string, string> = {}
  const tokens = new Set<string>()
  let current: string | undefined

  /** Looks for tokens and ids in the data of an answer. */
  function learn(answer: unknown): void {
    const found = new Set<string>()
    walk((answer as { data?: unknown } | null)?.data, '')
    fill()

    function walk(value: unknown, name: string): void {
      if (Array.isArray(value)) for (const item of value) walk(item, name.replace(/s$/, ''))
      if (Array.isArray(value) || typeof value !== 'object' || value === null) return
      const { accessToken, id, saleStatus = 'ON_SALE' } = value as Record<string, unknown>
      if (typeof accessToken === 'string') {
        current = `Bearer ${accessToken}`
        tokens.add(current)
      }
      // Of what can be bought, the first that is on sale.
      if (typeof id === 'string' && saleStatus === 'ON_SALE' && !found.has(name)) {
        found.add(name)
        ids[`${name}Id`] = id
      }
      for (const [key, inner] of Object.entries(value))
        walk(inner, key === 'edges' || key === 'node' ? name : key)
    }
  }

  /** Fills what is empty in the editors of the tab that is shown. */
  function fill(): void {
    for (const model of models()) {
      if (model.uri.path.endsWith('request-headers.json')) edit(model, withToken)
      else if (model.uri.path.endsWith('variables.json')) edit(model, withIds)
    }
  }

  function edit(model: Model, change: (given: Record<string, unknown>) => Record<string, unknown>): void {
    const text = model.getValue()
    try {
      const given = text.trim() === '' ? {} : JSON.parse(text)
      const changed = change(given)
      if (JSON.stringify(changed) !== JSON.stringify(given)) model.setValue(JSON.stringify(changed, null, 2))
    } catch {
      // Somebody is writing there.
    }
  }

  function withToken(headers: Record<string, unknown>): Record<string, unknown> {
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization') ?? 'Authorization'
    const given = headers[name]
    const isOurs = typeof given === 'string' ? tokens.has(given) || hasEnded(given) : given === undefined
    return current !== undefined && isOurs ? { ...headers, [name]: current } : headers
  }

  function hasEnded(authorization: string): boolean {
    try {
      const claims = atob((authorization.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))
      return JSON.parse(claims).exp * 1000 < Date.now()
    } catch {
      return false
    }
  }

  const withIds = (variables: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value === '' ? (ids[name] ?? '') : value]),
    )

  return { learn, fill }
}
