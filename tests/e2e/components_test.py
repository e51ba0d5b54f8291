"""The components of stacks/components, as small stacks use them."""
import json
import unittest

from firn_case import FirnCase
from privileges import holders, owners, statements

ACCOUNT = "111122223333"
PLACE = f"aws/{ACCOUNT}/eu-west-1"

HEAD = """\
stack: small
naming: { project: small, short: sm }
defaults: { aws: { region: eu-west-1 } }
"""

CLOCK = HEAD + """\
parameters:
  code: { type: path, default: functions/tick }
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  tick:
    component: scheduled_lambda
    parameters:
      name: tick
      code: functions/tick
      handler: main.handler
      expression: rate(1 hour)
      environment: { BUCKET: "${data.name}" }
      input: { which: one }
      permissions:
        s3_write: { bucket: "${data}", prefixes: [ticks/] }
  tock:
    component: scheduled_lambda
    parameters: { code: "${param.code}", handler: main.handler, expression: rate(1 day), state: DISABLED }
"""

DIRECT = HEAD + """\
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  database: { type: snowflake.database }
  raw: { type: snowflake.schema, database: "${database}" }
  readings:
    component: s3_to_table
    parameters:
      bucket: ${data}
      prefix: readings/
      via: queue
      schema: ${raw}
      pipe_name: READINGS
      columns: [{ name: PLACE, type: VARCHAR }]
"""

COLLECTORS = HEAD + """\
parameters: { rotation: { type: integer, default: 0 } }
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  collector:
    component: collector
    for_each: [acme, globex]
    parameters:
      name: collector-${each.key}
      bucket: ${data}
      prefix: in/${each.key}/
      rotation: ${param.rotation}
"""


GRAPH = HEAD + """\
parameters:
  state: { type: string, default: started }
resources:
  database: { type: snowflake.database }
  raw: { type: snowflake.schema, database: "${database}" }
  orders: { type: snowflake.table, schema: "${raw}", columns: [{ name: ID, type: VARCHAR }] }
  fresh: { type: snowflake.stream, schema: "${raw}", table: "${orders}" }
  worker: { type: snowflake.role }
  worker_for_sysadmin: { type: snowflake.grant, role: "${worker}", to: { role: SYSADMIN } }
  worker_rights:
    type: snowflake.grants
    role: ${worker}
    depends_on: worker_for_sysadmin
    grants:
      - { privileges: [EXECUTE TASK, EXECUTE MANAGED TASK], on: { account: true } }
      - { privileges: [USAGE], on: { database: "${database}" } }
      - { privileges: [USAGE], on: { schema: "${raw}" } }
  nightly:
    component: task_graph
    parameters:
      schema: ${raw}
      root: nightly
      schedule: 60 MINUTE
      condition: SYSTEM$STREAM_HAS_DATA('${fresh.fqn}')
      state: ${param.state}
      owner: ${worker_rights.role}
      tasks:
        last: { after: [left, right], definition: SELECT 4 }
        left: { definition: "SELECT ID FROM ${orders.fqn}" }
        right: { definition: SELECT 3, condition: "SYSTEM$STREAM_HAS_DATA('${fresh.fqn}')" }
        report: { finalizes: true, definition: SELECT 5, user_task_timeout_ms: 60000 }
"""


class ComponentCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def small(self, text):
        self.write("stacks/small/stack.yaml", text)

    def of(self, collection):
        return {document.get("name", key): document for (place, key), document in self.documents().items()
                if place == collection}

    def leaves_nothing(self):
        self.ok("destroy", "small", "--yes")
        self.assertEqual(self.things(), {})


class ScheduledLambda(ComponentCase):
    def setUp(self):
        super().setUp()
        self.small(CLOCK)
        self.write("stacks/small/functions/tick/main.py", "def handler(event, context): pass\n")
        self.write("environments/functions/tock/main.py", "def handler(event, context): return 1\n")

    def test_it_runs_by_the_clock_and_may_do_what_is_said(self):
        self.apply("small")
        self.assert_plan_is_empty("small")
        self.assertEqual(set(self.of(f"{PLACE}/lambda/function")), {"sm-dev-tick", "sm-dev-tock-function"})
        self.assertEqual(set(self.of(f"{PLACE}/logs/group")),
                         {"/aws/lambda/sm-dev-tick", "/aws/lambda/sm-dev-tock-function"})
        schedules = self.of(f"{PLACE}/scheduler/schedule")
        self.assertEqual(set(schedules), {"SMDevTick", "SMDevTockSchedule"})
        roles = holders(self.documents(), ACCOUNT, "role")
        self.assertEqual(roles["SMDevTickRole"], statements({"Statement": [
            {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
             "Resource": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda/sm-dev-tick:*"},
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
             "Resource": "arn:aws:s3:::small-local-eu-west-1/ticks/*"}]}))
        self.assertEqual(roles["SMDevTickSchedulerRole"], statements({"Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction",
             "Resource": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:sm-dev-tick"}]}))
        self.leaves_nothing()

    def test_its_code_lies_beside_whoever_names_it(self):
        self.apply("small")
        self.write("stacks/small/functions/tick/main.py", "def handler(event, context): return 2\n")
        changed = {address for address, step in self.plan_steps("small").items() if step["action"] == "update"}
        self.assertEqual(changed, {"tick.function", "tock.function"})
        self.apply("small")
        # A path in an environment's file begins at that file.
        self.edit("environments/local.yaml", "stacks:\n",
                  "stacks:\n  small:\n    parameters: { code: functions/tock }\n")
        changed = {address for address, step in self.plan_steps("small").items() if step["action"] == "update"}
        self.assertEqual(changed, {"tock.function"})
        self.edit("environments/local.yaml", "code: functions/tock", "code: functions/tack")
        self.assertIn("environments/functions/tack", self.refused("plan", "small").err)


class DirectRoad(ComponentCase):
    def test_by_the_pipes_own_queue_there_is_no_topic(self):
        self.small(DIRECT)
        self.apply("small")
        self.assert_plan_is_empty("small")
        self.assertEqual(self.of(f"{PLACE}/sns/topic"), {})
        bucket = self.documents()[("aws/s3/bucket", "small-local-eu-west-1")]
        (rule,) = bucket["notification"]["rules"]
        channel = self.resource("readings.pipe", "small")["outputs"]["notification_channel"]
        self.assertEqual((rule["arn"], rule["prefix"]), (channel, "readings/"))
        self.leaves_nothing()
        self.assertEqual(self.state("small")["tombstones"], [])


class Collector(ComponentCase):
    def secrets(self):
        return self.of(f"{PLACE}/secretsmanager/secret")

    def test_may_upload_below_its_prefix_with_a_key_that_is_in_its_secret_only(self):
        self.small(COLLECTORS)
        self.apply("small")
        self.assert_plan_is_empty("small")
        self.assertEqual(holders(self.documents(), ACCOUNT, "user"), {
            f"SMDevCollector{name.capitalize()}": statements({"Statement": [
                {"Effect": "Allow", "Action": "s3:PutObject",
                 "Resource": f"arn:aws:s3:::small-local-eu-west-1/in/{name}/*"}]})
            for name in ("acme", "globex")})
        self.assertEqual(set(self.secrets()), {"sm-dev-collector-acme", "sm-dev-collector-globex"})
        state = json.dumps(self.state("small"))
        key_id = self.resource('collector["acme"].key', "small")["outputs"]["access_key_id"]
        self.assertIn(key_id, state)
        self.assertNotIn("SecretAccessKey", state)

    def test_a_new_key_takes_the_place_of_the_old_one(self):
        self.small(COLLECTORS)
        self.apply("small")
        before = self.resource('collector["acme"].key', "small")["outputs"]["access_key_id"]
        self.apply("small", "--set", "rotation=1")
        self.assert_plan_is_empty("small", "--set", "rotation=1")
        self.assertNotEqual(self.resource('collector["acme"].key', "small")["outputs"]["access_key_id"], before)


class TaskGraph(ComponentCase):
    def setUp(self):
        super().setUp()
        self.small(GRAPH)

    def tasks(self):
        return self.of("snowflake/FIRN-LOCAL/task")

    def ties(self):
        """Task → those it runs after, and the root that it finalises."""
        things = {int(key): document for (place, key), document in self.documents().items()
                  if place == "snowflake/FIRN-LOCAL/id"}
        name = {number: thing["name"] for number, thing in things.items()}
        return {task["name"]: (sorted(name[number] for number in task["properties"].get("after", [])),
                               name.get(task["properties"].get("finalize")))
                for task in self.tasks().values()}

    def test_tasks_run_after_those_that_they_name_and_after_the_root_otherwise(self):
        self.apply("small")
        self.assert_plan_is_empty("small")
        self.assertEqual(self.ties(), {
            "NIGHTLY": ([], None), "LEFT": (["NIGHTLY"], None), "RIGHT": (["NIGHTLY"], None),
            "LAST": (["LEFT", "RIGHT"], None), "REPORT": ([], "NIGHTLY")})
        self.assertEqual({name: task["properties"]["state"] for name, task in self.tasks().items()},
                         dict.fromkeys(["NIGHTLY", "LEFT", "RIGHT", "LAST", "REPORT"], "started"))
        self.assertEqual(set(owners(self.documents(), "FIRN-LOCAL", {"task"}).values()), {"SM_DEV_WORKER"})
        self.leaves_nothing()

    def test_a_task_less_and_a_task_more_leave_it_running(self):
        self.apply("small")
        self.edit("stacks/small/stack.yaml", "        right: { def", "        middle: { def")
        self.edit("stacks/small/stack.yaml", "after: [left, right]", "after: [left, middle]")
        changed = {address: step["action"] for address, step in self.plan_steps("small").items()
                   if step["action"] not in ("none", "look_up")}
        self.assertEqual(changed, {
            'nightly.task["middle"]': "create", 'nightly.task["right"]': "remove",
            'nightly.task["last"]': "update", "nightly.graph": "update"})
        self.apply("small")
        self.assert_plan_is_empty("small")
        self.assertEqual(self.ties()["LAST"], (["LEFT", "MIDDLE"], None))
        self.assertEqual({task["properties"]["state"] for task in self.tasks().values()}, {"started"})

    def test_it_rests_when_told_to(self):
        self.apply("small", "--set", "state=suspended")
        self.assertEqual(self.tasks()["NIGHTLY"]["properties"]["state"], "suspended")

    def test_a_name_that_is_no_task_is_told(self):
        self.edit("stacks/small/stack.yaml", "after: [left, right]", "after: [left, rihgt]")
        self.assertIn('"task" has no key "rihgt"', self.refused("plan", "small").err)


if __name__ == "__main__":
    unittest.main()
