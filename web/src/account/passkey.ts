/** Whether this browser can use and make passkeys, by the JSON forms that the API speaks. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** Has the person's authenticator answer. @param options `PasskeyOptions.publicKey`. @returns what the API takes; null when they would not. */
export const usePasskey = (options: unknown): Promise<unknown> =>
  answered(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
        options as PublicKeyCredentialRequestOptionsJSON,
      ),
    }),
  )

/** Has the person's authenticator make a passkey. @param options `PasskeyOptions.publicKey`. @returns what the API takes; null when they would not. */
export const makePasskey = (options: unknown): Promise<unknown> =>
  answered(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
        options as PublicKeyCredentialCreationOptionsJSON,
      ),
    }),
  )

async function answered(ask: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await ask()
    return credential instanceof PublicKeyCredential ? credential.toJSON() : null
  } catch (error) {
    // Cancelled, timed out, or nothing on this device that would fit: browsers tell pages no more than that.
    if (error instanceof DOMException) return null
    throw error
  }
}
