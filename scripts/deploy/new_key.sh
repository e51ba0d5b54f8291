#!/usr/bin/env bash
# Makes a key pair for a user in Snowflake: the private half into a file outside the checkout, to
# become the secret SNOWFLAKE_PRIVATE_KEY of an environment on GitHub, and the public half onto the
# screen, to become a parameter of the bootstrap stack.
#
#   scripts/deploy/new_key.sh FILE
#
# Source of facts: Snowflake documentation, "Key-pair authentication and key-pair rotation".
set -euo pipefail
file=${1:?where to?}
root=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")/../..")
place=$(realpath -- "$(dirname "$file")")/
if [[ $place == "$root"/* ]]; then
  echo "error: $file lies in the checkout, where it could be committed" >&2
  exit 1
fi
if [[ -e $file ]]; then
  echo "error: $file exists already" >&2
  exit 1
fi
umask 077
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$file"
openssl pkey -in "$file" -pubout
