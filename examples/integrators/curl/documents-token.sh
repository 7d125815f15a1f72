#!/usr/bin/env bash
# Prints an access token for the Documents API, the cached one while it is good.
#
#   documents-token.sh [--renew] [--basic] <secret ARN>
#
# --renew: after the Documents API answered 401. --basic: sends the client secret in the Authorization header.
# Needs curl, jq, openssl, flock and the AWS CLI.
#
# No credential stands in a process's arguments, which every user of the machine can list: curl reads its options, and
# openssl its key, from a pipe. (printf is the shell's own and no process.)
set -euo pipefail
umask 077
margin_s=60 # renew a token this long before it expires

renew='' basic=''
while [[ $1 == --* ]]; do
  case $1 in --renew) renew=1 ;; --basic) basic=1 ;; *) echo "unknown option $1" >&2 && exit 2 ;; esac
  shift
done
secret_arn=$1

# One request at a time: whoever comes second waits, and then finds the token.
folder=${XDG_CACHE_HOME:-$HOME/.cache}/documents-token
mkdir -p "$folder"
cache=$folder/$(printf %s "$secret_arn" | openssl dgst -sha256 -r | cut -c1-32)
exec 9>"$cache.lock"
flock 9
if [[ -z $renew ]] && { read -r renew_at && read -r token; } 2>/dev/null <"$cache"; then
  if (($(date +%s) < renew_at)); then echo "$token" && exit; fi
fi

read_secret() {
  aws secretsmanager get-secret-value --secret-id "$secret_arn" --query SecretString --output text
}
query() { printf %s "$secret" | jq -r "$1"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# ES256 is the numbers r and s, 32 bytes each; openssl writes them as DER. RS256 is what openssl writes.
signature() {
  openssl dgst -sha256 -sign <(query .private_key) | if [[ $(query .alg) == ES256 ]]; then
    openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p' | while read -r number; do
      number=$(printf '%64s' "$number" | tr ' ' 0 | sed 's/../\\x&/g')
      printf %b "$number"
    done
  else cat; fi
}

assertion() {
  local now unsigned
  now=$(date +%s)
  unsigned=$(query '{alg, kid: .key_id} | tojson' | base64url).$(
    query "{iss: .client_id, sub: .client_id, aud: .token_url, iat: $now, exp: ($now + 300),
      jti: \"$(openssl rand -hex 16)\"} | tojson" | base64url
  )
  printf '%s.%s' "$unsigned" "$(printf %s "$unsigned" | signature | base64url)"
}

# curl's options for the token request.
request() {
  query '"url = \(.token_url | tojson)",
    "data-urlencode = \"grant_type=client_credentials\"",
    "data-urlencode = \("scope=" + (.scopes | join(" ")) | tojson)"'
  if [[ $(query .auth_method) != CLIENT_SECRET ]]; then
    printf 'data-urlencode = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"\n'
    printf 'data-urlencode = "client_assertion=%s"\n' "$(assertion)"
  elif [[ $basic ]]; then
    # curl does not percent-encode the two parts.
    query '"user = \"\(.client_id | @uri):\(.client_secret | @uri)\""'
  else
    query '"data-urlencode = \("client_id=" + .client_id | tojson)",
      "data-urlencode = \("client_secret=" + .client_secret | tojson)"'
  fi
}

asked_at=$(date +%s)
for _ in 1 2; do # where a rotation ended this credential meanwhile, read the secret again, once
  secret=$(read_secret)
  answer=$(request | curl --silent --show-error --max-time 10 --config -)
  error=$(printf %s "$answer" | jq -r '.error // empty' 2>/dev/null) || error="no JSON"
  [[ $error == invalid_client ]] || break
done
if [[ $error ]]; then
  echo "No token for $(query .client_id): $error" >&2
  exit 1
fi
printf %s "$answer" | jq -r "$asked_at + (.expires_in // 0) - $margin_s, .access_token" >"$cache"
tail -n 1 "$cache"
