"""Each command once, as people and programs use it."""
import html.parser
import json
import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from road_case import STACK, RoadCase


class Reading(RoadCase):
    """Commands that look and change nothing."""

    def setUp(self):
        super().setUp()
        self.apply("road")
        self.before = self.everything()
        self.addCleanup(lambda: self.assertEqual(self.everything(), self.before))

    def test_plan_as_json(self):
        self.edit(STACK, "type: VARCHAR }", "type: VARCHAR }\n      - { name: AT, type: DATE }")
        self.edit(STACK, "force_destroy: true", "force_destroy: false")
        run = self.firn("plan", "road", "--json", "--detailed-exitcode")
        self.assertEqual((run.code, run.err), (2, ""))
        plan = json.loads(run.out)
        self.assertEqual(
            (plan["stack"], plan["environment"], plan["destroy"]), ("road", "local", False))
        self.assertEqual(plan["summary"], {"create": 0, "update": 2, "replace": 0, "remove": 0,
                                           "forget": 0, "unchanged": 4})
        changed = {step["address"]: step["changes"] for step in plan["steps"] if "changes" in step}
        self.assertEqual(changed, {
            "data": [{"path": "force_destroy", "before": True, "after": False}],
            "events": [{"path": "columns[AT]", "before": None,
                        "after": {"name": "AT", "type": "DATE"}}],
        })

    def test_show(self):
        self.assert_golden("show.txt", self.ok("show", "road").out)
        shown = json.loads(self.ok("show", "road", "--json").out)
        self.assertEqual([one["address"] for one in shown["resources"]],
                         ["arrivals", "data", "database", "events", "raw", "rule"])

    def test_state_list_and_show(self):
        self.assert_golden("state.list.txt", self.ok("state", "list", "road").out)
        self.assertEqual(json.loads(self.ok("state", "list", "road", "--json").out),
                         ["arrivals", "data", "database", "events", "raw", "rule"])
        self.assert_golden("state.show.txt", self.ok("state", "show", "road", "events").out)
        events = self.resource("events", "road")
        self.assertEqual(
            (events["type"], events["name"], events["generation"], events["needs"]),
            ("snowflake.table", "EVENTS", 1, ["raw"]))

    def test_output(self):
        self.assert_golden("output.txt", self.ok("output", "road").out)
        self.assertEqual(self.ok("output", "road", "bucket").out, "road-local-eu-west-1\n")
        self.assertEqual(json.loads(self.ok("output", "road", "bucket", "--json").out),
                         "road-local-eu-west-1")
        self.assertEqual(json.loads(self.ok("output", "road", "--json").out), {
            "bucket": "road-local-eu-west-1", "drop_here": "s3://road-local-eu-west-1/in/"})

    def test_graph(self):
        self.assert_golden("graph.mermaid.txt", self.ok("graph", "road").out)
        for form in ("mermaid", "svg", "html"):
            text = self.ok("graph", "road", "--format", form).out
            file = self.scratch / f"graph.{form}"
            self.assertEqual(self.ok("graph", "road", "--format", form, "-o", file).out, "")
            self.assertEqual(file.read_text(), text)
            for address in ("data", "arrivals", "rule", "database", "raw", "events"):
                self.assertIn(address, text)
        svg = xml.etree.ElementTree.fromstring((self.scratch / "graph.svg").read_text())
        self.assertEqual(svg.tag, "{http://www.w3.org/2000/svg}svg")
        page = (self.scratch / "graph.html").read_text()
        html.parser.HTMLParser().feed(page)
        # One page that needs nothing else.
        for outside in ("http-equiv", "<link", "src=", "@import"):
            self.assertNotIn(outside, page)
        self.assertNotRegex(page, r"url\((?!#)")

    def test_validate_as_json(self):
        self.assertEqual(json.loads(self.ok("validate", "road", "--json").out),
                         {"valid": True, "problems": []})
        self.edit(STACK, "topic: ${arrivals}", "topic: ${arrivals.nam}")
        run = self.firn("validate", "road", "--json")
        self.assertEqual(run.code, 1)
        answer = json.loads(run.out)
        self.assertFalse(answer["valid"])
        (problem,) = answer["problems"]
        self.assertEqual((problem["file"], problem["line"], problem["column"]), (STACK, 15, 14))
        self.assertEqual(problem["severity"], "error")
        self.assertIn('did you mean "name"?', problem["remedy"])
        # Also of what is no YAML at all.
        self.edit(STACK, "    prefix: ", "\tprefix: ")
        run = self.firn("validate", "road", "--json")
        self.assertEqual((run.code, run.err), (1, ""))
        self.assertEqual([problem["summary"] for problem in json.loads(run.out)["problems"]],
                         ["a tab in the indentation"])

    def test_explain(self):
        self.assert_golden("explain.txt", self.ok("explain").out)
        self.assert_golden("explain.functions.txt", self.ok("explain", "functions").out)
        self.assert_golden("explain.aws.sns_topic.txt", self.ok("explain", "aws.sns_topic").out)
        self.assert_golden("explain.snowflake.table.columns.txt",
                           self.ok("explain", "snowflake.table.columns").out)
        types = [line.split()[0] for line in self.ok("explain").out.splitlines()
                 if line.startswith(("aws.", "snowflake.", "firn."))]
        for name in types:
            with self.subTest(name):
                table = json.loads(self.ok("explain", name, "--json").out)
                self.assertEqual(table["name"], name)
                for attribute in table["attributes"]:
                    self.assertTrue(attribute["doc"], attribute["name"])

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.ok("completion", shell).out
            for command in ("validate", "plan", "apply", "destroy", "sandbox"):
                self.assertIn(command, script)
        completed = subprocess.run(
            ["bash", "-c", """
             source <("$FIRN" completion bash)
             complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                               COMPREPLY=(); _firn; echo "${COMPREPLY[*]}"; }
             complete_line firn de
             complete_line firn plan ro
             complete_line firn plan road --env lo
             complete_line firn sandbox st
             complete_line firn schema st
             complete_line firn plan road --det"""],
            cwd=self.project, env=self.environment(FIRN=os.environ["FIRN"]), text=True,
            capture_output=True, check=True)
        self.assertEqual(completed.stdout,
                         "destroy\nroad\nlocal\nstatus\nstack\n--detailed-exitcode\n", completed.stderr)

    def test_version(self):
        line = self.ok("version").out
        self.assertRegex(line, r"^firn \d+\.\d+\.\d+\n$")
        self.assertEqual(self.ok("--version").out, line)
        self.assertEqual(json.loads(self.ok("version", "--json").out),
                         {"version": line.split()[1]})

    def test_plain_text_away_from_a_terminal(self):
        self.edit(STACK, "force_destroy: true", "force_destroy: false")
        for env in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
            self.assertNotIn("\x1b", self.ok("plan", "road", env=env).out)

    def test_from_another_folder(self):
        """A project is found from below, a stack by its folder or its file."""
        plan = self.ok("plan", "road").out
        below = self.project / "stacks/road"
        self.assertIn("Nothing to do: 6 objects", self.ok("plan", "road", cwd=below).out)
        self.assertEqual(self.ok("plan", "stacks/road").out, plan)
        self.assertEqual(self.ok("plan", STACK).out, plan)


class Changing(RoadCase):
    def test_only_what_is_asked_for_and_what_it_needs(self):
        run = self.apply("road", "--only", "rule")
        self.assert_golden("only.txt", run.out)
        self.assertEqual({one["address"] for one in self.state("road")["resources"]},
                         {"data", "arrivals", "rule"})
        self.ok("destroy", "road", "--only", "arrivals", "--yes")
        self.assertEqual({one["address"] for one in self.state("road")["resources"]}, {"data"})
        self.apply("road")
        self.assert_plan_is_empty("road")

    def test_parameters_from_the_command_line(self):
        self.apply("road", "--set", "prefix=out/")
        self.assertEqual(self.resource("rule", "road")["inputs"]["prefix"], "out/")
        self.assert_plan_is_empty("road", "--set", "prefix=out/")
        self.assertEqual(self.plan_steps("road")["rule"]["changes"],
                         [{"path": "prefix", "before": "out/", "after": "in/"}])

    def test_tags_of_the_environment_may_be_numbers(self):
        self.edit("environments/local.yaml", "environment: local\n",
                  "environment: local\ntags: { centre: 42, shared: true, share: 0.5 }\n")
        self.apply("road")
        self.assertEqual(self.resource("data", "road")["inputs"]["tags"],
                         {"centre": "42", "shared": "true", "share": "0.5"})
        self.assert_plan_is_empty("road")

    def test_an_apply_as_json(self):
        run = self.apply("road", "--json")
        self.assertEqual(json.loads(run.out), {
            "created": 6, "updated": 0, "replaced": 0, "removed": 0, "failures": [],
            "not_started": [], "interrupted": False})

    def test_a_state_in_another_place(self):
        self.apply("road", "--state", "elsewhere/road.db")
        self.assertFalse((self.project / ".firn/road.local.state.db").exists())
        self.assert_plan_is_empty("road", "--state", "elsewhere/road.db")

    def test_a_failure_stops_what_depends_on_it_and_nothing_else(self):
        """Somebody has the topic's name already: S3 may not publish to theirs."""
        self.edit(STACK, '    publishers: ["${data}"]\n', "")
        run = self.firn("apply", "road", "--yes")
        self.assertEqual(run.code, 1, str(run))
        progress = "".join(sorted(run.err.split("error: ", 1)[0].splitlines(keepends=True)))
        self.assert_golden("failure.txt", progress + "error: " + run.err.split("error: ", 1)[1]
                           + "--- stdout, after the plan\n" + run.out.split(" to remove.\n", 1)[1])
        self.assertEqual({one["address"] for one in self.state("road")["resources"]},
                         {"data", "arrivals", "database", "raw", "events"})
        self.edit(STACK, "    type: aws.sns_topic\n",
                  '    type: aws.sns_topic\n    publishers: ["${data}"]\n')
        self.apply("road")
        self.assert_plan_is_empty("road")

    def test_a_sandbox_that_is_emptied(self):
        self.apply("road")
        self.assert_golden("sandbox.reset.txt", self.ok("sandbox", "reset").out)
        self.assertEqual(self.things(), {})
        steps = self.plan_steps("road")
        self.assertEqual({step["action"] for step in steps.values()}, {"create"})
        self.apply("road")
        self.assert_plan_is_empty("road")

    def test_the_sandbox_tells_what_it_was_asked(self):
        self.apply("road", "--only", "events")
        self.assert_golden("sandbox.log.txt", self.ok("sandbox", "log").out)
        self.assertEqual(self.ok("sandbox", "advance", "1h30m").out,
                         "The sandbox's time is now 2026-01-01T01:30:00Z.\n")
        status = json.loads(self.ok("sandbox", "status", "--json").out)
        self.assertEqual(status["time"], "2026-01-01T01:30:00Z")
        self.assertEqual({one["kind"]: one["count"] for one in status["objects"]},
                         {"snowflake database": 1, "snowflake schema": 1, "snowflake table": 1})

    def test_drift_is_shown_and_put_right(self):
        self.apply("road")
        state = self.project / ".firn/road.local.state.db"
        # The same objects, changed by somebody with a state of their own.
        theirs = self.scratch / "theirs.db"
        shutil.copy(state, theirs)
        self.edit(STACK, "${param.prefix}\n  database", "somewhere/else/\n  database")
        self.apply("road", "--state", theirs)
        self.edit(STACK, "somewhere/else/\n  database", "${param.prefix}\n  database")
        run = self.ok("plan", "road")
        self.assert_golden("drift.txt", run.out)
        self.apply("road")
        self.assert_plan_is_empty("road")


class Init(RoadCase):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.project)
        self.project.mkdir()

    def test_in_an_empty_folder(self):
        self.assert_golden("init.txt", self.ok("init").out)
        self.assert_golden("init.validate.txt", self.ok("validate", "landing").out)
        run = self.firn("plan", "landing", "--env", "local", "--detailed-exitcode")
        self.assertEqual((run.code, run.err), (2, ""), str(run))
        self.assert_golden("init.plan.txt", run.out)
        self.apply("landing")
        self.assert_plan_is_empty("landing")
        self.ok("destroy", "landing", "--yes")
        self.assertEqual(self.things(), {})

    def test_keeps_what_is_there(self):
        self.ok("init", "first")
        self.write("environments/local.yaml", "environment: local\n# mine\n")
        self.assert_golden("init.again.txt", self.ok("init", "second").out)
        self.assertIn("# mine", (self.project / "environments/local.yaml").read_text())
        self.ok("init", "first")

    def test_its_other_environment_needs_credentials(self):
        self.ok("init")
        run = self.refused("plan", "landing", "--env", "dev")
        self.assertIn("there are no AWS credentials", run.err)
        self.ok("plan", "landing", "--env", "dev", "--sandbox")


if __name__ == "__main__":
    unittest.main()
