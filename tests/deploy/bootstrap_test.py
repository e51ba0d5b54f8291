"""The bootstrap stack: its whole life, the names that everything else takes from it, and whether its
roles may do what firn asks of the clouds, and no more."""
import json
import re
import shutil
import sys
import unittest

import iam
from deploy_case import ROLES, SOURCE, DeployCase

sys.path.insert(0, str(SOURCE / "tests/stacks"))
import lists  # noqa: E402
import places  # noqa: E402

ACCOUNT = "123456789012"
DEPLOYED = [stack for stack in lists.stacks() if not stack.startswith("bootstrap")]


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

    def test_in_a_further_snowflake_account_is_the_same(self):
        """The names that a job has for one account are those of all."""
        steps = {}
        for stack, account in (("bootstrap", "MYORG-ONE"), ("bootstrap-snowflake", "MYORG-TWO")):
            shutil.copytree(SOURCE / "stacks" / stack, self.project / "stacks" / stack, dirs_exist_ok=True)
            lists.set_in_environment(self.project / "environments/dev.yaml", {
                "stacks": {stack: {"snowflake": {"account": account}}}})
            steps[stack] = self.plan_steps(stack, "--env", "dev", "--sandbox")
        shared = {address for address in steps["bootstrap"] if address.startswith("snowflake.")}
        self.assertEqual(set(steps["bootstrap-snowflake"]), shared)
        for address in shared:
            first, second = (steps[stack][address] for stack in steps)
            self.assertEqual(second["name"], first["name"])
            self.assertEqual(second["after"], first["after"])
        self.ok("apply", "bootstrap-snowflake", "--env", "dev", "--sandbox", "--yes")

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


ROLE = """\
stack: own
naming: { project: own, short: own }
resources:
  data: { type: aws.s3_bucket }
  guard: { type: aws.iam_policy, statements: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] }
  other: { type: aws.iam_role, trust: { service: [lambda.amazonaws.com] } }
  uploads:
    component: github_deployment_role
    parameters:
      name: uploads
      repository: my-org/website
      environment: live
      guarded: ["${other.arn}"]
      permissions_boundary: ${guard.arn}
      session_seconds: 7200
      statements:
        - { Sid: Pages, Effect: Allow, Action: "s3:PutObject", Resource: "${data.arn}/*" }
        - { Sid: Roles, Effect: Allow, Action: "iam:*", Resource: "*" }
outputs:
  role: ${uploads.role.arn}
"""


class DeploymentRole(DeployCase):
    """The component by which a stack of anybody's makes a role for GitHub's jobs."""
    stacks = {"own": ROLE}

    def setUp(self):
        super().setUp()
        self.steps = self.plan_steps("own", "--env", "dev", "--sandbox")
        self.role = self.steps["uploads.role"]

    def test_is_for_one_environment_of_one_repository(self):
        issuer = "https://token.actions.githubusercontent.com"
        for subject, audience, may in (
                ("repo:my-org/website:environment:live", "sts.amazonaws.com", True),
                ("repo:my-org/website:environment:test", "sts.amazonaws.com", False),
                ("repo:my-org/website:ref:refs/heads/main", "sts.amazonaws.com", False),
                ("repo:my-org/website2:environment:live", "sts.amazonaws.com", False),
                ("repo:mallory/website:environment:live", "sts.amazonaws.com", False),
                ("repo:my-org/website:environment:live", "https://github.com/my-org", False)):
            with self.subTest(subject=subject, audience=audience):
                token = {"iss": issuer, "sub": subject, "aud": audience}
                self.assertEqual(iam.may_assume(self.role, token), may)

    def test_may_do_what_is_said_and_never_change_itself(self):
        own, other = self.role["outputs"]["arn"], self.steps["other"]["outputs"]["arn"]
        data = self.steps["data"]["outputs"]["arn"]
        statements = iam.statements_of(self.role)
        for action, resource, may in (
                ("s3:PutObject", f"{data}/index.html", True),
                ("s3:DeleteObject", f"{data}/index.html", False),
                ("s3:PutObject", "arn:aws:s3:::another/index.html", False),
                ("iam:PutRolePolicy", f"{own}s", True),
                ("iam:PutRolePolicy", own, False),
                ("iam:UpdateAssumeRolePolicy", own, False),
                ("iam:DeleteRolePermissionsBoundary", own, False),
                ("iam:PutRolePolicy", other, False),
                ("iam:GetRole", own, True)):
            with self.subTest(action=action, resource=resource):
                self.assertEqual(iam.decide(statements, action, resource), may)
        self.assertEqual(self.role["after"]["permissions_boundary"], self.steps["guard"]["outputs"]["arn"])
        self.assertEqual(self.role["after"]["max_session_duration"], 7200)

    def test_lives(self):
        self.ok("apply", "own", "--env", "dev", "--sandbox", "--yes")
        run = self.firn("plan", "own", "--env", "dev", "--sandbox", "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))
        self.ok("destroy", "own", "--env", "dev", "--sandbox", "--yes")
        self.assertEqual(self.things(), {})


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


def life_of(stack):
    """The AWS calls of an apply, a plan and a destroy of a stack in dev: what each needs to be allowed."""
    if stack not in LIVES:
        changes = lists.load(stack) or lists.ChangeList(f"{stack}.yaml", f"stack: {stack}\nchanges: []\n")
        with places.Place("dev", changes) as place:
            LIVES[stack] = {command: rights_of(place, command, *flags) for command, *flags in (
                ("apply", "--yes"), ("plan",), ("destroy", "--yes"))}
    return LIVES[stack]


LIVES = {}


def rights_of(place, command, *flags):
    """(action, resource) of each call."""
    def log():
        return json.loads(place.run("sandbox", "log", "--json").stdout)

    before = len(log()) if (place.folder / ".firn/sandbox.db").exists() else 0
    done = place.firn(command, *flags)
    if done.returncode != 0:
        raise RuntimeError(f"{command} of {place.stack}\n{done.stdout}{done.stderr}")
    needed = set()
    for entry in log()[before:]:
        if entry["cloud"] != "aws" or entry["service"] == "sts":
            continue
        service = SERVICES.get(entry["service"], entry["service"])
        action = f"{service}:{entry['operation']}"
        kind = "user" if "User" in action or "AccessKey" in action else "role"
        where = f"arn:aws:iam::{ACCOUNT}:{kind}/" if service == "iam" else \
            f"arn:aws:{service}:eu-west-1:{ACCOUNT}:"
        needed.add((RIGHTS.get(action, action), where + entry["target"]))
    return needed


class Reach(DeployCase):
    """The calls of every stack, as the sandbox tells them, against the policies of the two roles."""

    def setUp(self):
        super().setUp()
        steps = self.with_bootstrap()
        self.plan_role, self.apply_role = (iam.statements_of(steps[role]) for role in ROLES)
        self.bucket = steps["state"]["name"]

    def test_of_the_role_that_plans_is_all_that_planning_reads(self):
        for stack in DEPLOYED:
            with self.subTest(stack=stack):
                life = life_of(stack)
                self.assertGreater(len(life["plan"]), 5)
                self.assertEqual(
                    {right for right in life["plan"] if not iam.decide(self.plan_role, *right)}, set())
                written = {right for right in life["apply"] | life["destroy"]
                           if not READS.search(right[0])}
                self.assertGreater(len(written), 10)
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
        for stack in DEPLOYED:
            for command, needed in life_of(stack).items():
                with self.subTest(stack=stack, command=command):
                    self.assertEqual(
                        {right for right in needed if not iam.decide(self.apply_role, *right)}, set())

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


def snowflake_place(environment, stack):
    """Where an environment's file has the stack's objects: the settings of the sandbox for that account."""
    words = lists.yaml12.read(environment.read_text())
    settings = {**words["snowflake"], **words["stacks"].get(stack, {}).get("snowflake", {})}
    return settings["account"]


class InSnowflake(DeployCase):
    """What the bootstrap stacks grant is enough for every stack, and no more than that."""

    def place(self, stack):
        return places.Place("dev", lists.load(stack))

    def stand_on(self, place, bootstrap, *options):
        """The stack's Snowflake account, with nobody in it but an administrator and whom a bootstrap stack makes."""
        shutil.copytree(SOURCE / "stacks" / bootstrap, place.folder / "stacks" / bootstrap)
        account = {"account": snowflake_place(place.environment, place.stack)}
        if place.region:
            account["region"] = place.region
        lists.set_in_environment(place.environment, {"stacks": {bootstrap: {"snowflake": account}}})
        self.expect(place.firn("apply", "--yes", *options, stack=bootstrap))

    def expect(self, run, code=0):
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run

    def test_the_deployers_rights_are_enough(self):
        for bootstrap in ("bootstrap", "bootstrap-snowflake"):
            for stack in DEPLOYED:
                with self.subTest(stack=stack, bootstrap=bootstrap), self.place(stack) as place:
                    self.stand_on(place, bootstrap)
                    self.expect(place.firn("apply", "--yes"))
                    self.expect(place.firn("plan", "--detailed-exitcode"))
                    self.expect(place.firn("destroy", "--yes"))

    def test_and_one_right_less_is_too_few(self):
        for stack in DEPLOYED:
            with self.subTest(stack=stack), self.place(stack) as place:
                self.stand_on(place, "bootstrap", "--set", "deployer_privileges=[CREATE DATABASE]")
                run = self.expect(place.firn("apply", "--yes"), 1)
                self.assertIn("Insufficient privileges", run.stderr)

    def test_the_planner_sees_every_stack(self):
        for stack in DEPLOYED:
            with self.subTest(stack=stack), self.place(stack) as place:
                self.assertIn("component: plan_access", (place.stack_folder / "stack.yaml").read_text(),
                              "a pull request cannot plan it: docs/deployment.md, What planning sees in Snowflake")
                place.set({"planner": "FIRN_DEV_PLANNER"})
                self.stand_on(place, "bootstrap-snowflake")
                self.expect(place.firn("apply", "--yes"))
                lists.set_in_environment(place.environment, {
                    "snowflake": {"user": "FIRN_DEV_PLAN", "role": "FIRN_DEV_PLANNER"}})
                self.expect(place.firn("plan", "--detailed-exitcode"))
                # And it changes nothing.
                run = self.expect(place.firn("destroy", "--yes"), 1)
                self.assertRegex(run.stderr, "Insufficient privileges|not authorized")


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
    parameters: { role: "${param.planner}", database: "${database}", warehouse: "${compute}", integrations: { lake: "${lake}" } }
"""
PLANNER = ("--set", "planner=FIRN_DEV_PLANNER")


class Planner(DeployCase):
    """The planning role sees what a stack lets it see, and changes nothing."""
    stacks = {"road": SEEN}

    def setUp(self):
        super().setUp()
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
