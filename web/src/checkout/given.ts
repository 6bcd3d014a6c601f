/** What was typed into a field of a form, without spaces around it; empty for none. */
export function givenText(data: FormData, name: string): string {
  const given = data.get(name)
  return typeof given === 'string' ? given.trim() : ''
}
