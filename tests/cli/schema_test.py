#!/usr/bin/env python3
"""`firn schema`, held against files by a validator that has nothing to do with firn (python3-jsonschema)."""
import json
import os
import pathlib
import re
import sys
import unittest

EXIT_SKIPPED = 77
try:
    import jsonschema
    import yaml  # noqa: F401
except ImportError as error:
    print(f"\n*** {error}: THE EDITORS' SCHEMA WAS NOT CHECKED. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else EXIT_SKIPPED)

from firn_case import SOURCE
from road_case import LOCAL, ROAD, STACK, RoadCase

sys.path.insert(0, str(SOURCE / "tests" / "contract"))
import rows  # noqa: E402
import world  # noqa: E402
from yaml12 import read  # noqa: E402

KINDS = ("stack", "component", "environment")
FENCE = re.compile(r"^```yaml (stack|environment)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def problems(schema, value):
    """(place, message) of every problem; of several in one place all."""
    found = jsonschema.Draft7Validator(schema).iter_errors(value)
    return [(".".join(map(str, error.absolute_path)), error.message) for error in found]


# What is wrong, where the validator says so, and a word of what it says. {…} is the block of one resource.
WRONG_BLOCKS = {
    "no type and no component": ("{ versioning: true }", "x", "'type' is a required"),
    "an unknown type": ("{ type: aws.s3_buckets }", "x.type", "aws.s3_buckets"),
    "type and component": ("{ type: aws.s3_bucket, component: s3_to_table }", "x", "'type' was unexpected"),
    "an unknown attribute": ("{ type: aws.s3_bucket, versionning: true }", "x", "'versionning' was unexpected"),
    "an output": ("{ type: aws.s3_bucket, arn: a }", "x", "'arn' was unexpected"),
    "what firn works out itself": ("{ type: aws.lambda_function, code: a, handler: b, role: c, runtime: d, code_sha256: e }",
                                   "x", "'code_sha256' was unexpected"),
    "an attribute of another type": ("{ type: aws.sns_topic, versioning: true }", "x", "'versioning' was unexpected"),
    "what is required is missing": ("{ type: snowflake.table, schema: s }", "x", "'columns' is a required"),
    "what is required is empty": ("{ type: snowflake.table, schema: s, columns: }", "x.columns", "None is not of type"),
    "a text for a number": ("{ type: aws.sqs_queue, delay: soon }", "x.delay", "soon"),
    "a number in quotes": ('{ type: aws.sqs_queue, delay: "5" }', "x.delay", "'5'"),
    "a fraction for a whole number": ("{ type: aws.sqs_queue, delay: 1.5 }", "x.delay", "1.5"),
    "a number that is too large": ("{ type: aws.sqs_queue, delay: 901 }", "x.delay", "901"),
    "a text with an expression for a number": ('{ type: aws.sqs_queue, delay: "1${param.n}" }', "x.delay", "1${param.n}"),
    "yes for true": ("{ type: aws.s3_bucket, versioning: yes }", "x.versioning", "yes"),
    "a value that is not allowed": ("{ type: aws.s3_bucket, ownership: Mine }", "x.ownership", "Mine"),
    "a text that is too long": (f'{{ type: aws.sns_topic, display_name: {"a" * 101} }}', "x.display_name", "aaaa"),
    "a list for a text": ("{ type: aws.sns_topic, display_name: [a] }", "x.display_name", "['a']"),
    "a map for a list": ("{ type: aws.s3_bucket, lifecycle: { prefix: a } }", "x.lifecycle", "'prefix': 'a'"),
    "a text for a list of maps": ("{ type: aws.s3_bucket, lifecycle: all }", "x.lifecycle", "all"),
    "too few items": ("{ type: aws.s3_notification, bucket: b, events: [] }", "x.events", "[]"),
    "deep inside": ("{ type: aws.s3_bucket, lifecycle: [{ prefix: a }, { transitions: [{ days: x, storage_class: GLACIER }] }] }",
                    "x.lifecycle.1.transitions.0.days", "'x'"),
    "missing deep inside": ("{ type: aws.s3_bucket, lifecycle: [{ transitions: [{ days: 1 }] }] }",
                            "x.lifecycle.0.transitions.0", "'storage_class' is a required"),
    "unknown deep inside": ("{ type: aws.iam_role, trust: {}, policies: { a: { s3_read: { bukket: b, bucket: c } } } }",
                            "x.policies.a.s3_read", "'bukket' was unexpected"),
    "one wrong item": ("{ type: aws.sns_topic, publishers: [a, 5] }", "x.publishers.1", "5"),
    "one wrong item alone": ("{ type: aws.sns_topic, publishers: 5 }", "x.publishers", "5"),
    "an expression in a key": ('{ type: aws.s3_bucket, tags: { "${param.n}": a } }', "x.tags", "${param.n}"),
    "tags on what has none": ("{ type: aws.s3_notification, bucket: b, tags: { a: b } }", "x", "'tags' was unexpected"),
    "a name for what has none": ("{ type: aws.s3_notification, bucket: b, name: n }", "x", "'name' was unexpected"),
    "when is no boolean": ("{ type: aws.s3_bucket, when: sometimes }", "x.when", "sometimes"),
    "protect is no boolean": ("{ type: aws.s3_bucket, protect: 1 }", "x.protect", "1"),
    "for_each over numbers with fractions": ("{ type: aws.s3_bucket, for_each: [1.5] }", "x.for_each", "1.5"),
    "parameters of no component": ("{ type: aws.s3_bucket, parameters: {} }", "x", "'parameters' was unexpected"),
    "protect on a component": ("{ component: s3_to_table, protect: true }", "x", "'protect' was unexpected"),
}  # fmt: skip

WRONG_FILES = {
    "no name": ("stack", "resources: {}", "", "'stack' is a required"),
    "an unknown section": ("stack", "stack: a\nresource: {}", "", "'resource' was unexpected"),
    "a name with a space": ("stack", "stack: a b", "stack", "a b"),
    "a name that references cannot spell": ("stack", "stack: a\nresources: { a-b: { type: aws.s3_bucket } }",
                                            "resources", "a-b"),
    "a reserved name": ("stack", "stack: a\nresources: { env: { type: aws.s3_bucket } }", "resources", "env"),
    "a list of resources": ("stack", "stack: a\nresources: [a]", "resources", "['a']"),
    "a parameter's word": ("stack", "stack: a\nparameters: { p: { defualt: 1 } }", "parameters.p", "'defualt' was unexpected"),
    "a parameter's type": ("stack", "stack: a\nparameters: { p: { type: text } }", "parameters.p.type", "text"),
    "a setting": ("stack", "stack: a\ndefaults: { aws: { regoin: eu } }", "defaults.aws", "'regoin' was unexpected"),
    "a cloud": ("stack", "stack: a\ndefaults: { azure: {} }", "defaults", "'azure' was unexpected"),
    "a word of naming": ("stack", "stack: a\nnaming: { prefix: a }", "naming", "'prefix' was unexpected"),
    "a component with a stack's section": ("component", "component: a\ndefaults: {}", "", "'defaults' was unexpected"),
    "a component without a name": ("component", "resources: {}", "", "'component' is a required"),
    "a resource of a component": ("component", "component: a\nresources: { x: { type: aws.sqs_queue, delay: a } }",
                                  "resources.x.delay", "'a'"),
    "an environment's section": ("environment", "environment: a\nawz: {}", "", "'awz' was unexpected"),
    "an environment's name": ("environment", "environment: Dev", "environment", "Dev"),
    "an account that is a number": ("environment", "environment: a\naws: { account: 123456789012 }", "aws.account", "123456789012"),
    "a target": ("environment", "environment: a\naws: { target: sandbx }", "aws.target", "sandbx"),
    "a backend": ("environment", "environment: a\nstate: { backend: sqlight }", "state.backend", "sqlight"),
    "a word of state": ("environment", "environment: a\nstate: { file: b }", "state", "'file' was unexpected"),
    "a kind of name": ("environment", "environment: a\nnaming: { names: { aws.s3_buckets: b } }", "naming.names",
                       "'aws.s3_buckets' was unexpected"),
    "a word of what holds for one stack": ("environment", "environment: a\nstacks: { road: { params: {} } }", "stacks.road",
                                           "'params' was unexpected"),
}  # fmt: skip

RIGHT_BLOCKS = {
    "nothing said": "{ type: aws.s3_bucket }",
    "a null is as good as nothing": "{ type: aws.s3_bucket, versioning: null, ownership: , lifecycle: ~, name: null }",
    "an expression in the place of everything": """{ type: aws.s3_bucket, versioning: "${param.a}", lifecycle: "${param.b}",
        ownership: "${param.c}", encryption: "${param.d}", tags: "${param.e}", when: "${param.f}", for_each: "${param.g}",
        protect: "${param.h}", name: "x-${param.i}" }""",
    "expressions inside": """{ type: aws.s3_bucket, lifecycle: ["${param.a}", { expiration_days: "${param.b}",
        transitions: "${param.c}" }], encryption: { type: "sse_${param.d}" }, public_access_block: { block_public_acls: "${param.e}" } }""",
    "a text with an expression is any length": f'{{ type: aws.sns_topic, display_name: "{"a" * 101}${{param.a}}" }}',
    "one for a list": '{ type: aws.sns_topic, publishers: "${data}", subscribers: somebody }',
    "numbers in a map of texts": "{ type: aws.s3_bucket, tags: { a: 1, b: true, c: 1.5, d: text } }",
    "a statement in AWS's own words": '{ type: aws.sns_topic, statements: [{ Effect: Allow, Condition: { Bool: { "aws:x": [true, 5] } } }] }',
    "what every resource knows": '{ type: aws.s3_bucket, depends_on: [a, b], for_each: { a: 1 }, when: false, protect: true }',
    "one to wait for": "{ type: aws.s3_bucket, depends_on: a, for_each: [a, 1] }",
    "a component": '{ component: other, for_each: [a], when: "${param.a}", parameters: { a: [1, { b: c }] } }',
    "a component by its path": "{ component: ../pieces/x.yaml }",
}  # fmt: skip


class Schema(RoadCase):
    @classmethod
    def setUpClass(cls):
        cls.schemas = {}

    def schema(self, kind="", cwd=None):
        """The schema outside of any project, made once."""
        key = (kind, cwd)
        if key not in self.schemas:
            folder = cwd or self.scratch
            schema = json.loads(self.ok("schema", *([kind] if kind else []), cwd=folder).out)
            jsonschema.Draft7Validator.check_schema(schema)
            self.schemas[key] = schema
        return self.schemas[key]

    def assert_right(self, kind, value, cwd=None):
        for name in (kind, ""):
            self.assertEqual(problems(self.schema(name, cwd), value), [])

    # ------------------------------------------------------------ right files

    def repository_files(self):
        for path in sorted(SOURCE.glob("stacks/*/stack.yaml")):
            yield "stack", path
        for path in sorted(SOURCE.glob("tests/**/stack.yaml")):
            yield "stack", path
        for path in sorted(SOURCE.glob("stacks/components/*.yaml")):
            yield "component", path
        for path in sorted(SOURCE.glob("environments/*.yaml")):
            yield "environment", path

    def test_every_file_of_the_repository_passes(self):
        counted = dict.fromkeys(KINDS, 0)
        for kind, path in self.repository_files():
            counted[kind] += 1
            with self.subTest(str(path.relative_to(SOURCE))):
                value = read(path.read_text(encoding="utf-8"))
                self.assert_right(kind, value)
                self.assert_right(kind, value, cwd=SOURCE)  # with what the project declares
        self.assertTrue(all(counted.values()), counted)

    def test_every_example_of_the_documents_passes(self):
        count = 0
        for path in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
            for kind, text in FENCE.findall(path.read_text(encoding="utf-8")):
                count += 1
                with self.subTest(page=path.name, text=text):
                    self.assert_right(kind, read(text), cwd=SOURCE)
        self.assertGreater(count, 5)

    def test_every_value_of_the_contract_passes(self):
        """Every attribute of every type, with the values that the contract tries."""
        resources = {}
        for row in rows.load(world.tables())[0].values():
            for case in row.cases():
                for block in ("base", "first", "second"):
                    resources[f"{case.address}_{block}"] = getattr(case, block)
        self.assertGreater(len(resources), 300)
        self.assertEqual(problems(self.schema("stack"), {"stack": "contract", "resources": resources}), [])

    def test_what_may_be_written(self):
        for name, block in RIGHT_BLOCKS.items():
            with self.subTest(name):
                self.assert_right("stack", read(f"stack: a\nresources:\n  x: {block}"))

    # ------------------------------------------------------------ wrong ones

    def test_a_wrong_block_fails_in_its_place(self):
        for name, (block, place, message) in WRONG_BLOCKS.items():
            text = f"stack: a\nresources:\n  x: {block}\n  sound: {{ type: aws.sqs_queue, delay: 5 }}\n"
            with self.subTest(name):
                self.assert_wrong("stack", text, f"resources.{place}", message)
                self.write(STACK, text.replace("stack: a", "stack: road\nparameters: { n: { default: 1 } }"))
                self.refused("plan", "road")  # firn thinks so, too

    def test_a_wrong_file_fails_in_its_place(self):
        for name, (kind, text, place, message) in WRONG_FILES.items():
            with self.subTest(name):
                self.assert_wrong(kind, text, place, message)
                self.write(STACK, ROAD)
                self.write("environments/a.yaml", LOCAL.replace("local\n", "a\n", 1))
                if kind == "stack":
                    self.write(STACK, text)
                elif kind == "environment":
                    self.write("environments/a.yaml", text)
                else:
                    self.write("stacks/components/a.yaml", text)
                    self.write(STACK, "stack: road\nresources: { x: { component: a } }")
                if name != "a component without a name":  # firn finds a component by its file
                    self.refused("plan", "road", "--env", "a")

    def assert_wrong(self, kind, text, place, message):
        value = read(text)
        found = problems(self.schema(kind), value)
        self.assertIn(place, [where for where, _ in found], found)
        self.assertTrue(any(where == place and message in said for where, said in found), found)
        self.assertEqual({where for where, _ in found}, {place}, "something else is called wrong, too")
        self.assertNotEqual(problems(self.schema(), value), [])

    # ------------------------------------------------------------ what the project declares

    def test_parameters_of_components_and_stacks_are_known(self):
        self.write("stacks/components/piece.yaml",
                   "component: piece\ndescription: A piece.\nparameters:\n"
                   "  size: { type: integer, doc: How large. }\n"
                   "  kind: { type: string, default: a, allowed: [a, b] }\n  on: { type: object, default: null }\n")
        self.write("stacks/components/broken.yaml", "component: [")
        schema = json.loads(self.ok("schema", "stack").out)
        use = lambda words: read(f"stack: a\nresources:\n  x:\n    component: piece\n{words}")  # noqa: E731
        self.assertEqual(problems(schema, use('    parameters: { size: 5, kind: b, on: "${data}" }')), [])
        self.assertEqual(problems(schema, use('    parameters: { size: "${param.n}" }')), [])
        for words, place, message in (
            ("", "resources.x", "'parameters' is a required"),
            ("    parameters: { kind: a }", "resources.x.parameters", "'size' is a required"),
            ("    parameters: { size: 5, colour: red }", "resources.x.parameters", "'colour' was unexpected"),
            ("    parameters: { size: large }", "resources.x.parameters.size", "large"),
            ("    parameters: { size: 5, kind: c }", "resources.x.parameters.kind", "'c'"),
        ):
            with self.subTest(words):
                found = problems(schema, use(words))
                self.assertEqual([where for where, _ in found], [place], found)
                self.assertIn(message, found[0][1])
        schema = json.loads(self.ok("schema", "environment").out)
        for words, count in (("prefix: x/", 0), ("prefx: x/", 1), ("prefix: 5", 1), ('prefix: "${env.name}"', 0)):
            with self.subTest(words):
                value = read(f"environment: a\nstacks: {{ road: {{ parameters: {{ {words} }} }} }}")
                self.assertEqual(len(problems(schema, value)), count)

    # ------------------------------------------------------------ for people

    def test_says_what_things_are(self):
        schema = self.schema("stack")
        queue = schema["definitions"]["aws.sqs_queue"]
        delay = queue["properties"]["delay"]
        self.assertTrue(delay["description"].startswith("Seconds for which a new message stays invisible."), delay)
        self.assertIn("Default 0; 0 to 900.", delay["description"])
        self.assertEqual(delay["default"], 0)
        kind = schema["definitions"]["object"]["properties"]["type"]
        self.assertEqual(dict(zip(kind["enum"], kind["markdownEnumDescriptions"]))["aws.sqs_queue"],
                         "An SQS queue with its policy and redrive.")
        self.assertEqual(set(kind["enum"]), set(world.tables()))

    def test_goes_into_a_file(self):
        run = self.ok("schema", "--out", "firn.schema.json")
        self.assertEqual((run.out, run.err), ("", ""))
        self.assertEqual((self.project / "firn.schema.json").read_text(), self.ok("schema").out)
        run = self.refused("schema", "--out", "nowhere/firn.schema.json")
        self.assertIn("cannot write nowhere/firn.schema.json", run.err)


if __name__ == "__main__":
    unittest.main()
