import { signal } from '@preact/signals'

/** How the scanner is on this device. It is dark unless somebody works in the sun. */
export interface Preferences {
  isQuiet: boolean
  isLight: boolean
  cameraId: string | null
}

const KEY = 'karcis-door'

export const preferences = signal<Preferences>({ isQuiet: false, isLight: false, cameraId: null, ...kept() })

/** Changes some, and keeps that where the browser keeps anything. */
export function prefer(changes: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...changes }
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value))
  } catch {
    // A browser that keeps nothing for sites: it is so until it is closed.
  }
}

function kept(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
  } catch {
    return {}
  }
}
