/** As TypeScript's own types do not know of it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }

/** The one policy that the page's `trusted-types` directive names. */
const policy = trustedTypes?.createPolicy('karcis', { createScriptURL: own })

/**
 * A URL of a script of our own, as `new Worker` and `serviceWorker.register` take it where the page demands Trusted Types.
 * @throws TypeError for a URL of another origin.
 */
export const scriptUrl = (url: string | URL): string =>
  policy ? policy.createScriptURL(String(url)) : own(String(url))

function own(url: string): string {
  if (new URL(url, location.href).origin !== location.origin)
    throw new TypeError(`not a script of ours: ${url}`)
  return url
}
