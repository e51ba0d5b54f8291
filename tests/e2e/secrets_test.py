"""Secrets, keys and users over their whole life: restored, rotated, mended, gone."""
import json
import unittest

from firn_case import FirnCase

ACCOUNT = "111122223333"
STACK = "stacks/vault/stack.yaml"
VAULT = """\
stack: vault
naming: { project: vault, short: vlt }
parameters:
  rotation: { type: integer, default: 1 }
resources:
  data_key:
    type: aws.kms_key
    description: Data
    deletion_window: 7
    rotation: true
  data_alias:
    type: aws.kms_alias
    key: ${data_key}
  data:
    type: aws.s3_bucket
    force_destroy: true
    encryption: { type: sse_kms, kms_key: "${data_key}", bucket_key: true }
  api:
    type: aws.secret
    kms_key: ${data_key}
    value: "${secret(\\"env:API\\")}"
  outside:
    type: aws.secret
    recovery_window: 7
  collector:
    type: aws.iam_user
    path: /collectors/
    policies:
      put:
        s3_write: { bucket: "${data}", prefixes: [incoming/] }
        kms_encrypt: { keys: ["${data_key}"] }
  collector_key:
    type: aws.secret
    recovery_window: 7
  key:
    type: aws.iam_access_key
    user: ${collector}
    secret: ${collector_key}
    rotation: ${param.rotation}
  github:
    type: aws.iam_oidc_provider
    url: https://token.actions.githubusercontent.com
    client_ids: [sts.amazonaws.com]
  reader:
    type: aws.iam_role
    trust:
      web_identity: { provider: "${github}", subjects: ["repo:acme/lake:ref:refs/heads/main"] }
    policies:
      read:
        read_secrets: { secrets: ["${api}", "${outside}"] }
        kms_decrypt: { keys: ["${data_key}"] }
outputs:
  key_id: ${key.access_key_id}
"""


class Vault(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.write(STACK, VAULT)
        self.secret = {"API": "first"}

    def firn(self, *arguments, env=None, **options):
        return super().firn(*arguments, env={**self.secret, **(env or {})}, **options)

    # ---------------------------------------------------------------- what the cloud holds

    def place(self, what, region="eu-west-1/"):
        return f"aws/{ACCOUNT}/{region}{what}"

    def secret_document(self, name):
        return self.documents()[(self.place("secretsmanager/secret"), f"vlt-dev-{name}")]

    def value(self, name):
        """The current value, as somebody reads it who may."""
        for version in self.secret_document(name)["versions"]:
            if "AWSCURRENT" in version["stages"]:
                return version["text"]
        return None

    def keys(self):
        return {key for place, key in self.documents() if place == self.place("iam/access-key", "")}

    def change(self, collection, key, change):
        """Behind firn's back, in the sandbox's own file."""
        import sqlite3
        database = sqlite3.connect(self.project / ".firn/sandbox.db")
        try:
            (text,) = database.execute("SELECT body FROM document WHERE collection = ? AND key = ?",
                                       (collection, key)).fetchone()
            document = json.loads(text)
            change(document)
            database.execute("UPDATE document SET body = ? WHERE collection = ? AND key = ?",
                             (json.dumps(document), collection, key))
            database.commit()
        finally:
            database.close()

    # ---------------------------------------------------------------- its life

    def test_applies_in_one_pass_and_then_has_nothing_to_do(self):
        self.apply("vault")
        self.assert_plan_is_empty("vault")
        self.assertEqual(self.value("api"), "first")
        self.assertIsNone(self.value("outside"))
        stored = json.loads(self.value("collector-key"))
        self.assertEqual(set(stored), {"Version", "AccessKeyId", "SecretAccessKey"})
        self.assertEqual({stored["AccessKeyId"]}, self.keys())
        self.assertEqual(self.state("vault")["outputs"]["key_id"], stored["AccessKeyId"])

    def test_a_rotation_takes_the_old_key_away_when_the_new_one_is_stored(self):
        self.apply("vault")
        before = json.loads(self.value("collector-key"))
        self.apply("vault", "--set", "rotation=2")
        self.assert_plan_is_empty("vault", "--set", "rotation=2")
        after = json.loads(self.value("collector-key"))
        self.assertNotEqual(after["AccessKeyId"], before["AccessKeyId"])
        self.assertEqual(self.keys(), {after["AccessKeyId"]})
        order = [entry["operation"] for entry in self.log() if entry["operation"] in
                 ("CreateAccessKey", "PutSecretValue", "DeleteAccessKey")]
        self.assertEqual(order[-3:], ["CreateAccessKey", "PutSecretValue", "DeleteAccessKey"])

    def test_a_changed_value_is_the_only_change(self):
        self.apply("vault")
        self.secret = {"API": "second"}
        steps = {address: step for address, step in self.plan_steps("vault").items()
                 if step["action"] != "none"}
        self.assertEqual(set(steps), {"api"})
        self.assertEqual([change["path"] for change in steps["api"]["changes"]], ["value"])
        self.apply("vault")
        self.assertEqual(self.value("api"), "second")
        self.assert_plan_is_empty("vault")

    def test_destroyed_and_applied_again_everything_comes_back_under_its_name(self):
        self.apply("vault")
        arn = self.secret_document("outside")["arn"]
        key = self.resource("data_key", "vault")["outputs"]["key_id"]
        run = self.ok("destroy", "vault", "--yes")
        self.assert_golden("secrets.destroyed.txt", run.out.split(" to remove.\n", 1)[1])
        self.assertIn("\nIt is empty.\n", self.ok("sandbox", "status").out)
        self.assertEqual({tombstone["name"] for tombstone in self.state("vault")["tombstones"]},
                         {"vlt-dev-api", "vlt-dev-outside", "vlt-dev-collector-key"})
        notes = [note for step in self.plan_steps("vault").values()
                 for note in step.get("notes", [])]
        self.assert_golden("secrets.brought-back.txt", "\n".join(sorted(notes)) + "\n")
        self.apply("vault")
        self.assert_plan_is_empty("vault")
        self.assertEqual(self.secret_document("outside")["arn"], arn)
        self.assertEqual(self.resource("data_key", "vault")["outputs"]["key_id"], key)
        self.assertEqual(self.state("vault")["tombstones"], [])
        self.assertEqual({json.loads(self.value("collector-key"))["AccessKeyId"]}, self.keys())

    def test_after_the_windows_they_are_made_anew(self):
        self.apply("vault")
        arn = self.secret_document("outside")["arn"]
        key = self.resource("data_key", "vault")["outputs"]["key_id"]
        self.ok("destroy", "vault", "--yes")
        self.ok("sandbox", "advance", f"{24 * 31}h")
        self.apply("vault")
        self.assert_plan_is_empty("vault")
        self.assertNotEqual(self.secret_document("outside")["arn"], arn)
        self.assertNotEqual(self.resource("data_key", "vault")["outputs"]["key_id"], key)

    # ---------------------------------------------------------------- behind its back

    def test_a_value_that_somebody_else_wrote_is_seen_and_written_again(self):
        self.apply("vault")

        def overwrite(document):
            for version in document["versions"]:
                version["stages"] = []
            document["versions"].append({"id": "f" * 36, "text": "theirs", "created_at": 0,
                                         "stages": ["AWSCURRENT"]})

        self.change(self.place("secretsmanager/secret"), "vlt-dev-api", overwrite)
        self.change(self.place("secretsmanager/secret"), "vlt-dev-outside", overwrite)
        steps = {address: step for address, step in self.plan_steps("vault").items()
                 if step["action"] != "none"}
        self.assertEqual(set(steps), {"api"}, "what is set outside is nobody's drift")
        self.assertNotIn("theirs", self.ok("plan", "vault").out)
        self.apply("vault")
        self.assertEqual(self.value("api"), "first")
        self.assert_plan_is_empty("vault")

    def test_a_key_that_its_secret_does_not_hold_is_changed(self):
        self.apply("vault")
        before = self.keys()

        def overwrite(document):
            for version in document["versions"]:
                version["stages"] = []
            document["versions"].append({"id": "f" * 36, "text": "theirs", "created_at": 0,
                                         "stages": ["AWSCURRENT"]})

        self.change(self.place("secretsmanager/secret"), "vlt-dev-collector-key", overwrite)
        steps = {address for address, step in self.plan_steps("vault").items()
                 if step["action"] != "none"}
        self.assertEqual(steps, {"key"})
        self.apply("vault")
        self.assertEqual({json.loads(self.value("collector-key"))["AccessKeyId"]}, self.keys())
        self.assertTrue(before.isdisjoint(self.keys()))
        self.assert_plan_is_empty("vault")

    def test_a_key_scheduled_for_deletion_is_brought_back(self):
        self.apply("vault")
        key = self.resource("data_key", "vault")["outputs"]["key_id"]

        def schedule(document):
            document["deleted_at"] = 2 ** 50
            document["enabled"] = False

        self.change(self.place("kms/key"), key, schedule)
        self.assertEqual(self.plan_steps("vault")["data_key"]["action"], "create")
        self.apply("vault")
        self.assert_plan_is_empty("vault")
        self.assertEqual(self.resource("data_key", "vault")["outputs"]["key_id"], key)

    def test_a_user_that_moves_takes_its_key_along(self):
        self.apply("vault")
        before = self.keys()
        self.edit(STACK, "path: /collectors/", "path: /robots/")
        self.apply("vault")
        self.assert_plan_is_empty("vault")
        self.assertTrue(before.isdisjoint(self.keys()))
        self.assertEqual({json.loads(self.value("collector-key"))["AccessKeyId"]}, self.keys())


if __name__ == "__main__":
    unittest.main()
