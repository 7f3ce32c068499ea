// Makes passkeys with the browser.

/** A new passkey as a text; null if the browser made none, such as when the person cancelled. */
export async function newPasskey(options: string): Promise<string | null> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options) as PublicKeyCredentialCreationOptionsJSON);
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
    return made && JSON.stringify(made.toJSON());
  } catch {
    return null;
  }
}
