/**
 * What a preview takes from a proposed configuration. Everything else stays the reviewed one's, since the preview may
 * decrypt the state: another `secretsprovider`, `aws:endpoints` or `tenants:privateKeySecretArn` would send its
 * credentials elsewhere, and `secure:` would decrypt a ciphertext that was copied from another place.
 */
export const previewedKeys = ["tenants:customers", "tenants:owner"] as const;
