"""The bootstrap stack: its whole life, the names that everything else takes from it, and whether its
roles may do what firn asks of the clouds, and no more."""
import json
import re
import shutil
import unittest

import iam
from deploy_case import SOURCE, DeployCase

ACCOUNT = "123456789012"


class Bootstrap(DeployCase):
    def life(self, environment, *options):
        self.ok("apply", "bootstrap", "--env", environment, "--sandbox", *options, "--yes")
        run = self.firn("plan", "bootstrap", "--env", environment, "--sandbox", *options,
                        "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))

    def test_of_two_environments_in_one_account(self):
        self.life("dev")
        run = self.refused("apply", "bootstrap", "--env", "prod", "--sandbox", "--yes")
        self.assertIn("the OIDC provider for https://token.actions.githubusercontent.com exists "
                      "already", run.err)
        self.life("prod", "--set", "own_oidc_provider=false")
        self.assertEqual(
            {key[1] for key in self.things() if key[0].endswith("bucket")},
            {f"firn-state-{environment}-{ACCOUNT}-eu-west-1" for environment in ("dev", "prod")})

    def test_is_not_destroyed_by_accident(self):
        self.life("dev")
        before = self.things()
        run = self.refused("destroy", "bootstrap", "--env", "dev", "--sandbox", "--yes")
        self.assertIn("protect", run.err)
        self.assertEqual(self.things(), before)

    def test_takes_keys_and_changes_them(self):
        keys = []
        for number in range(2):
            file = self.scratch / f"{number}.p8"
            keys.append(self.done("new_key.sh", file).out)
        self.life("dev")
        for key in keys:
            self.life("dev", "--set", f"deploy_public_key={key}")

    def test_names_are_those_that_the_environments_use(self):
        """So nobody copies one; and the golden file is what the page on deployment promises."""
        told = []
        for environment in ("dev", "prod"):
            self.with_bootstrap(environment)
            plan = json.loads(self.ok("plan", "bootstrap", "--env", environment, "--sandbox",
                                      "names.db", "--json").out)
            outputs = {one["name"]: one["after"] for one in plan["outputs"]}
            file = (SOURCE / f"environments/{environment}.yaml").read_text()
            self.assertIn(f"\n  user: {outputs['deploy_user']}\n", file)
            self.assertIn(f"\n  role: {outputs['deployer']}\n", file)
            told += [f"{environment} {name} = {value}\n" for name, value in sorted(outputs.items())]
        self.assert_golden("names.txt", "".join(told))

    def test_the_page_on_deployment_promises_these_names(self):
        page = (SOURCE / "docs/deployment.md").read_text()
        for line in (SOURCE / "tests/deploy/golden/names.txt").read_text().splitlines():
            environment, _, rest = line.partition(" ")
            value = rest.partition(" = ")[2]
            if environment == "dev" and value not in (ACCOUNT, "eu-west-1"):
                with self.subTest(value=value):
                    self.assertIn(f"`{value.replace(ACCOUNT, 'ACCOUNT')}`", page)


# Operations whose right has another name. Service Authorization Reference, "Actions, resources, and
# condition keys for Amazon S3", "… for Amazon CloudWatch".
RIGHTS = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
}
SERVICES = {"monitoring": "cloudwatch", "tagging": "tag", "api.ecr": "ecr"}
READS = re.compile(r":(Get|List|Describe|Head|BatchGet|Validate)")


class Reach(DeployCase):
    """finance's calls, as the sandbox tells them, against the policies of the two roles."""

    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "stacks/finance", self.project / "stacks/finance")
        steps = self.with_bootstrap()
        self.plan_role = iam.statements_of(steps["plan_role"])
        self.apply_role = iam.statements_of(steps["apply_role"])
        self.bucket = steps["state"]["name"]

    def log(self):
        return json.loads(self.ok("sandbox", "log", "--json").out)

    def rights(self, *arguments):
        """What a run of firn needs to be allowed: (action, resource)."""
        before = len(self.log()) if (self.project / ".firn/sandbox.db").exists() else 0
        self.ok(*arguments, "finance", "--env", "dev", "--sandbox")
        needed = set()
        for entry in self.log()[before:]:
            if entry["cloud"] != "aws" or entry["service"] == "sts":
                continue
            service = SERVICES.get(entry["service"], entry["service"])
            action = f"{service}:{entry['operation']}"
            place = f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{entry['target']}"
            if service == "iam":
                place = f"arn:aws:iam::{ACCOUNT}:role/{entry['target']}"
            needed.add((RIGHTS.get(action, action), place))
        self.assertGreater(len(needed), 20)
        return needed

    def test_of_the_role_that_plans_is_all_that_planning_reads(self):
        written = {right for right in self.rights("apply", "--yes") if not READS.search(right[0])}
        read = self.rights("plan")
        self.assertEqual({right for right in read if not iam.decide(self.plan_role, *right)}, set())
        written |= {right for right in self.rights("destroy", "--yes") if not READS.search(right[0])}
        self.assertEqual({right for right in written if iam.decide(self.plan_role, *right)}, set())

    def test_of_the_role_that_plans_covers_what_every_type_reads(self):
        """As the types' sources say it, so that a new type cannot ask for more unseen."""
        asked = set()
        for path in (SOURCE / "providers/aws").glob("*.cpp"):
            asked |= set(re.findall(r'\breading\(\s*service::(\w+),\s*"(\w+)"', path.read_text()))
        self.assertGreater(len(asked), 30, "the calls were not found")
        needed = {f"{SERVICES.get(service, service)}:{operation}" for service, operation in asked}
        refused = {action for action in needed
                   if not iam.decide(self.plan_role, action, f"arn:aws:any:eu-west-1:{ACCOUNT}:x")}
        # Asked only while an image is pushed.
        self.assertEqual(refused, {"ecr:BatchCheckLayerAvailability"})

    def test_of_the_role_that_applies_is_all_that_a_life_needs(self):
        for arguments in (("apply", "--yes"), ("plan",), ("destroy", "--yes")):
            needed = self.rights(*arguments)
            self.assertEqual({right for right in needed if not iam.decide(self.apply_role, *right)},
                             set())

    def test_ends_where_it_must(self):
        state, data = f"arn:aws:s3:::{self.bucket}", "arn:aws:s3:::finance-de-lab-dev-eu-west-1"
        role = f"arn:aws:iam::{ACCOUNT}:role/"
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
        elsewhere = f"arn:aws:any:eu-west-1:{ACCOUNT}:thing"
        rows = [  # action, resource, may the role that plans, may the role that applies
            ("s3:GetObject", f"{state}/finance.dev.state.db", True, True),
            ("s3:PutObject", f"{state}/finance.dev.state.db", False, True),
            ("s3:DeleteObject", f"{state}/finance.dev.lock", False, True),
            ("s3:DeleteObjectVersion", f"{state}/finance.dev.state.db", False, False),
            ("s3:PutBucketVersioning", state, False, False),
            ("s3:PutBucketPolicy", state, False, False),
            ("s3:PutLifecycleConfiguration", state, False, False),
            ("s3:DeleteBucket", state, False, False),
            ("s3:GetBucketPolicy", state, True, True),
            ("s3:GetObject", f"{data}/coinlore/raw/x", False, True),
            ("s3:PutBucketPolicy", data, False, True),
            ("iam:PutRolePolicy", f"{role}FDLDevSnowpipeRole", False, True),
            ("iam:PassRole", f"{role}FDLDevSchedulerRole", False, True),
            ("iam:PutRolePolicy", f"{role}FIRNDevPlanRole", False, False),
            ("iam:UpdateAssumeRolePolicy", f"{role}FIRNDevApplyRole", False, False),
            ("iam:PassRole", f"{role}FIRNDevApplyRole", False, False),
            ("iam:GetRole", f"{role}FIRNDevApplyRole", True, True),
            ("iam:DeleteOpenIDConnectProvider", provider, False, False),
            ("iam:GetOpenIDConnectProvider", provider, True, True),
            ("secretsmanager:DescribeSecret", elsewhere, True, True),
            ("secretsmanager:GetSecretValue", elsewhere, False, False),
            ("secretsmanager:PutSecretValue", elsewhere, False, True),
            ("kms:Decrypt", elsewhere, False, True),
            ("lambda:InvokeFunction", elsewhere, False, True),
            ("states:StartExecution", elsewhere, False, True),
            ("states:DescribeExecution", elsewhere, False, True),
            ("sqs:ReceiveMessage", elsewhere, False, True),
            ("logs:GetLogEvents", elsewhere, False, True),
            ("ec2:RunInstances", elsewhere, False, False),
            ("organizations:LeaveOrganization", elsewhere, False, False),
            ("sts:AssumeRole", f"{role}Administrator", False, False),
        ]
        for action, resource, may_plan, may_apply in rows:
            with self.subTest(action=action, resource=resource):
                self.assertEqual(iam.decide(self.plan_role, action, resource), may_plan)
                self.assertEqual(iam.decide(self.apply_role, action, resource), may_apply)


class InSnowflake(DeployCase):
    """The deploying role does finance with what the bootstrap stack grants it, and no more."""

    def test_the_deployers_rights_are_enough(self):
        shutil.copytree(SOURCE / "stacks/finance", self.project / "stacks/finance")
        self.ok("apply", "bootstrap", "--env", "dev", "--sandbox", "--yes")
        self.ok("apply", "finance", "--env", "dev", "--sandbox", "--yes")
        run = self.firn("plan", "finance", "--env", "dev", "--sandbox", "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))
        self.ok("destroy", "finance", "--env", "dev", "--sandbox", "--yes")

    def test_and_one_right_less_is_too_few(self):
        shutil.copytree(SOURCE / "stacks/finance", self.project / "stacks/finance")
        self.ok("apply", "bootstrap", "--env", "dev", "--sandbox", "--yes",
                "--set", "deployer_privileges=[CREATE DATABASE]")
        run = self.firn("apply", "finance", "--env", "dev", "--sandbox", "--yes")
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("Insufficient privileges", run.err)


SEEN = """\
stack: road
parameters:
  planner: { type: string, default: "" }
  days: { type: integer, default: 1 }
resources:
  data: { type: aws.s3_bucket }
  database: { type: snowflake.database, retention_days: "${param.days}" }
  compute: { type: snowflake.warehouse, size: XSMALL, initially_suspended: true }
  raw: { type: snowflake.schema, database: "${database}" }
  reader: { type: snowflake.database_role, database: "${database}" }
  json: { type: snowflake.file_format, schema: "${raw}", format_type: JSON }
  events:
    type: snowflake.table
    schema: ${raw}
    columns: [{ name: ID, type: VARCHAR }]
  latest:
    type: snowflake.view
    schema: ${raw}
    query: SELECT ID FROM ${events.fqn}
  reading:
    type: snowflake.grant
    privileges: [SELECT]
    on: { table: "${events}" }
    to: { database_role: "${reader}" }
  lake:
    type: snowflake.storage_integration
    role_arn: ${loader}
    allowed_locations: ["s3://${data.name}/in/"]
  loader:
    type: aws.iam_role
    trust: { snowflake: "${lake}" }
    policies: { files: { s3_read: { bucket: "${data}", prefixes: [in/] } } }
  files:
    type: snowflake.stage
    schema: ${raw}
    url: "s3://${data.name}/in/"
    storage_integration: ${lake}

  plan_access:
    component: plan_access
    parameters: { role: "${param.planner}", database: "${database}" }
  planner_sees_compute:
    type: snowflake.grant
    when: ${param.planner != ""}
    privileges: [MONITOR]
    on: { warehouse: "${compute}" }
    to: { role: "${param.planner}" }
  planner_sees_lake:
    type: snowflake.grant
    when: ${param.planner != ""}
    privileges: [USAGE]
    on: { integration: "${lake}" }
    to: { role: "${param.planner}" }
"""
PLANNER = ("--set", "planner=FIRN_DEV_PLANNER")


class Planner(DeployCase):
    """The planning role sees what a stack lets it see, and changes nothing."""
    stacks = {"road": SEEN}

    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "stacks/components", self.project / "stacks/components")
        self.ok("apply", "bootstrap", "--env", "dev", "--sandbox", "--yes")

    def work_as_planner(self):
        """The sandbox takes who works from the environment's file."""
        self.edit("environments/dev.yaml", "user: FIRN_DEV_DEPLOY\n", "user: FIRN_DEV_PLAN\n")
        self.edit("environments/dev.yaml", "role: FIRN_DEV_DEPLOYER\n", "role: FIRN_DEV_PLANNER\n")

    def in_dev(self, *arguments):
        return self.firn(*arguments[:1], "road", "--env", "dev", "--sandbox", *arguments[1:])

    def test_sees_all_that_is_there(self):
        run = self.in_dev("apply", *PLANNER, "--yes")
        self.assertEqual(run.code, 0, str(run))
        deployers = self.in_dev("plan", *PLANNER, "--set", "days=3", "--json").out
        self.work_as_planner()
        run = self.in_dev("plan", *PLANNER, "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(self.in_dev("plan", *PLANNER, "--set", "days=3", "--json").out, deployers)

    def test_sees_what_came_later_too(self):
        self.assertEqual(self.in_dev("apply", *PLANNER, "--yes", "--only", "plan_access").code, 0)
        self.assertEqual(self.in_dev("apply", *PLANNER, "--yes").code, 0)
        self.work_as_planner()
        run = self.in_dev("plan", *PLANNER, "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))

    def test_changes_nothing(self):
        self.assertEqual(self.in_dev("apply", *PLANNER, "--yes").code, 0)
        self.work_as_planner()
        for arguments in (("apply", *PLANNER, "--set", "days=3", "--yes"),
                          ("apply", "--yes"), ("destroy", "--only", "latest", "--yes"),
                          ("destroy", "--only", "compute", "--yes")):
            with self.subTest(arguments=arguments):
                run = self.in_dev(*arguments)
                self.assertEqual(run.code, 1, str(run))
                self.assertRegex(run.err, "Insufficient privileges|not authorized")

    def test_sees_nothing_where_the_stack_does_not_let_it(self):
        self.assertEqual(self.in_dev("apply", "--yes").code, 0)
        self.work_as_planner()
        run = self.in_dev("plan")
        self.assertIn("because it no longer exists in the cloud", run.out)


if __name__ == "__main__":
    unittest.main()
