#!/bin/sh
# Packs the folder it runs in as an OCI image layout of one layer: what a container builder would leave.
set -eu
blobs=$FIRN_OCI_LAYOUT/blobs/sha256
mkdir -p "$blobs"

# add MEDIA_TYPE <BYTES: keeps a blob and prints its descriptor.
add() {
  cat >"$FIRN_OCI_LAYOUT/new"
  digest=$(sha256sum "$FIRN_OCI_LAYOUT/new" | cut -d ' ' -f 1)
  size=$(wc -c <"$FIRN_OCI_LAYOUT/new")
  mv "$FIRN_OCI_LAYOUT/new" "$blobs/$digest"
  printf '{"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%d}' "$1" "$digest" "$size"
}

layer=$(tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - -C "$FIRN_IMAGE_FOLDER" . |
  add layer.v1.tar)
config=$(printf '{"architecture":"amd64","os":"linux","config":{"Labels":{"tag":"%s"}}}' "$FIRN_IMAGE_TAG" |
  add config.v1+json)
image=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
  "$config" "$layer" | add manifest.v1+json)
printf '{"schemaVersion":2,"manifests":[%s]}' "$image" >"$FIRN_OCI_LAYOUT/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$FIRN_OCI_LAYOUT/oci-layout"
