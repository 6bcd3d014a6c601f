import { createHash } from 'node:crypto'
import { escapeHtml } from '@karcis/kit/html'
import type { PageAnswer } from '@karcis/kit/subgraph/server'
import type { Language } from '../accounts/account-store.ts'

/** Pages of one look, without a script. */
export interface Pages {
  /** What they may do: nothing is loaded, nothing runs, no other page frames them. */
  policy: string
  /** @param head what stands in the head besides, as HTML. @param body of HTML. */
  render(page: { language: Language; title: string; head?: string }, body: string): string
}

/** @param style of all of them. @param more of the policy, such as what may be framed. */
export function createPages(style: string, more: readonly string[] = []): Pages {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    ...more,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return {
    policy,
    render: ({ language, title, head = '' }, body) => `<!doctype html>
<html lang="${language.toLowerCase()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`,
  }
}

/** A page as it is answered, and kept by nobody. */
export const answerHtml = (status: number, body: string, policy: string): PageAnswer => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'cache-control': 'no-store',
  },
  body,
})
