"""Least privilege in the finance pipeline: who may do what, all of it, in dev and in prod."""
import unittest

from firn_case import FirnCase
from privileges import holders, snowflake_rights, statements, trusts

ACCOUNT = "123456789012"
REGION = "eu-west-1"
FUNCTIONS = {  # function → prefixes that it reads, the one that it writes
    "getDataFromCoinloreApi": ((), "coinlore/raw/"),
    "processCoinloreData": (("coinlore/raw/",), "coinlore/processed/"),
    "getDataFromRedditApi": ((), "reddit/raw/"),
    "processRedditData": (("reddit/raw/", "coinlore/processed/"), "reddit/processed/"),
}
DELIVERY = ["CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies",
            "GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"]


def policy(effect="Allow", **statement):
    return statements({"Statement": [{"Effect": effect, **statement}]})


class FinancePrivileges(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def look(self, env):
        self.env = env
        self.apply("finance", "--env", env, "--sandbox")
        self.documents_now = self.documents()
        self.bucket = f"arn:aws:s3:::finance-de-lab-{env}-{REGION}"

    def key(self):
        keys = [document["arn"] for (collection, _), document in self.documents_now.items()
                if collection == f"aws/{ACCOUNT}/{REGION}/kms/key"]
        return keys[0] if keys else None

    def listing(self, prefixes):
        patterns = [f"{prefix}*" for prefix in sorted(prefixes)]
        condition = {"StringLike": {"s3:prefix": patterns if len(patterns) > 1 else patterns[0]}}
        return (policy(Action="s3:ListBucket", Resource=self.bucket, Condition=condition)
                + policy(Action="s3:GetBucketLocation", Resource=self.bucket))

    def reads(self, prefixes):
        if not prefixes:
            return []
        objects = [f"{self.bucket}/{prefix}*" for prefix in prefixes]
        return self.listing(prefixes) + policy(Action=["s3:GetObject", "s3:GetObjectVersion"], Resource=objects)

    def writes(self, prefix):
        # Large files go in parts, which belongs to putting them.
        actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        return self.listing([prefix]) + policy(Action=actions, Resource=f"{self.bucket}/{prefix}*")

    def uses_key(self, *actions):
        return policy(Action=list(actions), Resource=self.key()) if self.key() else []

    def wanted(self):
        short = f"FDL{self.env.capitalize()}"
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fdl-{self.env}-"
        found = {}
        for name, (read, written) in FUNCTIONS.items():
            group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/fdl-{self.env}-{name}:*"
            found[f"{short}{name[0].upper()}{name[1:]}Role"] = (
                self.reads(read) + self.writes(written)
                + policy(Action=["logs:CreateLogStream", "logs:PutLogEvents"], Resource=group)
                + self.uses_key("kms:Decrypt", "kms:GenerateDataKey"))
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:fdl-{self.env}-reddit-api-??????"
        found[f"{short}GetDataFromRedditApiRole"] += policy(
            Action=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource=secret)
        found[f"{short}StepFunctionRole"] = (
            policy(Action="lambda:InvokeFunction", Resource=[function + name for name in FUNCTIONS])
            + policy(Action=[f"logs:{name}" for name in DELIVERY], Resource="*"))
        found[f"{short}SchedulerRole"] = (
            policy(Action="states:StartExecution",
                   Resource=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fdl-{self.env}-dataInjectionWorkflow")
            + policy(Action="sqs:SendMessage", Resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:fdl-{self.env}-scheduler-dlq"))
        found[f"{short}SnowpipeRole"] = (
            self.reads(["coinlore/processed/", "reddit/processed/"]) + self.uses_key("kms:Decrypt"))
        # A role that may list two sets of prefixes says twice that it may ask for the bucket's region.
        return {name: sorted(set(lines)) for name, lines in found.items()}

    def check(self, env):
        self.look(env)
        held = {name: sorted(set(lines)) for name, lines in holders(self.documents_now, ACCOUNT, "role").items()}
        self.assertEqual(held, self.wanted())
        self.assertEqual(bool(self.key()), env == "prod")

        short, upper = f"FDL{env.capitalize()}", env.upper()
        outputs = self.resource("s3_integration", "finance", env, "--sandbox")["outputs"]
        own_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        trust = trusts(self.documents_now, ACCOUNT)
        for name, principal, condition in (
                ("StepFunction", {"Service": "states.amazonaws.com"}, own_account),
                ("Scheduler", {"Service": "scheduler.amazonaws.com"}, own_account),
                ("Snowpipe", {"AWS": outputs["iam_user_arn"]},
                 {"StringEquals": {"sts:ExternalId": outputs["external_id"]}})):
            self.assertEqual(trust[f"{short}{name}Role"], policy(
                Principal=principal, Action="sts:AssumeRole", Condition=condition))
        for name in FUNCTIONS:
            self.assertEqual(trust[f"{short}{name[0].upper()}{name[1:]}Role"], policy(
                Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"))

        (repository,) = [document for (collection, _), document in self.documents_now.items()
                         if collection == f"aws/{ACCOUNT}/{REGION}/ecr/repository"]
        self.assertEqual(statements(repository["policy"]["document"]), policy(
            Principal={"Service": "lambda.amazonaws.com"},
            Action=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            Condition={"ArnLike": {"aws:SourceArn":
                                   f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fdl-{env}-processRedditData"}}))

        rights = snowflake_rights(self.documents_now, "MYORG-MYACCOUNT")
        loading, staging, working = (f"FDL_{upper}_{part}_SCHEMA" for part in ("LOADING", "STAGING", "WORKING"))
        self.assertEqual(rights["LOADER"] - {f"USAGE on DATABASE FDL_{upper}_DATABASE"}, {
            *(f"USAGE on SCHEMA {schema}" for schema in (loading, staging, working)),
            *(f"CREATE {kind} on SCHEMA {loading}" for kind in ("STAGE", "PIPE", "TABLE", "FILE FORMAT")),
            *(f"{right} on TABLE FDL_{upper}_{table}_TABLE"
              for right in ("SELECT", "INSERT") for table in ("COINLORE", "REDDIT"))})
        self.assertEqual(rights[f"FDL_{upper}_DASHBOARD"], {
            f"USAGE on WAREHOUSE FDL_{upper}_WAREHOUSE", f"USAGE on DATABASE FDL_{upper}_DATABASE",
            f"USAGE on SCHEMA {working}", "SELECT on VIEW COIN_SENTIMENT", "SELECT on VIEW COIN_LATEST",
            f"SELECT on future VIEWs in SCHEMA {working}"})
        self.assertEqual(rights[f"FDL_{upper}_PIPELINE"], {"USAGE on DATABASE_ROLE LOADER"})
        self.assertEqual(rights[f"FDL_{upper}_TABLEAU"], {f"USAGE on ROLE FDL_{upper}_DASHBOARD"})

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")


if __name__ == "__main__":
    unittest.main()
