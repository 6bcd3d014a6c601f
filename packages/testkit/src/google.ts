/** What stood in the address that somebody came back to. */
export interface CameBack {
  code: string
  state: string
  iss: string
}

/**
 * What a person's browser does when it is sent to what stands in for Google: it follows, with the cookies that it is given on the way,
 * until it is sent back. @param account whom they choose there.
 */
export async function signInAtGoogle(url: string, account: string): Promise<CameBack> {
  const cookies = new Map<string, string>()
  const { origin } = new URL(url)
  let next = new URL(url)
  next.searchParams.set('login_hint', account)
  while (next.origin === origin) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) throw new Error(`${next.href} answered ${response.status}: ${await response.text()}`)
    next = new URL(location, next)
  }
  const { code = '', state = '', iss = '', error } = Object.fromEntries(next.searchParams)
  if (error) throw new Error(`sent back with ${next.search}`)
  return { code, state, iss }
}
