#!/usr/bin/env bash
# The Pulumi CLI and the AWS plugin, in the versions of package-lock.json.
#
#   pulumi.sh install   installs both for the later steps of a job, if .github/checksums.txt pins their checksums
#   pulumi.sh pin       writes those checksums; for a person on a trusted machine
set -euo pipefail
cd "$(dirname "$0")/../.."

checksums=.github/checksums.txt

locked() { node --print 'require("./package-lock.json").packages["node_modules/" + process.argv[1]].version' "$1"; }
cli_version="$(locked @pulumi/pulumi)"
plugin_version="$(locked @pulumi/aws)"
cli="pulumi-v$cli_version-linux-x64.tar.gz"
plugin="pulumi-resource-aws-v$plugin_version-linux-amd64.tar.gz"

download() { curl --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --retry 3 --output "$2" "$1"; }

# Prints nothing if a file has no pin, or two.
pin_of() {
  local found
  found="$(grep -E "^[0-9a-f]{64}  $(sed 's/\./\\./g' <<< "$1")\$" "$checksums" || true)"
  if [ "$(wc -l <<< "$found")" -eq 1 ]; then echo "$found"; fi
}

install() {
  local folder archive pin
  for archive in "$cli" "$plugin"; do
    if [ -n "$(pin_of "$archive")" ]; then continue; fi
    echo "$checksums has no checksum of $archive, so it is not installed. Run .github/scripts/pulumi.sh pin on a machine that you trust, and commit the file." >&2
    return 1
  done
  folder="$RUNNER_TEMP/pulumi-$cli_version"
  mkdir -p "$folder"
  download "https://get.pulumi.com/releases/sdk/$cli" "$folder/$cli"
  download "https://get.pulumi.com/releases/plugins/$plugin" "$folder/$plugin"
  for archive in "$cli" "$plugin"; do
    pin="$(pin_of "$archive")"
    if (cd "$folder" && sha256sum --check --strict --status <<< "$pin"); then continue; fi
    echo "$archive is not the file whose checksum $checksums has. Nothing of it was run." >&2
    return 1
  done
  tar -xzf "$folder/$cli" -C "$folder"
  "$folder/pulumi/pulumi" plugin install resource aws "$plugin_version" --exact --file "$folder/$plugin"
  echo "$folder/pulumi" >> "$GITHUB_PATH"
  # The engine would fetch a missing plugin without a checksum.
  printf '%s\n' PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true PULUMI_SKIP_UPDATE_CHECK=true >> "$GITHUB_ENV"
}

# Accepts a checksum only if Pulumi's download site and the GitHub release have the same file.
pin() {
  local folder
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' RETURN
  compared() {
    download "https://get.pulumi.com/releases/$1/$3" "$folder/$3"
    download "https://github.com/pulumi/$2/$3" "$folder/other"
    if cmp --silent "$folder/$3" "$folder/other"; then return; fi
    echo "get.pulumi.com and the release on GitHub have different files $3. Nothing was written." >&2
    return 1
  }
  compared sdk "pulumi/releases/download/v$cli_version" "$cli"
  compared plugins "pulumi-aws/releases/download/v$plugin_version" "$plugin"
  (cd "$folder" && sha256sum "$cli" "$plugin") > "$folder/checksums"
  { grep '^#' "$checksums" || true; cat "$folder/checksums"; } > "$folder/new"
  cp "$folder/new" "$checksums"
  cat "$folder/checksums"
}

case "${1:-}" in
  install) install ;;
  pin) pin ;;
  *) echo "usage: pulumi.sh install | pin" >&2; exit 2 ;;
esac
