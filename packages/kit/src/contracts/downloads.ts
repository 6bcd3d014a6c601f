import type { SubgraphName } from './subgraphs.ts'

/** Files that subgraphs make, through the router's port: whose they are, where, and how their names end. */
const DOWNLOADS = {
  export: { of: 'booking', folder: '/exports/', ending: '.csv' },
  invoice: { of: 'booking', folder: '/invoices/', ending: '.pdf' },
  document: { of: 'user', folder: '/documents/', ending: '.pdf' },
  personalData: { of: 'user', folder: '/my-data/', ending: '.json' },
} as const satisfies Record<string, { of: SubgraphName; folder: string; ending: string }>

export type Download = keyof typeof DOWNLOADS

/** The folders, the same at the router and at the subgraph whose files they have. */
export const DOWNLOAD_FOLDERS: readonly { of: SubgraphName; folder: string }[] = Object.values(DOWNLOADS)

/** Where the files of one kind are. */
export const downloadFolder = (download: Download): string => DOWNLOADS[download].folder

/** Path of a file. @param token says which, and that whoever has it may have the file (signed-urls.ts). */
export const downloadPath = (download: Download, token: string): string => {
  const { folder, ending } = DOWNLOADS[download]
  return `${folder}${token}${ending}`
}

const TOKEN = /^[\w.-]{1,1000}$/

/** The token in a file's name, as it stands behind the folder; null for what names no file. */
export function downloadToken(download: Download, name: string): string | null {
  const { ending } = DOWNLOADS[download]
  if (!name.endsWith(ending)) return null
  const token = name.slice(0, -ending.length)
  return TOKEN.test(token) ? token : null
}

/** Whether a path may be one of a file. */
export const isDownload = (path: string): boolean =>
  (Object.keys(DOWNLOADS) as Download[]).some((download) => {
    const { folder } = DOWNLOADS[download]
    return path.startsWith(folder) && downloadToken(download, path.slice(folder.length)) !== null
  })
