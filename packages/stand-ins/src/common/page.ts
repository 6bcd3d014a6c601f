import { escapeHtml } from '@karcis/kit/html'
import { formatMoney } from './money.ts'

interface Choice {
  /** What is posted as `action`. */
  readonly action: string
  readonly label: string
  readonly kind: 'main' | 'plain' | 'danger'
}

/** What a payment page shows. */
export interface PaymentPage {
  /** Whose page this one stands in for. */
  readonly provider: string
  readonly merchant: string
  readonly order: string
  readonly amount: string
  readonly currency: string
  /** Lines under the order: what is bought, who for, until when. */
  readonly details: readonly (readonly [name: string, value: string])[]
  /** What happened, or what to do. */
  readonly message: string
  /** Whether the message is good news, bad news or neither. */
  readonly mood?: 'good' | 'bad'
  readonly choices: readonly Choice[]
  /** Back to the merchant, where the page has no choice any more. */
  readonly backUrl?: string
}

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #eef1f5; --card: #ffffff; --text: #17202c; --soft: #566373; --line: #d8dee6;
  --main: #0b5cad; --on-main: #ffffff; --danger: #b3261e; --good: #146c43; --notice: #fff3d6; --on-notice: #5b4300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --card: #1a212b; --text: #e8edf3; --soft: #a3b0bf; --line: #323d4a;
    --main: #8ec1ff; --on-main: #06233f; --danger: #ffb4ab; --good: #7fd9a8; --notice: #3b3116; --on-notice: #f6dfa4;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; display: grid; place-items: start center; }
main { width: min(100%, 28rem); padding: 1rem; }
@media (min-width: 32rem) { main { padding-top: 8vh; } }
.notice { margin: 0 0 1rem; padding: .5rem .75rem; border-radius: .5rem; background: var(--notice);
  color: var(--on-notice); font-size: .875rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
h1 { margin: 0; font-size: 1rem; font-weight: 600; color: var(--soft); overflow-wrap: anywhere; }
.amount { margin: .25rem 0 1rem; font-size: 2rem; font-weight: 700; line-height: 1.2; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }
dl { margin: 0 0 1rem; border-top: 1px solid var(--line); }
dl div { display: flex; gap: 1rem; justify-content: space-between; padding: .5rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); flex: none; }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; min-width: 0; }
.message { margin: 0 0 1rem; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--danger); font-weight: 600; }
form { display: grid; gap: .625rem; margin: 0; }
button, .back { display: block; width: 100%; min-height: 3rem; padding: .625rem 1rem; border-radius: .5rem; font: inherit;
  font-weight: 600; text-align: center; text-wrap: balance; text-decoration: none; cursor: pointer; background: transparent;
  color: var(--text); border: 1px solid var(--line); }
button.main, .back { background: var(--main); color: var(--on-main); border-color: var(--main); }
button.danger { color: var(--danger); }
button:hover, .back:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
`

/** The page as HTML: no script, nothing from elsewhere, readable in both colour schemes and at a phone's width. */
export function renderPage(page: PaymentPage): string {
  const amount = formatMoney(page.amount, page.currency)
  const rows = [['Order', page.order] as const, ...page.details]
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')
  const buttons = page.choices
    .map(
      ({ action, label, kind }) =>
        `<button name="action" value="${escapeHtml(action)}" class="${kind}">${escapeHtml(label)}</button>`,
    )
    .join('')
  const back = page.backUrl
    ? `<a class="back" href="${escapeHtml(page.backUrl)}">Back to ${escapeHtml(page.merchant)}</a>`
    : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Pay ${escapeHtml(page.merchant)}: ${escapeHtml(amount)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="notice">A stand-in for ${escapeHtml(page.provider)}: no money moves.</p>
<section class="card">
<h1>Pay ${escapeHtml(page.merchant)}</h1>
<p class="amount">${escapeHtml(amount)}</p>
<dl>${rows}</dl>
<p class="message ${page.mood ?? ''}" role="status">${escapeHtml(page.message)}</p>
${buttons ? `<form method="post">${buttons}</form>` : back}
</section>
</main>
</body>
</html>
`
}

/** A time as the page says it, in western Indonesia's. */
export const timeText = (date: Date): string =>
  `${date.toLocaleString('en-GB', { timeZone: 'Asia/Jakarta', dateStyle: 'medium', timeStyle: 'short' })} WIB`
