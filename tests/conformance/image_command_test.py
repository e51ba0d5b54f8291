"""The command that builds a container image: what it is told, and what firn says when it fails."""

import json
import sys
import unittest

import story
import support

COMMAND = '[sh, -c, "exit 0"]'
# What a command says, how firn tells it.
FAILURES = [
    (["sh", "-c", "echo looking; echo no such base >&2; exit 3"],
     ["the command that builds the image failed", "ended with code 3:", "looking", "no such base"]),
    (["sh", "-c", "seq 1 100; exit 1"], ["ended with code 1:", "\n  81", "100"]),
    (["sh", "-c", "kill -TERM $$"], ["was stopped by signal 15"]),
    (["no-such-builder"], ["no-such-builder cannot be started: No such file or directory"]),
    (["sh", "-c", "exit 0"],
     ["the command ended well, but there is no image", "$FIRN_OCI_LAYOUT is empty", "let the command push $FIRN_IMAGE_URI"]),
    (["sh", "-c", "echo '{}' >$FIRN_OCI_LAYOUT/index.json; echo '{}' >$FIRN_OCI_LAYOUT/oci-layout"],
     ["its index.json names no image"]),
]  # fmt: skip


class ImageCommand(story.Story):
    folder = support.ROOT / "tests" / "conformance" / "image_command"
    command = COMMAND

    def set_command(self, words):
        before, type(self).command = self.command, json.dumps(words)
        self.project.edit("stacks/image_command/stack.yaml", f"command: {before}", f"command: {self.command}")

    def variables(self):
        return {
            "AWS_ACCESS_KEY_ID": support.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": support.SECRET_KEY,
            "REGISTRY_ENDPOINT": self.moto.url,
            "FIRN_IMAGE_TAG": "of somebody else",
        }

    def test_01_failures_are_told_with_what_the_command_said(self):
        for words, sentences in FAILURES:
            with self.subTest(words):
                self.set_command(words)
                counts = self.firn("apply", "--yes", code=1)
                for sentence in sentences:
                    self.assertIn(sentence, self.last.stderr)
                self.assertNotIn("\n  80\n", self.last.stderr)  # the end of a long text is enough
                self.assertEqual(counts["ecr:PutImage"], 0)

    def test_02_a_command_that_pushes_by_itself(self):
        self.set_command([sys.executable, "push.py"])
        counts = self.firn("apply", "--yes", environment=self.variables())
        self.assertEqual(counts["ecr:PutImage"], 1)  # firn's mark, beside the tag that the command pushed
        images = self.moto.client("ecr").describe_images(repositoryName="ic-moto-images")["imageDetails"]
        self.assertEqual(len(images), 1)
        tag, mark = sorted(images[0]["imageTags"], key=len)
        self.assertRegex(tag, "^[0-9a-f]{64}$")
        self.assertRegex(mark, rf"^{tag}\.[0-9a-f]{{12}}$")
        self.firn("plan", "--detailed-exitcode")

    def test_03_what_is_in_the_repository_is_not_built_again(self):
        self.set_command(["no-such-builder"])
        self.firn("plan", "--detailed-exitcode", code=2)
        self.firn("apply", "--yes")

    def test_04_an_image_somebody_gave_a_name_stays(self):
        registry = self.moto.client("ecr")
        (image,) = registry.describe_images(repositoryName="ic-moto-images")["imageDetails"]
        stored = registry.batch_get_image(
            repositoryName="ic-moto-images", imageIds=[{"imageDigest": image["imageDigest"]}]
        )["images"][0]
        registry.put_image(
            repositoryName="ic-moto-images", imageManifest=stored["imageManifest"], imageTag="release-1"
        )
        self.firn("destroy", "--yes", code=1)
        self.assertIn("ic-moto-images", self.last.stderr)  # the repository is not empty
        (image,) = registry.describe_images(repositoryName="ic-moto-images")["imageDetails"]
        self.assertEqual(image["imageTags"], ["release-1"])
        registry.batch_delete_image(repositoryName="ic-moto-images", imageIds=[{"imageTag": "release-1"}])
        self.firn("destroy", "--yes")
        self.assertEqual(registry.describe_repositories()["repositories"], [])


if __name__ == "__main__":
    unittest.main(failfast=True, verbosity=2)
