import PostalMime, { decodeWords } from 'postal-mime'

/** A mail as a mail program shows it. */
export interface ReadMail {
  /** All of them, in their order. */
  headers: { name: string; value: string }[]
  /** With the images that came along in it, as `data:` URLs. */
  html: string
  text: string
  files: { filename: string; contentType: string; content: Buffer }[]
}

/** Reads a mail byte for byte. */
export async function readMail(raw: Uint8Array): Promise<ReadMail> {
  const { headers, html = '', text = '', attachments } = await PostalMime.parse(raw)
  const files = attachments.map(({ filename, mimeType, content, contentId }, at) => ({
    filename: filename ?? `part-${at + 1}`,
    contentType: mimeType,
    content: Buffer.from(content as ArrayBuffer),
    cid: contentId?.replace(/^<|>$/g, ''),
  }))
  return {
    headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value: decodeWords(value) })),
    html: files.reduce(
      (page, { cid, contentType, content }) =>
        cid === undefined
          ? page
          : page.replaceAll(`cid:${cid}`, `data:${contentType};base64,${content.toString('base64')}`),
      html,
    ),
    text,
    files: files.map(({ cid: _, ...file }) => file),
  }
}
