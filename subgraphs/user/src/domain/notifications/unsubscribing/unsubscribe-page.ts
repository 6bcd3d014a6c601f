import { escapeHtml } from '@karcis/kit/html'
import type { Language } from '../../accounts/account-store.ts'
import type { ChannelName, GroupName } from '../kinds.ts'
import { createPages } from '../pages.ts'
import type { Unsubscribing } from './unsubscribe-links.ts'

interface Words {
  title: string
  ask(what: string, channel: string): string
  yes: string
  done: string
  doneText(what: string, channel: string): string
  channels: Record<ChannelName, string>
  groups: Record<GroupName, string>
}

const WORDS: Record<Language, Words> = {
  EN: {
    title: 'No more of these?',
    ask: (what, channel) => `Karcis will no longer send you ${channel} about ${what}.`,
    yes: 'Stop sending them',
    done: 'Done',
    doneText: (what, channel) =>
      `You get no more ${channel} about ${what}. If you change your mind, switch them on again in your account's settings.`,
    channels: { EMAIL: 'mails', PUSH: 'notifications', SMS: 'text messages' },
    groups: {
      SECURITY: 'the security of your account',
      ACCOUNT: 'your account',
      PURCHASES: 'your purchases, tickets and refunds',
      EVENTS: 'changes of events that you have tickets for',
      OFFERS: 'places that are offered to you from a waitlist',
      REMINDERS: 'events that begin soon',
      FOLLOWING: 'events and organizers that you follow',
      ORGANIZING: 'the events that you organize',
      SYSTEM: 'the running of the platform',
      CAMPAIGNS: 'offers of organizers',
    },
  },
  ID: {
    title: 'Berhenti menerima ini?',
    ask: (what, channel) => `Karcis tidak akan lagi mengirimi Anda ${channel} tentang ${what}.`,
    yes: 'Berhenti kirim',
    done: 'Selesai',
    doneText: (what, channel) =>
      `Anda tidak akan lagi menerima ${channel} tentang ${what}. Jika berubah pikiran, nyalakan lagi di pengaturan akun Anda.`,
    channels: { EMAIL: 'email', PUSH: 'notifikasi', SMS: 'SMS' },
    groups: {
      SECURITY: 'keamanan akun Anda',
      ACCOUNT: 'akun Anda',
      PURCHASES: 'pembelian, tiket, dan pengembalian dana Anda',
      EVENTS: 'perubahan acara yang tiketnya Anda miliki',
      OFFERS: 'tempat yang ditawarkan kepada Anda dari daftar tunggu',
      REMINDERS: 'acara yang segera dimulai',
      FOLLOWING: 'acara dan penyelenggara yang Anda ikuti',
      ORGANIZING: 'acara yang Anda selenggarakan',
      SYSTEM: 'jalannya platform',
      CAMPAIGNS: 'penawaran penyelenggara',
    },
  },
}

const STYLE = `
:root { color-scheme: light dark; --ground: #eef1f5; --card: #ffffff; --text: #17202c; --line: #d8dee6; --main: #0b5cad; --on-main: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151c; --card: #1a212b; --text: #e8edf3; --line: #323d4a; --main: #8ec1ff; --on-main: #06233f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--text); display: grid; place-items: start center;
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { width: min(100% - 2rem, 28rem); margin: 8vh 1rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; overflow-wrap: anywhere; }
p:last-child { margin: 0; }
form { margin: 0; }
button { width: 100%; min-height: 3rem; font: inherit; font-weight: 600; color: var(--on-main); background: var(--main); border: 0; border-radius: .5rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
`

const pages = createPages(STYLE)

export const UNSUBSCRIBE_POLICY = pages.policy

/** Asks whether they mean it. The form goes to the address of the page, which has the token. */
export function askPage({ group, channel, language }: Unsubscribing): string {
  const { title, ask, yes, groups, channels } = WORDS[language]
  return page(
    language,
    title,
    `<p>${escapeHtml(ask(groups[group], channels[channel]))}</p><form method="post"><button>${escapeHtml(yes)}</button></form>`,
  )
}

export function donePage({ group, channel, language }: Unsubscribing): string {
  const { done, doneText, groups, channels } = WORDS[language]
  return page(
    language,
    done,
    `<p role="status">${escapeHtml(doneText(groups[group], channels[channel]))}</p>`,
  )
}

/** For a link that is none: in both languages, as nothing says which. */
export const unknownPage = (): string =>
  page(
    'EN',
    'This link is not valid',
    '<p>It is too old, or was not copied in full. You can switch messages off in your account’s settings.</p><p lang="id">Tautan ini terlalu lama atau tidak tersalin utuh. Anda dapat mematikan pesan di pengaturan akun Anda.</p>',
  )

const page = (language: Language, title: string, body: string): string =>
  pages.render(
    { language, title, head: '<meta name="robots" content="noindex">\n' },
    `<h1>${escapeHtml(title)}</h1>\n${body}`,
  )
