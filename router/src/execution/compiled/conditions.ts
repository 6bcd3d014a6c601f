import {
  type Operation,
  type OperationElement,
  type Schema,
  type SelectionSet,
  Variable,
} from '@apollo/federation-internals'

/** Values of the variables that `@skip` and `@include` of an operation look at. */
export type Conditions = ReadonlyMap<string, boolean>

/** Finds those variables, each with the default of the operation. */
export function conditionVariables(operation: Operation): { name: string; defaultValue: unknown }[] {
  const schema = operation.schema()
  const names = new Set<string>()
  const seen = new Set<SelectionSet>()
  visit(operation.selectionSet)
  return [...names].map((name) => ({
    name,
    defaultValue: operation.variableDefinitions.definition(name)?.defaultValue,
  }))

  function visit(selections: SelectionSet): void {
    if (seen.has(selections)) return
    seen.add(selections)
    for (const selection of selections.selections()) {
      for (const value of argumentsOf(selection.element, schema))
        if (value instanceof Variable) names.add(value.name)
      if (selection.selectionSet) visit(selection.selectionSet)
    }
  }
}

export function isSkipped(element: OperationElement, schema: Schema, conditions: Conditions): boolean {
  const [skip, include] = argumentsOf(element, schema).map((value) =>
    value instanceof Variable ? conditions.get(value.name) : value,
  )
  return skip === true || include === false
}

/** The `if` of `@skip` and of `@include`; undefined where there is none. */
function argumentsOf(element: OperationElement, schema: Schema): (boolean | Variable | undefined)[] {
  return [schema.skipDirective(), schema.includeDirective()].map((definition) => {
    const [directive] = element.appliedDirectivesOf<{ if: boolean | Variable }>(definition)
    return directive?.arguments().if
  })
}
