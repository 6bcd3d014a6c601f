import { escapeHtml } from '@karcis/kit/html'
import type { ReadMail } from '@karcis/mail/read-mail'
import { CHANNELS } from '../kinds.ts'
import { createPages } from '../pages.ts'
import type { CaughtPush } from '../push/push-message.ts'
import { sizeOf } from '../sms/sms-text.ts'
import type { CaughtMessage } from './caught-messages.ts'

const STYLE = `
:root { color-scheme: light dark; --ground: #eef1f5; --card: #ffffff; --text: #17202c; --soft: #566373; --line: #d8dee6; --main: #0b5cad;
  --email: #0b5cad; --push: #146c43; --sms: #7a4b00; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151c; --card: #1a212b; --text: #e8edf3; --soft: #a3b0bf; --line: #323d4a;
  --main: #8ec1ff; --email: #8ec1ff; --push: #7fd9a8; --sms: #f6c76a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
a { color: var(--main); }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 .5rem; font-size: 1rem; }
.note { margin: .25rem 0 1.25rem; color: var(--soft); max-width: 44rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
form { display: flex; flex-wrap: wrap; gap: .625rem; align-items: end; padding: .875rem 1rem; margin-bottom: 1rem; }
label { display: grid; gap: .125rem; font-size: .8125rem; color: var(--soft); flex: 0 1 11rem; }
label.wide { flex: 1 1 14rem; }
input, select, button { font: inherit; min-height: 2.75rem; padding: .25rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--ground); color: var(--text); width: 100%; }
button { width: auto; flex: none; background: var(--main); color: var(--card); border-color: var(--main); font-weight: 600; cursor: pointer; }
.clear { align-self: center; padding: .5rem .25rem; }
ol { list-style: none; margin: 0; padding: 0; }
ol li + li { border-top: 1px solid var(--line); }
ol a { display: grid; grid-template-columns: 4rem minmax(0, 15rem) minmax(0, 1fr) auto; gap: .125rem 1rem; align-items: baseline;
  padding: .75rem 1rem; color: inherit; text-decoration: none; }
ol a:hover .subject { text-decoration: underline; }
.subject { font-weight: 600; overflow-wrap: anywhere; }
.to, time, .kind { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.channel { justify-self: start; font-size: .75rem; font-weight: 700; letter-spacing: .03em; }
.EMAIL { color: var(--email); } .PUSH { color: var(--push); } .SMS { color: var(--sms); }
.empty { padding: 2rem 1rem; color: var(--soft); text-align: center; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 1rem 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.frame { resize: horizontal; overflow: hidden; max-width: 100%; min-width: 20rem; height: 46rem; margin-bottom: 1rem; }
iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
.push { max-width: 24rem; padding: .875rem 1rem; margin-bottom: 1rem; display: grid; gap: .25rem; box-shadow: 0 2px 10px rgb(0 0 0 / .12); }
.push .source { font-size: .8125rem; color: var(--soft); } .push .title { font-weight: 600; overflow-wrap: anywhere; }
.push .body { white-space: pre-line; overflow-wrap: anywhere; }
.bubble { max-width: 24rem; padding: .75rem 1rem; margin-bottom: .5rem; border-bottom-left-radius: .125rem; white-space: pre-wrap; overflow-wrap: anywhere; }
details, .files { padding: .75rem 1rem; margin-bottom: .75rem; }
summary { cursor: pointer; font-weight: 600; min-height: 1.75rem; }
pre { margin: .75rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
ul { margin: 0; padding-left: 1.25rem; }
nav { margin-bottom: .75rem; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
@media (max-width: 58rem) {
  ol a { grid-template-columns: auto 1fr; }
  .subject, .to { grid-column: 1 / -1; }
  .subject { order: 1; } .to { order: 2; } time { justify-self: end; }
}
@media (max-width: 44rem) {
  .frame { resize: none; min-width: 0; height: 38rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
}
`

const pages = createPages(STYLE, ["frame-src 'self'"])

/** Of the list and of a message; the mail is a frame that can do no more. */
export const PAGE_POLICY = pages.policy

/** For the mail itself: its styles, its own images, and links that open beside it. */
export const FRAME_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ')

/** What somebody looks for. */
export interface OutboxFilter {
  /** Part of an address, in any case. */
  to: string
  /** Of one channel; empty for all. */
  channel: string
}

/** The list, as HTML without a script. */
export function listPage(messages: readonly CaughtMessage[], { to, channel }: OutboxFilter): string {
  const options = ['', ...CHANNELS]
    .map(
      (name) =>
        `<option value="${name}"${name === channel ? ' selected' : ''}>${name === '' ? 'all' : name}</option>`,
    )
    .join('')
  const isFiltered = to !== '' || channel !== ''
  const items = messages
    .map(
      ({ id, channel: by, to: address, subject, at }) => `<li><a href="/outbox/${escapeHtml(id)}">
<span class="channel ${by}">${by}</span><span class="to">${escapeHtml(address)}</span><span class="subject" dir="auto">${escapeHtml(subject)}</span>${timeOf(at)}
</a></li>`,
    )
    .join('\n')
  return page(
    'Outbox',
    `<h1>Outbox</h1>
<p class="note">What Karcis would have sent. These messages went nowhere: nothing is set to send them by. The newest 200 are kept, for a week.</p>
<form class="card" method="get" action="/outbox">
<label class="wide">Sent to<input name="to" value="${escapeHtml(to)}" autocomplete="off" spellcheck="false"></label>
<label>By<select name="channel">${options}</select></label>
<button>Show</button>${isFiltered ? '<a class="clear" href="/outbox">Show all</a>' : ''}
</form>
${items === '' ? `<p class="card empty">${isFiltered ? 'Nothing like this was sent.' : 'Nothing was sent yet.'}</p>` : `<ol class="card">${items}</ol>`}`,
  )
}

/** A message, as HTML without a script. @param mail what a mail has in it; null of other channels. @param raw as it would have been sent: of a push, JSON. */
export function messagePage(message: CaughtMessage, mail: ReadMail | null, raw: string): string {
  const { id, channel, to, subject, kind, at } = message
  const path = `/outbox/${escapeHtml(id)}`
  return page(
    subject,
    `<nav><a href="/outbox">Outbox</a></nav>
<h1 dir="auto">${escapeHtml(subject)}</h1>
<dl class="facts"><dt>By</dt><dd class="channel ${channel}">${channel}</dd>
<dt>To</dt><dd><a href="/outbox?to=${encodeURIComponent(to)}">${escapeHtml(to)}</a></dd>
<dt>Kind</dt><dd>${escapeHtml(kind)}</dd><dt>Sent</dt><dd>${timeOf(at)}</dd></dl>
${mail ? mailParts(path, mail) : channel === 'PUSH' ? pushParts(raw) : smsParts(raw)}`,
  )
}

/** As a device shows it, and how the push service is told to treat it. */
function pushParts(raw: string): string {
  const { payload, terms } = JSON.parse(raw) as CaughtPush
  const { title, body, url } = payload
  return `<section class="push card" aria-label="The push"><span class="source">Karcis</span>
<span class="title" dir="auto">${escapeHtml(title)}</span><span class="body" dir="auto">${escapeHtml(body)}</span>
${url === null ? '' : `<span class="source">Opens <a href="${escapeHtml(url)}">${escapeHtml(url)}</a></span>`}</section>
<p class="note">Kept for a device that is off for ${duration(terms.ttlSeconds)}; urgency ${terms.urgency}.</p>
<details class="card"><summary>As the service worker has it</summary><pre>${escapeHtml(JSON.stringify(payload, null, 2))}</pre></details>`
}

const duration = (seconds: number): string =>
  seconds >= 3_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 60)} min`

/** As a phone shows it, and what it would cost. */
function smsParts(text: string): string {
  const { encoding, segments } = sizeOf(text)
  const linked = escapeHtml(text).replaceAll(/https?:\/\/\S+/g, (url) => `<a href="${url}">${url}</a>`)
  return `<section class="bubble card" aria-label="The text message" dir="auto">${linked}</section>
<p class="note">${segments} ${segments === 1 ? 'segment' : 'segments'} of ${encoding}.</p>`
}

const mailParts = (path: string, { text, headers, files }: ReadMail): string =>
  `<div class="frame card"><iframe src="${path}?part=html" title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></div>
${
  files.length === 0
    ? ''
    : `<section class="card files"><h2>Attachments</h2><ul>${files
        .map(
          ({ filename, contentType, content }, at) =>
            `<li><a href="${path}?part=${at}">${escapeHtml(filename)}</a> <span class="kind">${escapeHtml(contentType)}, ${content.byteLength.toLocaleString('en')} bytes</span></li>`,
        )
        .join('')}</ul></section>`
}
<details class="card"><summary>As plain text</summary><pre>${escapeHtml(text)}</pre></details>
<details class="card"><summary>Headers</summary><pre>${headers.map(({ name, value }) => escapeHtml(`${name}: ${value}`)).join('\n')}</pre></details>
<p><a href="${path}?part=raw">The mail as a file</a></p>`

/** The mail as a document of its own. Its links open beside the page that shows it. */
export const frameOf = (html: string): string => html.replace(/<head\b[^>]*>/i, '$&<base target="_blank">')

/** In UTC, as logs have it. */
const timeOf = (at: string): string =>
  `<time datetime="${escapeHtml(at)}">${escapeHtml(at.slice(0, 19).replace('T', ' '))} UTC</time>`

const page = (title: string, body: string): string => pages.render({ language: 'EN', title }, body)
