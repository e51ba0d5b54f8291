"""Streams, tasks and their graph, an alert, a procedure, an external table and a notification
integration, on the sandbox: made in one apply, changed, mended, removed."""
import json
import sqlite3
import unittest

from firn_case import FirnCase

FILE = "stacks/movement/stack.yaml"
STACK = """\
stack: movement
naming: { project: movement, short: mov }
defaults: { aws: { region: eu-west-1 } }
parameters:
  state: { type: string, default: started }
resources:
  # ------------------------------------------------------------ the lake, and who reads it
  lake: { type: aws.s3_bucket, force_destroy: true }
  integration:
    type: snowflake.storage_integration
    role_arn: ${reader}
    allowed_locations: ["s3://${lake.name}/demo/"]
  reader:
    type: aws.iam_role
    trust: { snowflake: "${integration}" }
    policies: { read: { s3_read: { bucket: "${lake}", prefixes: [demo/] } } }
  # ------------------------------------------------------------ the way out for bad news
  alerts: { type: aws.sns_topic }
  errors:
    type: snowflake.notification_integration
    topic: ${alerts}
    role_arn: ${notifier}
  notifier:
    type: aws.iam_role
    trust: { snowflake: "${errors}" }
    policies: { send: { publish: { topics: ["${alerts}"] } } }

  warehouse: { type: snowflake.warehouse, initially_suspended: true }
  database: { type: snowflake.database }
  events: { type: snowflake.schema, database: "${database}" }
  json: { type: snowflake.file_format, schema: "${events}", format_type: JSON }
  place:
    type: snowflake.stage
    schema: ${events}
    url: s3://${lake.name}/demo/
    storage_integration: ${integration}
  external:
    type: snowflake.external_table
    schema: ${events}
    stage: ${place}
    file_format: ${json}
    columns:
      - { name: KIND, type: VARCHAR, partition: true, expression: "SPLIT_PART(METADATA$FILENAME, '/', 2)" }
      - { name: EVENT, type: VARCHAR, expression: "VALUE:event::VARCHAR" }
  files:
    type: aws.s3_notification
    bucket: ${lake}
    queue: ${external.notification_channel}
    events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    prefix: demo/
  new_events: { type: snowflake.stream, schema: "${events}", external_table: "${external}" }
  landing: { type: snowflake.table, schema: "${events}", columns: [{ name: A, type: VARCHAR }] }
  changes: { type: snowflake.stream, schema: "${events}", table: "${landing}", mode: APPEND_ONLY }
  load:
    type: snowflake.procedure
    schema: ${events}
    arguments: [{ name: SINCE, type: DATE, default: CURRENT_DATE() }]
    returns: VARCHAR
    body: |
      BEGIN
        INSERT INTO LANDING SELECT EVENT FROM NEW_EVENTS;
        RETURN 'it''s done';
      END

  # ------------------------------------------------------------ ROOT → A, B → C; LAST finalises
  root:
    type: snowflake.task
    schema: ${events}
    warehouse: ${warehouse}
    schedule: 10 MINUTE
    condition: SYSTEM$STREAM_HAS_DATA('${new_events.fqn}')
    suspend_task_after_num_failures: 3
    error_integration: ${errors}
    definition: CALL ${load.fqn}()
  a: { type: snowflake.task, schema: "${events}", warehouse: "${warehouse}", after: ["${root}"], definition: SELECT 1 }
  b: { type: snowflake.task, schema: "${events}", warehouse: "${warehouse}", after: ["${root}"], definition: SELECT 1 }
  c:
    type: snowflake.task
    schema: ${events}
    warehouse: ${warehouse}
    after: ["${a}", "${b}"]
    definition: |
      BEGIN
        DELETE FROM LANDING;
        RETURN 1;
      END
  last: { type: snowflake.task, schema: "${events}", warehouse: "${warehouse}", finalize: "${root}", definition: SELECT 1 }
  graph:
    type: snowflake.task_graph
    root: ${root}
    tasks: ["${a}", "${b}", "${c}", "${last}"]
    state: ${param.state}
  freshness:
    type: snowflake.alert
    schema: ${events}
    warehouse: ${warehouse}
    schedule: 60 MINUTE
    condition: SELECT 1 FROM LANDING HAVING COUNT(*) = 0
    action: CALL SYSTEM$SEND_EMAIL('x', 'a@example.com', 'old', 'old')
    state: ${param.state}
"""
TASKS = ["A", "B", "C", "LAST", "ROOT"]


class MovementCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.write(FILE, STACK)
        self.apply("movement")

    # ---------------------------------------------------------------- the sandbox, without firn

    def task_states(self):
        return {document["name"]: document["properties"]["state"]
                for (place, _), document in self.documents().items() if place.endswith("/task")}

    def tamper(self, collection, name, **properties):
        """Changes an object behind firn's back; nothing given removes it."""
        database = sqlite3.connect(self.project / ".firn/sandbox.db")
        rows = database.execute("SELECT collection, key, body FROM document").fetchall()
        for place, key, body in rows:
            document = json.loads(body)
            if place.endswith("/" + collection) and document.get("name") == name:
                document["properties"].update(properties)
                if properties:
                    database.execute("UPDATE document SET body = ? WHERE collection = ? AND key = ?",
                                     (json.dumps(document), place, key))
                else:
                    database.execute("DELETE FROM document WHERE collection = ? AND key = ?",
                                     (place, key))
        database.commit()
        database.close()

    # ---------------------------------------------------------------- what firn says and does

    def actions(self):
        return {address: step["action"] for address, step in self.plan_steps("movement").items()
                if step["action"] != "none"}

    def calls(self):
        """What the next apply changes in Snowflake, in order; then nothing is left to do."""
        before = len(self.log())
        self.apply("movement")
        made = [entry for entry in self.log()[before:] if entry["status"] < 300]
        self.assert_plan_is_empty("movement")
        return [(entry["operation"], entry["target"].rsplit(".", 1)[-1]) for entry in made
                if entry["operation"].split(" ")[0] in ("CREATE", "ALTER", "DROP", "COMMENT")]

    def assert_runs(self):
        self.assertEqual(self.task_states(), dict.fromkeys(TASKS, "started"))


class Made(MovementCase):
    def test_in_one_apply_and_gone_in_one(self):
        self.assert_runs()
        self.assert_plan_is_empty("movement")
        # Both hand-shakes were made without anybody's help.
        for role, integration in (("reader", "integration"), ("notifier", "errors")):
            outputs = self.resource(integration, "movement")["outputs"]
            trust = json.dumps(self.resource(role, "movement")["inputs"]["trust"])
            self.assertIn(outputs["iam_user_arn"], trust)
            self.assertIn(outputs["external_id"], trust)
        channel = self.resource("external", "movement")["outputs"]["notification_channel"]
        self.assertEqual(self.resource("files", "movement")["inputs"]["queue"], channel)
        before = len(self.log())
        self.ok("destroy", "movement", "--yes")
        dropped = [entry["target"].rsplit(".", 1)[-1] for entry in self.log()[before:]
                   if entry["operation"] == "DROP TASK"]
        self.assertEqual(sorted(dropped), TASKS)
        self.assertEqual(dropped[-1], "ROOT")
        self.assertLess(dropped.index("C"), dropped.index("A"))
        self.assertEqual(self.task_states(), {})
        self.ok("destroy", "movement", "--yes")

    def test_with_statements_that_grow_with_the_types(self):
        before = len(self.log())
        self.assert_plan_is_empty("movement")
        asked = [(entry["operation"], entry["target"]) for entry in self.log()[before:]
                 if entry["operation"].startswith(("SHOW", "DESC"))]
        self.assertEqual(sorted(asked), sorted(set(asked)), "nothing is asked twice")
        kinds = [operation for operation, _ in asked]
        for once in ("SHOW TASKS", "SHOW STREAMS", "SHOW ALERTS", "SHOW PROCEDURES",
                     "SHOW EXTERNAL TABLES"):
            self.assertEqual(kinds.count(once), 1, kinds)
        self.assertNotIn("DESC PROCEDURE", kinds)


class Graph(MovementCase):
    def test_a_definition_of_a_running_graph(self):
        self.edit(FILE, "DELETE FROM LANDING;", "TRUNCATE TABLE LANDING;")
        self.assertEqual(self.actions(), {"c": "update", "graph": "update"})
        plan = self.ok("plan", "movement").out
        self.assertIn("c is changed", plan)
        self.assertEqual(self.calls(), [("ALTER TASK", "ROOT"), ("ALTER TASK", "C"),
                                        ("ALTER TASK", "ROOT")])
        self.assert_runs()

    def test_a_task_more_and_one_less(self):
        self.edit(FILE, '  last: { type',
                  '  d: { type: snowflake.task, schema: "${events}", warehouse: "${warehouse}", '
                  'after: ["${a}"], definition: SELECT 2 }\n  last: { type')
        self.assertIn("D runs after",
                      self.refused("plan", "movement").err.replace("MOV_DEV_DATABASE.EVENTS.", ""))
        self.edit(FILE, '"${c}", "${last}"]', '"${c}", "${d}", "${last}"]')
        self.assertEqual(self.actions(), {"d": "create", "graph": "update"})
        calls = self.calls()
        self.assertEqual(calls, [("ALTER TASK", "ROOT"), ("CREATE TASK", "D"), ("ALTER TASK", "D"),
                                 ("ALTER TASK", "ROOT")])
        self.edit(FILE, ', "${d}"', "")
        text = (self.project / FILE).read_text()
        start = text.index("  d: { type")
        self.write(FILE, text[:start] + text[text.index("\n", start) + 1:])
        self.assertEqual(self.actions(), {"d": "remove", "graph": "update"})
        self.assertEqual(self.calls()[-1], ("DROP TASK", "D"))
        self.assert_runs()

    def test_links_and_a_new_root_schedule(self):
        self.edit(FILE, 'after: ["${a}", "${b}"]', 'after: ["${b}"]')
        self.edit(FILE, "schedule: 10 MINUTE", "schedule: USING CRON 0 8 * * * UTC")
        self.assertEqual(self.actions(), {"c": "update", "graph": "update", "root": "update"})
        self.calls()
        self.assert_runs()

    def test_stops_and_starts(self):
        states = dict.fromkeys(TASKS, "started") | {"ROOT": "suspended"}
        self.apply("movement", "--set", "state=suspended")
        self.assertEqual(self.task_states(), states)
        self.assert_plan_is_empty("movement", "--set", "state=suspended")
        self.assertEqual(self.actions(), {"freshness": "update", "graph": "update"})
        self.calls()
        self.assert_runs()

    def test_is_set_going_again_after_an_interruption(self):
        # As a kill leaves it that came between the suspension and the resumption.
        self.tamper("task", "ROOT", state="suspended")
        self.tamper("task", "C", state="suspended")
        self.assertEqual(self.actions(), {"graph": "update"})
        self.assertIn("suspended, but not resumed: C", self.ok("plan", "movement").out)
        self.assertEqual(self.calls(), [("ALTER TASK", "C"), ("ALTER TASK", "ROOT")])
        self.assert_runs()

    def test_a_task_that_vanished(self):
        self.tamper("task", "C")
        self.assertEqual(self.actions(), {"c": "create", "graph": "update"})
        self.calls()
        self.assert_runs()

    def test_a_root_made_anew_takes_its_links_along(self):
        self.edit(FILE, "  root:\n    type: snowflake.task\n",
                  "  root:\n    type: snowflake.task\n    name: OTHER\n")
        actions = self.actions()
        self.assertEqual({"root": "replace", "graph": "replace", "a": "update"},
                         {key: actions[key] for key in ("root", "graph", "a")})
        self.calls()
        self.assertEqual(self.task_states(),
                         dict.fromkeys(["A", "B", "C", "LAST", "OTHER"], "started"))


class Alterations(MovementCase):
    def test_a_stream_loses_its_offset_and_the_plan_says_so(self):
        self.edit(FILE, ", mode: APPEND_ONLY", "")
        self.assertEqual(self.actions(), {"changes": "replace"})
        plan = self.ok("plan", "movement").out
        self.assertIn("a stream's mode cannot be altered", plan)
        self.assertIn("lost with the old one: its offset", plan)
        self.assertEqual(self.calls(), [("DROP STREAM", "CHANGES"), ("CREATE STREAM", "CHANGES")])

    def test_a_stale_stream_is_made_anew(self):
        self.ok("sandbox", "advance", "360h")
        actions = self.actions()
        self.assertEqual(actions["changes"], "replace")
        self.assertIn("stale", self.ok("plan", "movement").out)
        self.calls()

    def test_a_virtual_column_in_place(self):
        self.edit(FILE, '"VALUE:event::VARCHAR" }\n',
                  '"VALUE:event::VARCHAR" }\n      - { name: LAT, type: FLOAT, expression: '
                  '"VALUE:lat::FLOAT" }\n')
        self.assertEqual(self.actions(), {"external": "update"})
        self.assertEqual(self.calls(), [("ALTER TABLE", "EXTERNAL")])
        self.edit(FILE, '"VALUE:lat::FLOAT"', '"VALUE:location.lat::FLOAT"')
        self.assertEqual(self.calls(), [("ALTER TABLE", "EXTERNAL")] * 2)

    def test_refreshing_by_events_in_place(self):
        # Without events there is no channel that the bucket could notify.
        text = (self.project / FILE).read_text()
        start, end = text.index("  files:\n"), text.index("  new_events:")
        without = text[:start] + text[end:]
        off = without.replace("    file_format: ${json}\n",
                              "    file_format: ${json}\n    auto_refresh: false\n")
        self.write(FILE, off)
        self.assertEqual(self.actions(), {"external": "update", "files": "remove"})
        self.assertEqual(self.calls(), [("ALTER EXTERNAL TABLE", "EXTERNAL")])
        self.write(FILE, text)
        self.assertEqual(self.actions(), {"external": "update", "files": "create"})
        self.calls()
        channel = self.resource("external", "movement")["outputs"]["notification_channel"]
        self.assertEqual(self.resource("files", "movement")["inputs"]["queue"], channel)

    def test_a_partition_makes_table_and_streams_anew_without_loss(self):
        self.edit(FILE, "METADATA$FILENAME, '/', 2)", "METADATA$FILENAME, '/', 3)")
        # Which channel the new table listens to is known when it is there: it is the old one.
        self.assertEqual(self.actions(), {"external": "replace", "files": "update", "new_events": "replace"})
        plan = self.ok("plan", "movement").out
        self.assertIn("no file is lost", plan)
        self.assertIn("lost with the old one: its offset", plan)
        self.assertNotIn("--accept-loss", plan)
        self.calls()

    def test_a_body_keeps_its_grants_and_is_mended(self):
        self.edit(FILE, "'it''s done'", "'done'")
        self.assertEqual(self.actions(), {"load": "update"})
        self.assertEqual(self.calls(), [("CREATE PROCEDURE", '"LOAD(DATE)"')])
        self.edit(FILE, "type: DATE, default", "type: TIMESTAMP_NTZ, default")
        self.assertEqual(self.actions()["load"], "replace")
        self.calls()

    def test_the_integration_keeps_its_external_id(self):
        before = self.resource("errors", "movement")["outputs"]
        self.edit(FILE, "    topic: ${alerts}\n", "    topic: ${alerts}\n    enabled: false\n")
        self.assertEqual(self.actions(), {"errors": "update"})
        self.assertEqual(self.calls(), [("ALTER INTEGRATION", "MOV_DEV_ERRORS")])
        self.assertEqual(self.resource("errors", "movement")["outputs"], before)


class Drift(MovementCase):
    def test_is_seen_and_mended(self):
        for kind, name, properties, address in (
                ("task", "A", {"definition": "SELECT 3"}, "a"),
                ("task", "ROOT", {"schedule": "1 MINUTE"}, "root"),
                ("alert", "FRESHNESS", {"condition": "SELECT 9", "state": "suspended"}, "freshness"),
                ("integration", "MOV_DEV_ERRORS",
                 {"aws_sns_topic_arn": "arn:aws:sns:eu-west-1:111122223333:other"}, "errors"),
                ("relation", "EXTERNAL", {"auto_refresh": False}, None),
        ):
            with self.subTest(address or name):
                self.tamper(kind, name, **properties)
                if address is None:  # not managed, as the stack does not speak of it
                    self.assert_plan_is_empty("movement")
                    continue
                self.assertEqual(self.actions()[address], "update")
                self.assertIn("changed outside", self.ok("plan", "movement").out)
                self.calls()
        self.assert_runs()

    def test_a_body_that_somebody_replaced(self):
        self.tamper("procedure", "LOAD(DATE)", body="BEGIN RETURN 0; END")
        self.assert_plan_is_empty("movement")  # nobody can change it without making it younger
        database = sqlite3.connect(self.project / ".firn/sandbox.db")
        for place, key, body in database.execute("SELECT collection, key, body FROM document").fetchall():
            document = json.loads(body)
            if place.endswith("/procedure"):
                document["created"] += 1
                database.execute("UPDATE document SET body = ? WHERE collection = ? AND key = ?",
                                 (json.dumps(document), place, key))
        database.commit()
        database.close()
        self.assertEqual(self.actions(), {"load": "update"})
        self.assertIn("body was changed outside firn", self.ok("plan", "movement").out)
        self.calls()


if __name__ == "__main__":
    unittest.main()
