"""The tweets pipeline: its names and plans, who may do what, and who else uses its bucket."""
import json
import re
import unittest

from flix_case import ACCOUNT, FILE, FORMS, REGION, SNOWFLAKE, STACK, TWEETS, FlixCase
from privileges import holders, snowflake_rights, statements, trusts

# {e}, {E}, {U}: the environment as dev, Dev and DEV.
NAMES = {
    "aws.s3_bucket": ["flix-tweets-{e}-sa-east-1"],
    "aws.lambda_function": ["flx-{e}-tweet-extractor"],
    "aws.secret": ["flx-{e}-twitter-api"],
    "aws.scheduler_group": ["flx-{e}"],
    "aws.scheduler_schedule": ["FLX{E}DailyFetch"],
    "aws.sqs_queue": ["flx-{e}-extractor-dlq"],
    "aws.log_group": ["/aws/lambda/flx-{e}-tweet-extractor"],
    "aws.sns_topic": ["flx-{e}-alerts"],
    "aws.cloudwatch_alarm": ["flx-{e}-extractor-errors", "flx-{e}-dlq-depth"],
    "aws.iam_role": ["FLX{E}ExtractorRole", "FLX{E}SchedulerRole", "FLX{E}SnowflakeRole", "FLX{E}SnowflakeNotifyRole",
                     "FLX{E}WebAppRole"],
    "snowflake.warehouse": ["FLX_{U}_WAREHOUSE"],
    "snowflake.storage_integration": ["FLX_{U}_S3_INTEGRATION"],
    "snowflake.notification_integration": ["FLX_{U}_ALERTS"],
    "snowflake.role": ["FLX_{U}_TRANSFORM", "FLX_{U}_REPORTING"],
    "snowflake.user": ["FLX_{U}_DBT"],
    "snowflake.database": ["FLX_{U}_DATABASE"],
    "snowflake.schema": ["RAW", "STAGING", "MART", "WEB"],
    "snowflake.file_format": ["JSON_FILE_FORMAT", "PARQUET_FILE_FORMAT", "GZIP_FILE_FORMAT", "JSON_FILE_FORMAT"],
    "snowflake.stage": ["CLEANSED_STAGE", "RAW_STAGE", "WEB_FORM_STAGE", "LOCATION_STAGE"],
    "snowflake.table": ["RAW_TWEETS", "RAW_TWEETS_CLEANSED", "WEB_APP_FORM", "CUSTOMER_LOCATION_INFO"],
    "snowflake.pipe": ["CLEANSED_PIPE", "RAW_PIPE", "WEB_APP_FORM_PIPE", "CUSTOMER_LOCATION_INFO_PIPE"],
    "snowflake.alert": ["FRESHNESS_ALERT"],
    "snowflake.view": ["VISITOR_LOCATIONS"],
}


def policy(effect="Allow", **statement):
    return statements({"Statement": [{"Effect": effect, **statement}]})


class FlixNames(FlixCase):
    def check(self, env):
        words = {"e": env, "E": env.capitalize(), "U": env.upper()}
        found = {}
        text = self.ok("plan", *self.where(env)).out
        for kind, name in re.findall(r"(?m)^    \+ .* is created\n      (\S+) (\S+)$", text):
            found.setdefault(kind, []).append(name)
        self.assertEqual({kind: sorted(names) for kind, names in found.items()},
                         {kind: sorted(name.format(**words) for name in names) for kind, names in NAMES.items()})

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")


class FlixPlans(FlixCase):
    """Word for word, as people see them."""

    def check(self, env):
        self.ok("validate", STACK, "--env", env)
        self.assert_golden(f"flix.{env}.plan.txt", self.ok("plan", *self.where(env)).out)
        self.apply(*self.where(env))
        self.assert_plan_is_empty(*self.where(env))

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_prod_needs_somebody_to_tell_and_the_key_of_dbt(self):
        hours = "      freshness_error_hours: 24\n"
        for line, word in ((f"{hours}      alert_email: data-team@example.com\n", "endpoint"),
                           ("      dbt_public_key: ../stacks/flix-tweets/keys/dbt.pub\n", "dbt_public_key")):
            before = (self.project / "environments/prod.yaml").read_text()
            self.edit("environments/prod.yaml", line, hours if "email" in line else "")
            self.assertIn(word, self.refused("plan", *self.where("prod")).err)
            (self.project / "environments/prod.yaml").write_text(before)

    def test_the_bucket_of_prod_stays(self):
        self.apply(*self.where("prod"))
        self.assertIn("protect", self.refused("destroy", *self.where("prod"), "--yes").err)

    def test_four_rules_one_queue(self):
        self.apply(*self.where())
        rules = self.rules()
        self.assertEqual(set(rules), {*TWEETS, *FORMS})
        (queue,) = set(rules.values())
        self.assertRegex(queue, rf"^arn:aws:sqs:{REGION}:\d{{12}}:sf-snowpipe-")


class FlixPrivileges(FlixCase):
    """The table of least privilege, all of it."""

    def check(self, env):
        self.apply(*self.where(env))
        documents = self.documents()
        bucket = f"arn:aws:s3:::flix-tweets-{env}-{REGION}"
        short, upper = f"FLX{env.capitalize()}", f"FLX_{env.upper()}"
        to_dlq = policy(Action="sqs:SendMessage", Resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:flx-{env}-extractor-dlq")
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/flx-{env}-tweet-extractor:*"
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:flx-{env}-twitter-api-??????"
        prefixes = sorted(f"{prefix}*" for prefix in TWEETS + FORMS)
        wanted = {
            f"{short}ExtractorRole": [
                *policy(Action="s3:PutObject", Resource=f"{bucket}/tweets/cleansed_tweets/*"),
                *policy(Action=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource=secret),
                *to_dlq,
                *policy(Action=["logs:CreateLogStream", "logs:PutLogEvents"], Resource=group)],
            f"{short}WebAppRole": policy(
                Action="s3:PutObject", Resource=[f"{bucket}/{prefix}*" for prefix in FORMS]),
            f"{short}SchedulerRole": [
                *policy(Action="lambda:InvokeFunction",
                        Resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:flx-{env}-tweet-extractor"),
                *to_dlq],
            f"{short}SnowflakeRole": [
                *policy(Action=["s3:GetObject", "s3:GetObjectVersion"],
                        Resource=[f"{bucket}/{prefix}" for prefix in prefixes]),
                *policy(Action="s3:ListBucket", Resource=bucket, Condition={"StringLike": {"s3:prefix": prefixes}}),
                *policy(Action="s3:GetBucketLocation", Resource=bucket)],
            f"{short}SnowflakeNotifyRole": policy(
                Action="sns:Publish", Resource=f"arn:aws:sns:{REGION}:{ACCOUNT}:flx-{env}-alerts"),
        }
        self.assertEqual(holders(documents, ACCOUNT, "role"), {name: sorted(lines) for name, lines in wanted.items()})
        self.assertEqual(holders(documents, ACCOUNT, "user"), {})

        def snowflake_user(address):
            outputs = self.resource(address, STACK, env, "--sandbox")["outputs"]
            return policy(Principal={"AWS": outputs["iam_user_arn"]}, Action="sts:AssumeRole",
                          Condition={"StringEquals": {"sts:ExternalId": outputs["external_id"]}})

        def service(name, **more):
            return policy(Principal={"Service": name}, Action="sts:AssumeRole", **more)

        self.assertEqual(trusts(documents, ACCOUNT), {
            f"{short}ExtractorRole": service("lambda.amazonaws.com"),
            f"{short}WebAppRole": service("ecs-tasks.amazonaws.com"),
            f"{short}SchedulerRole": service(
                "scheduler.amazonaws.com", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
            f"{short}SnowflakeRole": snowflake_user("s3_integration"),
            f"{short}SnowflakeNotifyRole": snowflake_user("sns_integration")})

        rights = snowflake_rights(documents, SNOWFLAKE)
        everybody = {f"USAGE on WAREHOUSE {upper}_WAREHOUSE", f"USAGE on DATABASE {upper}_DATABASE"}
        self.assertEqual(rights[f"{upper}_TRANSFORM"], everybody | {
            f"OPERATE on WAREHOUSE {upper}_WAREHOUSE", "USAGE on SCHEMA RAW", "SELECT on TABLE RAW_TWEETS",
            "SELECT on TABLE RAW_TWEETS_CLEANSED", "SELECT on future TABLEs in SCHEMA RAW",
            *(f"{right} on SCHEMA {schema}" for right in ("USAGE", "CREATE TABLE", "CREATE VIEW")
              for schema in ("STAGING", "MART"))})
        self.assertEqual(rights[f"{upper}_REPORTING"], everybody | {
            "USAGE on SCHEMA MART", "USAGE on SCHEMA WEB",
            "SELECT on TABLE WEB_APP_FORM", "SELECT on TABLE CUSTOMER_LOCATION_INFO",
            "SELECT on VIEW VISITOR_LOCATIONS", *(
                f"SELECT on future {kind}s in SCHEMA {schema}"
                for kind in ("TABLE", "VIEW") for schema in ("MART", "WEB"))})
        self.assertEqual(rights[f"{upper}_DBT"], {f"USAGE on ROLE {upper}_TRANSFORM"})
        self.assertIn(f"USAGE on ROLE {upper}_TRANSFORM", rights["SYSADMIN"])
        self.assertNotIn(f"USAGE on ROLE {upper}_REPORTING", rights["SYSADMIN"])

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_a_workstation_takes_the_role_of_the_extractor(self):
        person = f"arn:aws:iam::{ACCOUNT}:role/analyst"
        site = f"arn:aws:iam::{ACCOUNT}:role/web-site"
        for name in ("analyst", "web-site"):
            self.write(f"stacks/{name}/stack.yaml", json.dumps({
                "stack": name, "defaults": {"aws": {"region": REGION}}, "resources": {"person": {
                    "type": "aws.iam_role", "name": name, "trust": {"service": "ec2.amazonaws.com"}}}}))
            self.apply(name, "--env", "dev", "--sandbox")
        self.edit("environments/dev.yaml", "      schedule_retries: 0\n",
                  f"      workstations: [{person}]\n      web_app_principal: {{ AWS: {site} }}\n")
        self.apply(*self.where())
        found = trusts(self.documents(), ACCOUNT)
        self.assertEqual(found["FLXDevExtractorRole"], sorted([
            *policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"),
            *policy(Principal={"AWS": person}, Action="sts:AssumeRole")]))
        self.assertEqual(found["FLXDevWebAppRole"], policy(Principal={"AWS": site}, Action="sts:AssumeRole"))
        self.assert_plan_is_empty(*self.where())


class FlixNeighbours(FlixCase):
    """Others use the bucket and the integration, too."""

    OTHERS = {
        "stack": "others", "defaults": {"aws": {"region": REGION}}, "naming": {"project": "others", "short": "oth"},
        "resources": {
            "inbox": {"type": "aws.sqs_queue", "senders": [f"arn:aws:s3:::flix-tweets-dev-{REGION}"]},
            "reports": {"type": "aws.s3_notification", "bucket": f"flix-tweets-dev-{REGION}", "queue": "${inbox}",
                        "prefix": "reports/"}}}

    def test_rules_of_others_are_kept(self):
        self.apply(*self.where())
        self.write("stacks/others/stack.yaml", json.dumps(self.OTHERS))
        self.apply("others", "--env", "dev", "--sandbox")
        self.assert_plan_is_empty(*self.where())
        self.edit("environments/dev.yaml", "      schedule_retries: 0\n", "      web_forms: false\n")
        self.apply(*self.where(), "--accept-loss", "web", "--accept-loss", "web_app_form.table",
                   "--accept-loss", "customer_location.table")
        self.assertEqual(set(self.rules()), {*TWEETS, "reports/"})
        self.assert_plan_is_empty("others", "--env", "dev", "--sandbox")

    def test_the_integration_is_not_narrowed_past_a_stage_of_others(self):
        file = self.project / FILE
        narrow = file.read_text()
        wide = re.sub(r"(?s)allowed_locations: >-.*?\n(?=  snowflake_role:)", 'allowed_locations: ["*"]\n', narrow)
        self.assertNotEqual(wide, narrow)
        file.write_text(wide)
        self.apply(*self.where())
        self.write("stacks/others/stack.yaml", json.dumps({
            "stack": "others", "resources": {"reports": {
                "type": "snowflake.stage", "schema": "FLX_DEV_DATABASE.STAGING",
                "url": f"s3://flix-tweets-dev-{REGION}/reports/",
                "storage_integration": "FLX_DEV_S3_INTEGRATION"}}}))
        self.edit("environments/dev.yaml", "stacks:\n",
                  f"stacks:\n  others: {{ snowflake: {{ account: {SNOWFLAKE} }} }}\n")
        self.apply("others", "--env", "dev", "--sandbox")
        file.write_text(narrow)
        self.assertIn("the stage FLX_DEV_DATABASE.STAGING.REPORTS would fall outside of FLX_DEV_S3_INTEGRATION",
                      self.refused("apply", *self.where(), "--yes").err)
        seen = [document["properties"]["storage_allowed_locations"] for (collection, _), document
                in self.documents().items() if collection == f"snowflake/{SNOWFLAKE}/integration"
                and "storage_allowed_locations" in document["properties"]]
        self.assertEqual(seen, [["*"]])
        self.ok("destroy", "others", "--env", "dev", "--sandbox", "--yes")
        self.apply(*self.where())
        self.assert_plan_is_empty(*self.where())


if __name__ == "__main__":
    unittest.main()
