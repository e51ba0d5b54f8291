"""The tweets pipeline on the sandbox, and SQL by the roles that it makes."""
import json
import os
import subprocess

from firn_case import HANGS_AFTER_S, FirnCase

STACK = "flix-tweets"
FILE = f"stacks/{STACK}/stack.yaml"
ACCOUNT = "123456789012"
REGION = "sa-east-1"
SNOWFLAKE = "MYORG-SOUTHACCOUNT"
TWEETS = ["tweets/cleansed_tweets/", "tweets/raw/"]
FORMS = ["data/web_app/", "data/customer_location_info/"]


class FlixCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env="dev"):
        return [STACK, "--env", env, "--sandbox"]

    def sql(self, user, role, *texts, account=SNOWFLAKE):
        """What each statement answers in the sandbox, asked by that user in that role."""
        done = subprocess.run(
            [os.environ["FIRN_SANDBOX_SQL"], self.project / ".firn/sandbox.db", account, user, role, *texts],
            capture_output=True, text=True, encoding="utf-8", timeout=HANGS_AFTER_S, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def must(self, user, role, *texts):
        answers = self.sql(user, role, *texts)
        for text, answer in zip(texts, answers):
            self.assertIn("rows", answer, text)
        return [answer["rows"] for answer in answers]

    def admin(self, *texts):
        return self.must("FIRN_DEV_DEPLOY", "FIRN_DEV_DEPLOYER", *texts)

    def rules(self, env="dev"):
        """The rules in the bucket's notification document: prefix → who is told."""
        bucket = self.documents()[("aws/s3/bucket", f"flix-tweets-{env}-{REGION}")]
        return {rule["prefix"]: rule["arn"] for rule in bucket["notification"]["rules"]}
