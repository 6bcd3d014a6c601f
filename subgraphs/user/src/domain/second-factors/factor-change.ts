/** What becomes of what protects an account beside its password, as its owner is told. */
export const FACTOR_CHANGES = [
  'TOTP_ENABLED',
  'TOTP_DISABLED',
  'PASSKEY_ADDED',
  'PASSKEY_REMOVED',
  'RECOVERY_CODES_REPLACED',
  'RECOVERY_CODE_USED',
] as const

export type FactorChange = (typeof FACTOR_CHANGES)[number]
