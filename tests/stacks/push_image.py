"""Stands for `docker build` and `docker push` on moto, which takes images but no layers.

    push_image.py URL-of-moto

ECR's PutImage is given a small manifest, with the tag that firn asks for.
"""

import hashlib
import json
import os
import pathlib
import sys

import boto3

EMPTY = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2,
         "digest": f"sha256:{hashlib.sha256(b'{}').hexdigest()}"}  # fmt: skip


def main():
    folder = pathlib.Path(os.environ["FIRN_IMAGE_FOLDER"])
    content = b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": len(content),
             "digest": f"sha256:{hashlib.sha256(content).hexdigest()}"}  # fmt: skip
    media_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": EMPTY, "layers": [layer]}
    registry, _, name = os.environ["FIRN_IMAGE_REPOSITORY"].partition("/")
    ecr = boto3.client("ecr", region_name=registry.split(".")[3], endpoint_url=sys.argv[1])
    ecr.put_image(
        repositoryName=name,
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=media_type,
        imageTag=os.environ["FIRN_IMAGE_TAG"],
    )


if __name__ == "__main__":
    main()
