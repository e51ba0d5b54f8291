"""Functions, what calls them, and what they are made of: a small stack on the sandbox's AWS."""
import unittest

from firn_case import FirnCase

STACK = "stacks/calls/stack.yaml"
FOLDER = "stacks/calls"
ACCOUNT = "111122223333"
PLACE = f"aws/{ACCOUNT}/eu-west-1"

# Nothing here says depends_on, and what is opened stands behind what goes through it.
CALLS = """\
stack: calls
naming: { project: calls, short: cl }
parameters:
  visibility: { type: integer, default: 60 }
resources:
  arrivals:
    type: aws.s3_notification
    bucket: ${source}
    function: ${transformer}
    prefix: incoming/
    suffix: .json
  bell:
    type: aws.sns_subscription
    topic: ${alerts}
    protocol: lambda
    endpoint: ${transformer}
  copies:
    type: aws.sns_subscription
    topic: ${alerts}
    protocol: sqs
    endpoint: ${dead_letters}
    raw_delivery: true
    filter_policy: { kind: [failure] }
    filter_policy_scope: MessageBody
  mail:
    type: aws.sns_subscription
    topic: ${alerts}
    protocol: email
    endpoint: data-team@example.com
  alerts:
    type: aws.sns_topic
  dead_letters:
    type: aws.sqs_queue
    senders: ["${alerts}"]
  jobs:
    type: aws.lambda_event_source_mapping
    queue: ${work}
    function: ${transformer}
    partial_batch_responses: true
    maximum_concurrency: 5
  may_be_called_by_s3:
    type: aws.lambda_permission
    function: ${transformer}
    principal: s3.amazonaws.com
    source_arn: ${source}
  may_be_called_by_sns:
    type: aws.lambda_permission
    function: ${transformer}
    principal: sns.amazonaws.com
    source_arn: ${alerts}
  source:
    type: aws.s3_bucket
    force_destroy: true
  tables:
    type: aws.lambda_layer
    code: layers/tables
    runtimes: [python3.12]
  transformer:
    type: aws.lambda_function
    code: functions/transformer
    runtime: python3.12
    handler: main.handler
    layers: ["${tables}"]
    role: ${worker}
    timeout: 30
    reserved_concurrency: 20
    async: { retries: 2, maximum_event_age: 3600, on_failure: "${dead_letters}" }
  work:
    type: aws.sqs_queue
    visibility_timeout: ${param.visibility}
  worker:
    type: aws.iam_role
    trust: { service: lambda.amazonaws.com }
    policies:
      own:
        send_messages: { queues: ["${dead_letters}"] }
        statements:
          - Effect: Allow
            Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
            Resource: ${work.arn}
"""

LOCAL = f"""\
environment: local
aws: {{ target: sandbox, account: "{ACCOUNT}", region: eu-west-1 }}
snowflake: {{ target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }}
"""


class CallsCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.project.mkdir()
        self.write(STACK, CALLS)
        self.write(f"{FOLDER}/functions/transformer/main.py", "def handler(event, context): pass\n")
        self.write(f"{FOLDER}/layers/tables/python/tables.py", "x = 1\n")
        self.write("environments/local.yaml", LOCAL)

    def log(self, sandbox=None):
        """Nothing while there is no sandbox yet."""
        return super().log(sandbox) if (self.project / ".firn/sandbox.db").exists() else []

    def changes(self, run):
        """The calls of a run that changed something, in order; run() makes them."""
        before = len(self.log())
        run()
        return [entry for entry in self.log()[before:]
                if entry["operation"].startswith(
                    ("Add", "Create", "Delete", "Publish", "Put", "Remove", "Subscribe", "Update"))]

    def applied(self, *arguments):
        return self.changes(lambda: self.apply("calls", *arguments))

    def position(self, calls, operation, address=None, last=False):
        found = [i for i, entry in enumerate(calls) if entry["operation"] == operation
                 and entry["status"] < 300 and address in (None, entry["address"])]
        self.assertTrue(found, f"{operation} in {calls}")
        return found[-1] if last else found[0]

    def function(self):
        return self.documents()[(f"{PLACE}/lambda/function", "cl-local-transformer")]

    def actions(self, *arguments):
        return {address: step["action"] for address, step in
                self.plan_steps("calls", *arguments).items() if step["action"] != "none"}


class Life(CallsCase):
    def test_everything_is_made_in_one_pass_and_goes_again(self):
        calls = self.applied()
        self.assert_plan_is_empty("calls")
        # The permission is there before S3 is told of the function: S3 looks, and had nothing to
        # refuse.
        puts = [entry for entry in calls if entry["operation"] == "PutBucketNotificationConfiguration"]
        self.assertEqual([entry["status"] for entry in puts], [200], puts)
        self.assertLess(self.position(calls, "AddPermission", "may_be_called_by_s3"),
                        self.position(calls, "PutBucketNotificationConfiguration"))
        self.assertLess(self.position(calls, "AddPermission", "may_be_called_by_sns"),
                        self.position(calls, "Subscribe", "bell"))
        function = self.function()
        self.assertEqual(function["reserved"], 20)
        self.assertEqual(function["async"]["MaximumEventAgeInSeconds"], 3600)
        outputs = {address: self.resource(address, "calls")["outputs"]
                   for address in ("mail", "copies")}
        self.assertFalse(outputs["mail"]["confirmed"])
        self.assertTrue(outputs["copies"]["confirmed"])
        self.assertRegex(outputs["copies"]["arn"],
                         rf"^arn:aws:sns:eu-west-1:{ACCOUNT}:cl-local-alerts:[-0-9a-f]{{36}}$")

        gone = self.changes(lambda: self.ok("destroy", "calls", "--yes"))
        self.assertEqual(self.things(), {})
        # The trigger is switched off, then removed, then its queue goes.
        self.assertLess(self.position(gone, "UpdateEventSourceMapping"),
                        self.position(gone, "DeleteEventSourceMapping"))
        self.assertLess(self.position(gone, "DeleteEventSourceMapping"),
                        self.position(gone, "DeleteQueue", "work"))
        # The rule goes first: S3 would refuse a document with a function that it may not call.
        self.assertLess(self.position(gone, "PutBucketNotificationConfiguration"),
                        self.position(gone, "RemovePermission", "may_be_called_by_s3"))
        self.ok("destroy", "calls", "--yes")

    def test_a_document_with_a_function_that_is_not_opened_is_refused(self):
        self.edit(STACK, "  may_be_called_by_s3:\n    type: aws.lambda_permission\n"
                  "    function: ${transformer}\n    principal: s3.amazonaws.com\n"
                  "    source_arn: ${source}\n", "")
        self.assertIn("error FIRN501: s3.amazonaws.com may not call \"transformer\"",
                      self.refused("plan", "calls").err)
        # S3 says the same, to whoever will not be told.
        self.edit(STACK, "  arrivals:\n", "  # firn: allow FIRN501 because S3 shall say it\n  arrivals:\n")
        run = self.firn("apply", "calls", "--yes")
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("Not authorized to invoke function", run.err)
        self.assertIn("a function needs a permission", run.err)


class Changes(CallsCase):
    def setUp(self):
        super().setUp()
        self.apply("calls")

    def test_a_changed_layer_is_a_new_version_that_its_functions_get(self):
        self.assertEqual(self.function()["Layers"][0]["Arn"].split(":")[-2:],
                         ["cl-local-tables", "1"])
        self.write(f"{FOLDER}/layers/tables/python/tables.py", "x = 2\n")
        self.assertEqual(self.actions(), {"tables": "update", "transformer": "update"})
        calls = self.applied()
        self.assertLess(self.position(calls, "PublishLayerVersion"),
                        self.position(calls, "UpdateFunctionConfiguration"))
        self.assertEqual(self.function()["Layers"][0]["Arn"].split(":")[-1], "2")
        (layer,) = [document for (place, _), document in self.documents().items()
                    if place == f"{PLACE}/lambda/layer"]
        self.assertEqual([version["Version"] for version in layer["versions"]], [2])
        self.assert_plan_is_empty("calls")

    def test_a_changed_permission_leaves_no_gap(self):
        self.edit(STACK, "    principal: s3.amazonaws.com\n",
                  "    principal: s3.amazonaws.com\n    source_account: \"111122223333\"\n"
                  "    action: lambda:*\n")
        self.assertEqual(self.actions(), {"may_be_called_by_s3": "update"})
        calls = self.applied()
        self.assertEqual([entry["operation"] for entry in calls],
                         ["AddPermission", "RemovePermission"])
        self.assert_plan_is_empty("calls")

    def test_settings_change_in_place_and_are_cleared(self):
        self.edit(STACK, "    maximum_concurrency: 5\n", "    batch_size: 3\n")
        self.edit(STACK, "maximum_event_age: 3600, ", "")
        self.edit(STACK, "    reserved_concurrency: 20\n", "")
        self.edit(STACK, "    filter_policy: { kind: [failure] }\n    filter_policy_scope: MessageBody\n",
                  "    filter_policy: { kind: [{ exists: false }] }\n")
        self.assertEqual(self.actions(),
                         {"copies": "update", "jobs": "update", "transformer": "update"})
        self.applied()
        self.assert_plan_is_empty("calls")
        self.assertNotIn("reserved", self.function())
        self.edit(STACK, "    async: { retries: 2, on_failure: \"${dead_letters}\" }\n", "")
        self.applied()
        self.assertNotIn("async", self.function())
        self.assert_plan_is_empty("calls")

    def test_from_code_to_an_image_it_is_made_anew_with_what_hangs_on_it(self):
        self.edit(STACK, "  jobs:\n",
                  "  images: { type: aws.ecr_repository }\n"
                  "  picture:\n    type: aws.container_image\n    repository: ${images}\n"
                  "    folder: functions/transformer\n    command: [build]\n"
                  "  jobs:\n")
        self.apply("calls")
        self.edit(STACK, "    code: functions/transformer\n    runtime: python3.12\n"
                  "    handler: main.handler\n    layers: [\"${tables}\"]\n",
                  "    image: ${picture}\n")
        self.assertEqual(self.actions(), {
            "transformer": "replace", "jobs": "replace",
            "may_be_called_by_s3": "replace", "may_be_called_by_sns": "replace"})
        run = self.firn("plan", "calls")
        self.assertIn("a function from code cannot become one from an image", run.out)
        calls = self.applied()
        self.assertLess(self.position(calls, "DeleteEventSourceMapping"),
                        self.position(calls, "DeleteFunction"))
        self.assertEqual(self.function()["PackageType"], "Image")
        self.assertEqual(self.function()["reserved"], 20)
        self.assert_plan_is_empty("calls")


class BeforeAnyCall(CallsCase):
    def refused_at_once(self, golden, *arguments):
        before = self.log()
        run = self.refused("apply", "calls", "--yes", *arguments)
        self.assertEqual(run.out, "", str(run))
        self.assert_golden(golden, run.err)
        return before

    def test_a_queue_that_comes_back_too_soon(self):
        self.refused_at_once("functions.visibility.txt", "--set", "visibility=29")
        self.assertEqual(self.things(), {})

    def test_a_layer_for_another_region_only(self):
        self.edit(STACK, "  tables:\n    type: aws.lambda_layer\n    code: layers/tables\n"
                  "    runtimes: [python3.12]\n",
                  "  tables:\n    type: aws.lambda_layer_version\n    arns:\n"
                  "      us-east-1: arn:aws:lambda:us-east-1:210987654321:layer:tables:7\n"
                  "      us-east-2: arn:aws:lambda:us-east-2:210987654321:layer:tables:4\n")
        before = self.refused_at_once("functions.layer-region.txt")
        self.assertEqual(self.log(), before)  # nobody was asked anything
        self.write("environments/local.yaml", LOCAL.replace("eu-west-1", "us-east-2"))
        self.apply("calls")
        function = self.documents()[(f"aws/{ACCOUNT}/us-east-2/lambda/function",
                                     "cl-local-transformer")]
        self.assertEqual(function["Layers"][0]["Arn"],
                         "arn:aws:lambda:us-east-2:210987654321:layer:tables:4")
        self.assert_plan_is_empty("calls")


if __name__ == "__main__":
    unittest.main()
