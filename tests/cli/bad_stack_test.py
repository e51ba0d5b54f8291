"""Mistakes in the files: each is refused at its place, with its cause and its mend, before anything
is changed."""
import unittest

from road_case import LOCAL, ROAD, STACK, RoadCase

# name of the golden file → what is changed in the stack
STACKS = {
    "unknown-key": ("    prefix: ${param", "    prefx: ${param"),
    "unknown-section": ("\noutputs:", "\noutput:"),
    "unknown-type": ("aws.sns_topic", "aws.sns_topc"),
    "unknown-provider": ("aws.sns_topic", "azure.topic"),
    "wrong-type": ("force_destroy: true", 'force_destroy: "yes, please"'),
    "wrong-type-deep": ("- { name: ID, type: VARCHAR }", "- { name: [ID], type: VARCHAR }"),
    "no-arn": ('publishers: ["${data}"]', "publishers: [data]"),
    "wrong-value": ("force_destroy: true", "ownership: Nobody"),
    "wrong-column-type": ("type: VARCHAR }", "type: VARCHARR }"),
    "missing-key": ("    database: ${database}\n", ""),
    "unknown-reference": ("topic: ${arrivals}", "topic: ${arivals}"),
    "unknown-output": ("bucket: ${data.name}", "bucket: ${data.nam}"),
    "unknown-parameter": ("prefix: ${param.prefix}", "prefix: ${param.prefx}"),
    "unknown-function": ("bucket: ${data.name}", "bucket: ${uper(data.name)}"),
    "open-expression": ("topic: ${arrivals}", "topic: ${arrivals"),
    "cycle": ("  database:\n", "  database:\n    depends_on: [events]\n"),
    "itself": ("  database:\n", "  database:\n    depends_on: [database]\n"),
    "same-name": ("  database:\n", "  copy:\n    type: aws.sns_topic\n"
                                   "    name: rd-local-arrivals\n  database:\n"),
    "same-prefix": ("  database:\n", "  again:\n    type: aws.s3_notification\n"
                                     "    bucket: ${data}\n    topic: ${arrivals}\n"
                                     "    prefix: in/deep/\n  database:\n"),
    "missing-file": ("bucket: ${data.name}", 'bucket: ${file("notes/bucket.txt")}'),
    "open-bracket": ('publishers: ["${data}"]', 'publishers: ["${data}"'),
    "tab": ("    prefix: ${param", "\tprefix: ${param"),
    "key-twice": ("    prefix: ${param.prefix}\n", "    prefix: a/\n    prefix: b/\n"),
    "when-without-value": ("  database:\n", "  database:\n    when:\n"),
    "kind-of-name": ("naming: { ", "naming: { names: { aws.sns_topc: \"{short}\" }, "),
    "no-name": ("stack: road\n", ""),
}

ENVIRONMENTS = {
    "environment-unknown-key": ("region:", "regoin:"),
    "environment-wrong-type": ('account: "111122223333"', "account: 111122223333"),
    "environment-unknown-target": ("{ target: sandbox, account: firn", "{ target: sandbx, account: firn"),
    "environment-unknown-backend": ("environment: local\n",
                                    "environment: local\nstate: { backend: tape }\n"),
    "environment-unknown-parameter": ("environment: local\n",
                                      "environment: local\nparameters: { prefx: in/ }\n"),
    "environment-unknown-word-of-state": ("environment: local\n",
                                          "environment: local\nstate: { pth: road.db }\n"),
    "environment-kind-of-name": ("environment: local\n",
                                 'environment: local\nnaming: { names: { awss: "{short}" } }\n'),
    "environment-list-for-a-tag": ("environment: local\n",
                                   "environment: local\ntags: { team: [data] }\n"),
    "environment-open-quote": ('"111122223333"', '"111122223333'),
}


class BadFiles(RoadCase):
    def setUp(self):
        super().setUp()
        self.apply("road")

    def test_in_the_stack(self):
        for name, (before, after) in STACKS.items():
            with self.subTest(name):
                self.write(STACK, ROAD)
                self.edit(STACK, before, after)
                self.assert_refused(f"bad.{name}.txt", "apply", "road", "--yes")

    def test_in_the_environment(self):
        for name, (before, after) in ENVIRONMENTS.items():
            with self.subTest(name):
                self.write("environments/local.yaml", LOCAL)
                self.edit("environments/local.yaml", before, after)
                run = self.refused("apply", "road", "--yes")
                self.assertEqual(run.out, "", str(run))
                self.assert_golden(f"bad.{name}.txt", run.err)
                self.write("environments/local.yaml", LOCAL)
                self.assert_plan_is_empty("road")

    def test_validate_says_the_same_and_asks_no_cloud(self):
        self.assert_golden("validate.sound.txt", self.ok("validate", "road").out)
        self.edit(STACK, *STACKS["unknown-reference"])
        requests = self.log()
        run = self.refused("validate", "road")
        self.assert_golden("bad.unknown-reference.txt", run.err)
        self.assertEqual(self.log(), requests)

    def test_several_mistakes_are_told_at_once(self):
        self.edit(STACK, "    prefix: ${param", "    prefx: ${param")
        self.edit(STACK, "force_destroy: true", "force_destroy: 1")
        self.edit(STACK, "aws.sns_topic", "aws.sns_topc")
        self.edit(STACK, "\noutputs:", "\noutput:")
        self.assert_refused("bad.several.txt", "apply", "road", "--yes")


if __name__ == "__main__":
    unittest.main()
