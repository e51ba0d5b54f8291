"""The names of the finance pipeline, as `firn plan` prints them: all of them, exactly, for dev and prod."""
import re
import unittest

from firn_case import FirnCase

FUNCTIONS = ["getDataFromCoinloreApi", "processCoinloreData", "getDataFromRedditApi", "processRedditData"]
ROLES = ["StepFunction", "Scheduler", "Snowpipe", "GetDataFromCoinloreApi", "ProcessCoinloreData",
         "GetDataFromRedditApi", "ProcessRedditData"]

# {e}, {E}, {U}: the environment as dev, Dev and DEV.
NAMES = {
    "aws.s3_bucket": ["finance-de-lab-{e}-eu-west-1"],
    "aws.sns_topic": ["fdl-{e}-snowpipe-coinlore", "fdl-{e}-snowpipe-reddit", "fdl-{e}-alerts"],
    "aws.sqs_queue": ["fdl-{e}-scheduler-dlq"],
    "aws.lambda_function": [f"fdl-{{e}}-{name}" for name in FUNCTIONS],
    "aws.ecr_repository": ["fdl-{e}-lambda-container-image"],
    "aws.sfn_state_machine": ["fdl-{e}-dataInjectionWorkflow"],
    "aws.scheduler_group": ["fdl-{e}"],
    "aws.scheduler_schedule": ["FDL{E}StepFunctionScheduler"],
    "aws.event_rule": ["FDL{E}WorkflowFailed"],
    "aws.secret": ["fdl-{e}-reddit-api"],
    "aws.log_group": [*(f"/aws/lambda/fdl-{{e}}-{name}" for name in FUNCTIONS),
                      "/aws/vendedlogs/states/fdl-{e}-dataInjectionWorkflow"],
    "aws.cloudwatch_alarm": ["fdl-{e}-workflow-failed", "fdl-{e}-no-new-files",
                             *(f"fdl-{{e}}-{name}-errors" for name in FUNCTIONS)],
    "aws.iam_role": [f"FDL{{E}}{name}Role" for name in ROLES],
    "snowflake.warehouse": ["FDL_{U}_WAREHOUSE"],
    "snowflake.database": ["FDL_{U}_DATABASE"],
    "snowflake.storage_integration": ["FDL_{U}_S3_INTEGRATION"],
    "snowflake.role": ["FDL_{U}_PIPELINE", "FDL_{U}_DASHBOARD"],
    "snowflake.user": ["FDL_{U}_TABLEAU"],
    "snowflake.schema": ["FDL_{U}_LOADING_SCHEMA", "FDL_{U}_STAGING_SCHEMA", "FDL_{U}_WORKING_SCHEMA"],
    "snowflake.table": ["FDL_{U}_COINLORE_TABLE", "FDL_{U}_REDDIT_TABLE"],
    "snowflake.file_format": ["PARQUET_FILE_FORMAT"],
    "snowflake.stage": ["COINLORE_DATA_STAGE", "REDDIT_DATA_STAGE"],
    "snowflake.pipe": ["COINLORE_DATA_PIPE", "REDDIT_DATA_PIPE"],
    "snowflake.view": ["COIN_SENTIMENT", "COIN_LATEST"],
    "snowflake.database_role": ["LOADER"],
}
ONLY_IN_PROD = {"aws.kms_alias": ["fdl-prod-data"]}


class FinanceNames(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def printed(self, env):
        """type → names, from the lines below "… is created"."""
        found = {}
        text = self.ok("plan", "finance", "--env", env, "--sandbox").out
        for kind, name in re.findall(r"(?m)^    \+ .* is created\n      (\S+) (\S+)$", text):
            found.setdefault(kind, []).append(name)
        return {kind: sorted(names) for kind, names in found.items()}

    def wanted(self, env, names):
        words = {"e": env, "E": env.capitalize(), "U": env.upper()}
        return {kind: sorted(name.format(**words) for name in some) for kind, some in names.items()}

    def test_dev(self):
        self.assertEqual(self.printed("dev"), self.wanted("dev", NAMES))

    def test_prod(self):
        self.assertEqual(self.printed("prod"), self.wanted("prod", {**NAMES, **ONLY_IN_PROD}))

    def test_the_region_is_that_of_the_environment(self):
        self.edit("environments/dev.yaml", 'account: "123456789012"',
                  'account: "123456789012"\n  region: us-east-1')
        self.assertEqual(self.printed("dev")["aws.s3_bucket"], ["finance-de-lab-dev-us-east-1"])


if __name__ == "__main__":
    unittest.main()
