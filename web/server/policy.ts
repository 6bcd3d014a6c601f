import type { WebSettings } from './settings.ts'

/**
 * The names under which the app may say that an address of a script is one of its own (Trusted Types): all else that would become code, the browser
 * refuses.
 */
const TRUSTED = ['karcis']

/** A scanner reads codes by WebAssembly, which is code that is compiled here; nothing else needs that. */
const COMPILES = /^\/door(\/|$)/

/** What browsers are to keep to on a page of the app. @param path of the page. @param styles sources of the style sheets in it. */
export function pagePolicy(
  { uploadOrigin, mapOrigin }: WebSettings,
  path: string,
  styles: readonly string[],
): string {
  return join([
    "default-src 'none'",
    `script-src 'self'${COMPILES.test(path) ? " 'wasm-unsafe-eval'" : ''}`,
    ["style-src 'self'", ...styles].join(' '),
    sources("img-src 'self' data: blob:", mapOrigin),
    sources("connect-src 'self'", uploadOrigin),
    "font-src 'self'",
    "media-src 'self' blob:",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    `trusted-types ${TRUSTED.join(' ')}`,
  ])
}

/** The same for scripts: a worker keeps to what came with its script, not to what came with the page. */
export const scriptPolicy = ({ uploadOrigin, mapOrigin }: WebSettings): string =>
  join([
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    sources("connect-src 'self'", uploadOrigin, mapOrigin),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ])

const sources = (directive: string, ...origins: (string | undefined)[]): string =>
  [directive, ...origins.filter((origin) => origin !== undefined)].join(' ')

const join = (directives: readonly string[]): string => directives.join('; ')

/** What a page may use of the machine, and how much others learn of where somebody was. */
export const PAGE_HEADERS = {
  'permissions-policy':
    'camera=(self), geolocation=(self), fullscreen=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'strict-origin-when-cross-origin',
} as const
