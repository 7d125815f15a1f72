/**
 * The keys that a preview takes from a proposed configuration. All others keep their reviewed values, because
 * the preview may decrypt the state: another `secretsprovider`, `aws:endpoints` or
 * `tenants:privateKeySecretArn` would send its credentials elsewhere, and `secure:` would decrypt a
 * ciphertext copied from another place.
 */
export const previewedKeys = ["tenants:customers", "tenants:owner"] as const;
