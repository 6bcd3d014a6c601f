/** A template whose parts are used as often as there are things to fill them with. */
export interface Template {
  /**
   * Fills it in. What `values` has is HTML already; what it lacks is left out.
   * @param parts by name, in their order, each rendered before.
   */
  render(
    values: Readonly<Record<string, string>>,
    parts?: Readonly<Record<string, readonly string[]>>,
  ): string
  /** The template of a part. @throws Error when there is none of that name. */
  part(name: string): Template
}

const PART = /<!-- part:(\w+) -->([\s\S]*?)<!-- \/part:\1 -->/g
const SLOT = /\{\{(\w+)\}\}/g
const PLACE = /<!-- part:(\w+) -->/g

/** Reads a template: `{{name}}` is a value, what stands between `<!-- part:name -->` and `<!-- /part:name -->` a part. */
export function readTemplate(source: string): Template {
  const parts = new Map<string, Template>()
  const outer = source.replace(PART, (_, name: string, inner: string) => {
    parts.set(name, readTemplate(inner))
    return `<!-- part:${name} -->`
  })
  return {
    // In one pass, so that nothing which is filled in is taken for a place to be filled.
    render: (values, filled = {}) =>
      outer.replace(new RegExp(`${SLOT.source}|${PLACE.source}`, 'g'), (_, slot?: string, place?: string) =>
        slot === undefined ? (filled[place as string] ?? []).join('') : (values[slot] ?? ''),
      ),
    part(name) {
      const part = parts.get(name)
      if (!part) throw new Error(`The template has no part ${name}.`)
      return part
    },
  }
}
