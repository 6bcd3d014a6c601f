/** Nothing that is answered here is a page, apart from the explorers, which have policies of their own. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** Apollo Sandbox is a frame from Apollo's site, opened by a script from there. Others may not frame it. */
export const SANDBOX_POLICY = [
  "script-src 'self' 'unsafe-inline' https://embeddable-sandbox.cdn.apollographql.com",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What browsers are to keep to, as names and values in turn. A handler that sends a page replaces the policy. */
export const securityHeaders = (hstsSeconds: number): readonly string[] => [
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  NO_PAGE,
  'referrer-policy',
  'no-referrer',
  ...(hstsSeconds > 0 ? ['strict-transport-security', `max-age=${hstsSeconds}; includeSubDomains`] : []),
]
