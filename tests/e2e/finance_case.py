"""The finance pipeline, applied once for each class; every test works on a copy of it."""
import pathlib
import shutil
import tempfile

from firn_case import FirnCase

STACK = "stacks/finance/stack.yaml"


def unknowns(value, path=""):
    """The places in a JSON plan that are known only after apply."""
    if isinstance(value, dict):
        if set(value) == {"known_after_apply"}:
            yield path, value["known_after_apply"]
        for key, member in value.items():
            yield from unknowns(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from unknowns(item, f"{path}[{position}]")


class FinanceCase(FirnCase):
    APPLIED = True  # whether the tests begin with the stack in place
    _made = None
    applied = None  # what the first apply said

    def setUp(self):
        super().setUp()
        made = type(self)
        if not made.APPLIED:
            self.new_project()
            return
        if made._made is None:
            self.new_project()
            made.applied = self.apply("finance", "--env", "local")
            made._made = tempfile.mkdtemp(prefix="firn-finance-")
            made.addClassCleanup(shutil.rmtree, made._made, ignore_errors=True)
            shutil.copytree(self.project, pathlib.Path(made._made) / "project")
        else:
            self.take_project(pathlib.Path(made._made) / "project")

    def trust_of(self, role, account="111122223333"):
        """A role's trust policy and its inline policies, as AWS holds them."""
        document = self.documents()[(f"aws/{account}/iam/role", role.lower())]
        return document["trust"]["document"]

    def rules_of(self, bucket):
        """The rules in the bucket's one notification document: topic name → prefix."""
        notification = self.documents()[("aws/s3/bucket", bucket)]["notification"]
        return {rule["arn"].split(":")[-1]: rule["prefix"] for rule in notification["rules"]}

    def pipes(self, account="FIRN-LOCAL"):
        return {
            key.split("\x1f")[-1]: document["properties"]
            for (collection, key), document in self.documents().items()
            if collection == f"snowflake/{account}/pipe"
        }

    def topics(self, account="111122223333"):
        """Those that tell Snowflake of files."""
        return {
            key for collection, key in self.documents()
            if collection == f"aws/{account}/eu-west-1/sns/topic" and not key.endswith("-alerts")
        }

    def answered(self, log, operation, target=None):
        """The requests of that kind that the clouds carried out."""
        return [
            entry for entry in log
            if entry["operation"] == operation and entry["status"] < 300
            and (target is None or entry["target"] == target)
        ]
