"""The AWS half of stacks/finance on moto: made, edited and removed by firn, judged by boto3.

What is expected is the whole account, so that anything too much is noticed as well. Every request that firn sends on
the way is held against botocore's service models.

Where moto is not AWS: it knows no layers of other accounts (environments/moto.yaml names one of the account's own);
it takes images, but not the layers that they are pushed in (a script in the place of docker puts the image there);
Snowflake's queue never subscribes to its topics, so no name of a deleted topic stays taken; and it refuses PutObject for
every statement that denies, whatever its condition.
"""

import base64
import copy
import hashlib
import io
import json
import re
import sys
import unittest
import zipfile

import aws_picture
import finance_expected as expected
import story
import support

# What an apply of the whole stack must have called, so that the check of the requests cannot go empty.
CALLED = {
    "ecr:CreateRepository", "ecr:DescribeImages", "ecr:SetRepositoryPolicy", "events:PutRule", "events:PutTargets",
    "iam:CreateRole", "iam:PutRolePolicy", "lambda:CreateFunction", "logs:CreateLogGroup", "logs:PutRetentionPolicy",
    "s3:CreateBucket", "s3:GetBucketNotificationConfiguration", "s3:PutBucketEncryption",
    "s3:PutBucketLifecycleConfiguration", "s3:PutBucketNotificationConfiguration", "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy", "s3:PutBucketTagging", "s3:PutPublicAccessBlock", "monitoring:PutMetricAlarm", "scheduler:CreateSchedule",
    "scheduler:CreateScheduleGroup", "secretsmanager:CreateSecret",
    "sns:CreateTopic", "sqs:CreateQueue", "states:CreateStateMachine", "sts:GetCallerIdentity",
}  # fmt: skip
NO_ACCESS = {"users": {}, "providers": [], "secrets": [], "keys": {}, "aliases": []}
FOREIGN_RULE = {
    "Id": "somebody-else",
    "Events": ["s3:ObjectRemoved:*"],
    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "archive/"}]}},
}


class Finance(story.Story):
    folder = support.ROOT / "stacks" / "finance"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert cls.publish_layer("pandas") == expected.LAYER
        push = support.ROOT / "tests" / "stacks" / "push_image.py"
        cls.project.edit(
            "environments/moto.yaml",
            "  finance:\n    parameters:\n",
            f"  finance:\n    parameters:\n      image_command: {json.dumps([sys.executable, str(push), cls.moto.url])}\n",
        )
        cls.archives = {}  # code sha256 → files

    # ------------------------------------------------------------ firn

    def see(self, verdict):
        content = verdict.params.get("ZipFile") or verdict.params.get("Code", {}).get("ZipFile")
        if content is None:
            return
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.archives[digest] = {name: archive.read(name) for name in archive.namelist()}

    def apply_and_plan_again(self, *changes):
        """Applies an edit: exactly `changes` are planned, and nothing after it."""
        self.assertEqual(sorted(self.plan()), sorted(changes))
        self.apply_the_plan()
        self.assert_reading(self.firn("plan", "--detailed-exitcode"))

    def plan(self):
        """The AWS half of the plan, "address action"; the plan is kept."""
        self.firn("plan", "--json", "--detailed-exitcode", "--out", "edit.plan", code=2)
        return [
            f"{step['address']} {step['action']}"
            for step in json.loads(self.last.stdout)["steps"]
            if step["type"].startswith("aws.") and step["action"] != "none"
        ]

    def apply_the_plan(self, *arguments):
        self.firn("apply", "--yes", *arguments, what="edit.plan")

    # ------------------------------------------------------------ editing

    def edit(self, old, new, path="stacks/finance/stack.yaml"):
        self.project.edit(path, old, new)

    def edit_parameter(self, name, old, new):
        head = f"  {name}:\n    type: {'integer' if isinstance(old, int) else 'string'}\n    default: "
        self.edit(f"{head}{old}\n", f"{head}{new}\n")

    def edit_topic(self, line):
        head = "  snowpipe_reddit:\n    type: aws.sns_topic\n"
        self.edit(head, head + f"    {line}\n")

    # ------------------------------------------------------------ what must be there

    def code_of(self, name):
        """The digest of the archive that holds exactly the function's folder, as it was sent."""
        folder = self.project.folder / "stacks" / "finance" / "functions" / name
        files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        digests = [digest for digest, archive in self.archives.items() if archive == files]
        self.assertEqual(len(digests), 1, f"the code of {name} was not sent, or in several forms")
        return digests[0]

    def expect(self):
        """The account as the class's `account` has it now."""
        self.assertEqual(aws_picture.picture(self.moto), self.account)
        self.assertEqual(aws_picture.access(self.moto, support.REGION), {**NO_ACCESS, "secrets": ["fdl-moto-reddit-api"]})

    def image(self):
        """Digest and tags of the one image, and what Lambda says of the function that runs it."""
        (image,) = self.moto.client("ecr").describe_images(repositoryName=expected.REPOSITORY)["imageDetails"]
        function = self.moto.client("lambda").get_function(FunctionName="fdl-moto-processRedditData")
        self.assertTrue(function["Code"]["ImageUri"].endswith(f"/{expected.REPOSITORY}@{image['imageDigest']}"))
        # By the content of its folder, and firn's mark beside it.
        tags = sorted(image["imageTags"])
        self.assertRegex(tags[0], r"^[0-9a-f]{64}$")
        self.assertTrue(tags[1].startswith(f"{tags[0]}."), tags)
        self.assertEqual(len(tags), 2)
        return (image["imageDigest"], tags), function["Configuration"]["CodeSha256"]

    @property
    def bucket(self):
        return self.account["buckets"][expected.BUCKET]

    def template(self):
        return (self.project.folder / "stacks" / "finance" / "workflow.asl.json").read_text()

    # ------------------------------------------------------------ the story, in order

    def test_01_a_plan_only_reads(self):
        counts = self.firn("plan", "--detailed-exitcode", code=2)
        self.assertEqual(set(counts), {"sts:GetCallerIdentity"})
        self.assertFalse(any(aws_picture.picture(self.moto).values()))

    def test_02_apply_makes_everything(self):
        counts = self.firn("apply", "--yes")
        self.assertEqual(CALLED - set(counts), set())
        self.assertEqual(counts["iam:CreateRole"], 7)
        self.assertEqual(counts["s3:PutBucketNotificationConfiguration"], 1, "two rules, one document, one call")

        # The integration lives in the sandbox, out of boto3's sight: its user and external id come from the outputs.
        self.firn("output", "--json")
        outputs = json.loads(self.last.stdout)
        user = outputs["snowflake_user"]
        self.assertRegex(user, r"^arn:aws:iam::\d{12}:user/.")
        self.assertTrue(outputs["external_id"])
        # Snowflake subscribes as another user of the same account, and as one only.
        policy = aws_picture.topics(self.moto.client("sns"))["fdl-moto-snowpipe-coinlore"]["policy"]
        pattern = rf"^Allow ({user.partition(':user/')[0]}:user/\S+) sns:Subscribe "
        subscribers = [found.group(1) for found in (re.match(pattern, line) for line in policy) if found]
        self.assertEqual(len(subscribers), 1, policy)

        image, code_sha256 = self.image()
        secret = self.moto.client("secretsmanager").describe_secret(SecretId="fdl-moto-reddit-api")
        self.assertEqual(secret["Tags"][0]["Key"].partition(":")[0], "firn")
        type(self).account = expected.account(
            user,
            outputs["external_id"],
            subscribers[0],
            {name: self.code_of(name) for name in expected.ZIPPED} | {"processRedditData": code_sha256},
            self.template(),
            secret["ARN"],
            image,
        )
        self.expect()

    def test_03_the_second_plan_is_empty(self):
        self.assert_reading(self.firn("plan", "--detailed-exitcode"))
        self.firn("apply", "--yes")
        self.expect()

    def test_04_somebody_elses_rule_is_no_difference(self):
        queue = self.moto.client("sqs").create_queue(QueueName="somebody-else")["QueueUrl"]
        arn = self.moto.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self.account["queues"]["somebody-else"] = {"retention": 345600, "policy": None, "tags": {}}
        s3 = self.moto.client("s3")
        document = s3.get_bucket_notification_configuration(Bucket=expected.BUCKET)
        del document["ResponseMetadata"]
        target = arn["Attributes"]["QueueArn"]
        document["QueueConfigurations"] = [{**FOREIGN_RULE, "QueueArn": target}]
        s3.put_bucket_notification_configuration(Bucket=expected.BUCKET, NotificationConfiguration=document)
        self.bucket["rules"]["somebody-else"] = {"to": target, "events": ["s3:ObjectRemoved:*"], "prefix": "archive/"}
        self.firn("plan", "--detailed-exitcode")
        self.expect()

    def test_05_edits_are_made_in_place(self):
        account = self.account
        with self.subTest("schedule"):
            self.edit_parameter("schedule", "rate(10 minutes)", "rate(1 hour)")
            self.edit_parameter("schedule_state", "DISABLED", "ENABLED")
            # Where nothing runs by itself, nobody waits for new files.
            self.apply_and_plan_again("no_new_files update", "step_function_scheduler update")
            account["schedules"]["FDLMotoStepFunctionScheduler"].update(expression="rate(1 hour)", state="ENABLED")
            self.expect()
        with self.subTest("lifecycle"):
            self.edit_parameter("raw_expiry_days", 7, 30)
            self.apply_and_plan_again("data update")
            self.bucket["lifecycle"] = expected.bucket(raw_expiry_days=30)["lifecycle"]
            self.expect()
        with self.subTest("log retention"):
            self.edit_parameter("log_retention_days", 14, 30)
            groups = [*expected.FUNCTIONS, "dataInjectionWorkflow"]
            self.apply_and_plan_again(*(f"{group}_log update" for group in groups))
            for group in account["log groups"].values():
                group["retention"] = 30
            self.expect()
        with self.subTest("queue"):
            self.edit("message_retention: 1209600", "message_retention: 604800")
            self.apply_and_plan_again("scheduler_dlq update")
            account["queues"]["fdl-moto-scheduler-dlq"]["retention"] = 604800
            self.expect()
        with self.subTest("topic"):
            self.edit_topic("display_name: Posts")
            self.apply_and_plan_again("snowpipe_reddit update")
            account["topics"]["fdl-moto-snowpipe-reddit"]["display name"] = "Posts"
            self.expect()
        with self.subTest("workflow"):
            state = '"Set Variables": {\n      '
            self.edit(state, state + '"Comment": "One time.",\n      ', "stacks/finance/workflow.asl.json")
            self.edit("tracing: false", "tracing: true")
            self.apply_and_plan_again("dataInjectionWorkflow update")
            machine = {**expected.machine(self.template()), "tracing": True}
            account["machines"]["fdl-moto-dataInjectionWorkflow"] = machine
            self.expect()

    def test_06_new_code_is_sent(self):
        function = self.account["functions"]["fdl-moto-processCoinloreData"]
        code = "stacks/finance/functions/processCoinloreData/processCoinloreData.py"
        file = self.project.folder / code
        file.write_text(file.read_text() + "\n# Changed.\n")
        self.apply_and_plan_again("processCoinloreData update")
        self.assertNotEqual(self.code_of("processCoinloreData"), function["code sha256"])
        function["code sha256"] = self.code_of("processCoinloreData")
        self.expect()
        # Configuration alone sends no code.
        handler = "handler: processCoinloreData.lambda_handler\n    runtime: python3.13\n    timeout: 60\n    memory: "
        self.edit(handler + "512", handler + "1024")
        counts = self.firn("apply", "--yes")
        self.assertEqual((counts["lambda:UpdateFunctionCode"], counts["lambda:UpdateFunctionConfiguration"]), (0, 1))
        function["memory"] = 1024
        self.expect()
        self.firn("plan", "--detailed-exitcode")

    def test_07_a_new_prefix_moves_rule_and_permissions(self):
        self.edit_parameter("coinlore_prefix", "coinlore/processed/", "coinlore/cleaned/")
        self.apply_and_plan_again(
            "coinlore_files update",
            "processCoinloreData_role update",
            "processRedditData_role update",
            "snowpipe_role update",
        )
        self.bucket["rules"]["firn:finance/moto/coinlore_files"]["prefix"] = "coinlore/cleaned/"
        trust = self.account["roles"]["FDLMotoSnowpipeRole"]["trust"]
        self.account["roles"] = expected.roles("user", "id", coinlore="coinlore/cleaned/")
        self.account["roles"]["FDLMotoSnowpipeRole"]["trust"] = trust
        self.expect()

    def test_08_what_drifted_is_seen_and_put_back(self):
        self.moto.client("s3").delete_public_access_block(Bucket=expected.BUCKET)
        self.moto.client("logs").put_retention_policy(logGroupName=expected.MACHINE_LOG, retentionInDays=1)
        self.moto.client("iam").delete_role_policy(RoleName="FDLMotoSchedulerRole", PolicyName="run")
        self.moto.client("scheduler").delete_schedule(Name="FDLMotoStepFunctionScheduler", GroupName="fdl-moto")
        self.apply_and_plan_again(
            "data update", "dataInjectionWorkflow_log update", "scheduler_role update", "step_function_scheduler create"
        )
        self.expect()

    def test_09_tags_reach_everything_that_carries_them(self):
        self.project.environment.write_text(self.project.environment.read_text() + "\ntags: { team: data }\n")
        self.firn("apply", "--yes")
        for kind in ("buckets", "topics", "queues", "roles", "functions", "log groups", "machines", "schedule groups",
                     "repositories", "event rules", "alarms"):  # fmt: skip
            for name, item in self.account[kind].items():
                if name != "somebody-else":
                    item["tags"]["team"] = "data"
        self.expect()
        self.firn("plan", "--detailed-exitcode")

    def test_10_a_renamed_topic_is_replaced(self):
        self.edit_topic("name: fdl-moto-posts")
        self.assertEqual(sorted(self.plan()), ["reddit_files update", "snowpipe_reddit replace"])
        # The pipe on the topic goes along, and forgets which files it has loaded.
        self.apply_the_plan("--accept-loss", "reddit_data_pipe")
        topics = self.account["topics"]
        old = topics.pop("fdl-moto-snowpipe-reddit")
        subscriber = next(line for line in old["policy"] if "user/" in line).split()[1]
        topics["fdl-moto-posts"] = expected.topic("fdl-moto-posts", "snowpipe_reddit", subscriber)
        topics["fdl-moto-posts"].update({"display name": "Posts", "tags": old["tags"]})
        self.bucket["rules"]["firn:finance/moto/reddit_files"]["to"] = expected.topic_arn("fdl-moto-posts")
        self.expect()
        self.firn("plan", "--detailed-exitcode")

    def test_11_own_rules_go_and_the_foreign_one_stays(self):
        stack = self.project.folder / "stacks" / "finance" / "stack.yaml"
        with_rules = stack.read_text()
        without = re.sub(r"  (coinlore|reddit)_files:\n(    .*\n)+", "", with_rules)
        without = re.sub(r"  (coinlore|reddit)_data_pipe:\n",
                         r"  # firn: allow FIRN101 because the rules are away for a moment\n\g<0>", without)
        stack.write_text(without)
        self.apply_and_plan_again("coinlore_files remove", "reddit_files remove")
        rules = copy.deepcopy(self.bucket["rules"])
        self.bucket["rules"] = {"somebody-else": rules["somebody-else"]}
        self.expect()
        stack.write_text(with_rules)
        self.apply_and_plan_again("coinlore_files create", "reddit_files create")
        self.bucket["rules"] = rules
        self.expect()

    def test_12_destroy_leaves_nothing_of_it(self):
        s3 = self.moto.client("s3")
        s3.delete_bucket_policy(Bucket=expected.BUCKET)  # moto takes "Deny … if SecureTransport is false" for Deny
        s3.put_bucket_versioning(Bucket=expected.BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for number in (1, 2):
            s3.put_object(Bucket=expected.BUCKET, Key="coinlore/raw/a b+ü.parquet", Body=b"%d" % number)
        s3.put_object(Bucket=expected.BUCKET, Key="reddit/raw/gone.parquet", Body=b"")
        s3.delete_object(Bucket=expected.BUCKET, Key="reddit/raw/gone.parquet")
        counts = self.firn("destroy", "--yes")
        self.assertGreaterEqual(counts["s3:DeleteObjects"], 1)
        seen = aws_picture.picture(self.moto)
        self.assertEqual(seen.pop("queues"), {"somebody-else": self.account["queues"]["somebody-else"]})
        self.assertFalse(any(seen.values()), seen)
        self.assertEqual(aws_picture.access(self.moto, support.REGION), NO_ACCESS)

    def test_13_destroy_again_does_nothing(self):
        self.assert_reading(self.firn("destroy", "--yes"))

    def test_14_a_rule_that_was_there_first_survives_a_whole_life(self):
        self.firn("apply", "--yes", "--only", "data")
        target = f"arn:aws:sqs:{support.REGION}:{support.ACCOUNT}:somebody-else"
        s3 = self.moto.client("s3")
        s3.put_bucket_notification_configuration(
            Bucket=expected.BUCKET,
            NotificationConfiguration={"QueueConfigurations": [{**FOREIGN_RULE, "QueueArn": target}]},
        )
        self.firn("apply", "--yes")
        rules = aws_picture.bucket(s3, expected.BUCKET)["rules"]
        self.assertEqual(rules, self.bucket["rules"])
        self.firn("destroy", "--yes", "--only", "coinlore_files", "--only", "reddit_files")
        rules = aws_picture.bucket(s3, expected.BUCKET)["rules"]
        self.assertEqual(rules, {"somebody-else": self.bucket["rules"]["somebody-else"]})
        self.firn("destroy", "--yes")
        self.assertEqual(aws_picture.picture(self.moto)["buckets"], {})


if __name__ == "__main__":
    unittest.main(failfast=True, verbosity=2)
