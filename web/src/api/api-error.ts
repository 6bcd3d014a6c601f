import type { ErrorCode } from '../generated/error-code.ts'

/** OFFLINE: the device has no network. UNREACHABLE: it has, and there was no answer, or none that is GraphQL's. */
export type ApiErrorCode = ErrorCode | 'OFFLINE' | 'UNREACHABLE'

/** A field of the input that breaks a rule, by its path in it, as `input.email`. */
export interface FieldProblem {
  readonly path: string
  readonly message: string
}

/** What a field or the whole operation was refused with, as the API says it in `errors`. */
export interface WireError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: Record<string, unknown>
}

/** Why an operation came to nothing. People are told by its `code`; `message` is for logs. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly extensions: Record<string, unknown>
  /** The field of the answer that was refused; empty when all of it was. */
  readonly path: readonly (string | number)[]

  constructor(
    code: ApiErrorCode,
    message: string,
    extensions: Record<string, unknown> = {},
    path: readonly (string | number)[] = [],
  ) {
    super(message)
    this.code = code
    this.extensions = extensions
    this.path = path
  }

  /** After how many seconds it may be asked again; undefined when the API does not say. */
  get retryAfterSeconds(): number | undefined {
    const { retryAfterSeconds } = this.extensions
    return typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined
  }

  /** Every field of the input that breaks a rule; undefined when it is not about the input. */
  get fields(): FieldProblem[] | undefined {
    const { fields } = this.extensions
    return Array.isArray(fields) ? (fields as FieldProblem[]) : undefined
  }

  /** Of the first of the errors that came. */
  static of([first]: readonly WireError[]): ApiError {
    const { code = 'INTERNAL_SERVER_ERROR', ...extensions } = first?.extensions ?? {}
    return new ApiError(code as ErrorCode, first?.message ?? 'no error was named', extensions, first?.path)
  }
}

/** What was thrown, as an ApiError: what is none is a fault of our own. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError('INTERNAL_SERVER_ERROR', error instanceof Error ? error.message : String(error))
