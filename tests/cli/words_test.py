"""What is said of words on the command line that mean nothing."""
import unittest

from road_case import RoadCase

WORDS = {
    "command": ["aply", "road"],
    "no-command-like-it": ["frobnicate"],
    "sandbox-command": ["sandbox", "logs"],
    "sandbox-alone": ["sandbox"],
    "state-alone": ["state"],
    "flag": ["plan", "road", "--evn", "local"],
    "flag-of-another-command": ["plan", "road", "--yes"],
    "flag-without-value": ["plan", "road", "--env"],
    "stack-missing": ["plan"],
    "address-missing": ["state", "show", "road"],
    "import-address-missing": ["import", "road"],
    "word-too-many": ["plan", "road", "again"],
    "graph-format": ["graph", "road", "--format", "png"],
    "shell": ["completion", "tcsh"],
    "stack": ["plan", "raod"],
    "environment": ["plan", "road", "--env", "locl"],
    "type": ["explain", "aws.sns_topik"],
    "address": ["state", "show", "road", "databas"],
    "output": ["output", "road", "buckett"],
    "only": ["plan", "road", "--only", "databas"],
    "duration": ["sandbox", "advance", "3 weeks"],
    "no-sandbox-there": ["sandbox", "log", "--sandbox", "elsewhere.db"],
    "set-without-value": ["plan", "road", "--set", "prefix"],
    "set-unknown": ["plan", "road", "--set", "prefx=out/"],
    "set-wrong-type": ["plan", "road", "--set", "columns=many"],
    "stack-name": ["init", "Landing Zone"],
}


class Words(RoadCase):
    def setUp(self):
        super().setUp()
        self.edit("stacks/road/stack.yaml", "parameters:\n",
                  "parameters:\n  columns: { type: integer, default: 1 }\n")
        self.edit("stacks/road/stack.yaml", "outputs:\n", "outputs:\n  columns: ${param.columns}\n")
        self.apply("road")

    def test_are_told_with_what_was_meant(self):
        for name, words in WORDS.items():
            with self.subTest(name):
                self.assert_refused(f"words.{name}.txt", *words)

    def test_outside_of_any_project(self):
        empty = self.scratch / "empty"
        empty.mkdir()
        run = self.refused("plan", "road", cwd=empty)
        self.assert_golden("words.no-project.txt", run.err)

    def test_none_at_all_show_the_help(self):
        run = self.firn()
        self.assertEqual((run.code, run.err), (1, ""))
        self.assertEqual(run.out, self.ok("--help").out)
        self.assert_golden("help.txt", run.out)

    def test_every_command_has_help(self):
        for command in (["plan"], ["apply"], ["import"], ["recover"], ["sandbox"], ["sandbox", "advance"], ["state", "show"]):
            run = self.ok(*command, "--help")
            self.assert_golden(f"help.{'-'.join(command)}.txt", run.out)


if __name__ == "__main__":
    unittest.main()
