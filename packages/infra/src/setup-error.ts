/** A problem that the person at the terminal can fix: shown as one line, without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
