import { signal } from '@preact/signals'
import { choice, choose } from './choice.ts'

export type Theme = 'system' | 'light' | 'dark'

const chosen = choice('theme')

/** `system` is what the device says. The server gives a chosen one to `<html data-theme>` by its cookie, so that nothing flashes. */
export const theme = signal<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'system')

/** Shows everything in a theme, and keeps that. */
export function setTheme(next: Theme): void {
  theme.value = next
  choose('theme', next === 'system' ? null : next)
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
}
