"""Container images, and what watches over a pipeline: a small stack on the sandbox's AWS."""
import json
import unittest

from firn_case import FirnCase

STACK = "stacks/extract/stack.yaml"
FOLDER = "stacks/extract"
ACCOUNT = "111122223333"
PLACE = f"aws/{ACCOUNT}/eu-west-1"
IMAGES = "ex-local-images"

# The command would fail: a rehearsal must not run it.
EXTRACT = """\
stack: extract
naming: { project: extract, short: ex }
resources:
  account:
    type: aws.caller_identity
  alerts:
    type: aws.sns_topic
    publishers: ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
  data:
    type: aws.s3_bucket
    force_destroy: true
  deep:
    type: aws.cloudwatch_alarm
    namespace: AWS/SQS
    metric: ApproximateNumberOfMessagesVisible
    dimensions: { QueueName: "${pushes.name}" }
    statistic: Maximum
    period: 300
    comparison: GreaterThanOrEqualToThreshold
    threshold: 1
    treat_missing_data: notBreaching
    actions: ["${alerts}"]
  extractor:
    type: aws.container_image
    repository: ${images}
    folder: images/extractor
    command: ["false"]
  hourly:
    type: aws.scheduler_schedule
    group: ${hours}
    expression: rate(1 hour)
    target: { arn: "${pushes}", role: "${worker}" }
  hours:
    type: aws.scheduler_group
    name: ex-${env.name}
  images:
    type: aws.ecr_repository
    immutable_tags: true
    scan_on_push: true
    keep_images: 5
    pullers: ["${worker_function}"]
  pushed:
    type: aws.event_rule
    pattern:
      source: [aws.ecr]
      detail: { action-type: [PUSH], repository-name: ["${images.name}"] }
    targets:
      alerts: { arn: "${alerts}" }
      pushes:
        arn: ${pushes}
        transformer:
          paths: { digest: $.detail.image-digest, tag: $.detail.image-tag }
          template: '{"digest": "<digest>", "tag": "<tag>"}'
  pushes:
    type: aws.sqs_queue
    senders: ["${pushed}"]
  settings:
    type: aws.s3_object
    bucket: ${data}
    key: config/settings.json
    content_type: application/json
    content: '${json({ image: extractor.digest })}'
  worker:
    type: aws.iam_role
    trust: { service: [lambda.amazonaws.com, scheduler.amazonaws.com] }
    policies:
      own:
        send_messages: { queues: ["${pushes}"] }
  worker_function:
    type: aws.lambda_function
    image: ${extractor}
    role: ${worker}
outputs:
  account: ${account.account}
  uri: ${extractor.uri}
"""

LOCAL = f"""\
environment: local
aws: {{ target: sandbox, account: "{ACCOUNT}", region: eu-west-1 }}
snowflake: {{ target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }}
"""


class ImagesCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.project.mkdir()
        self.write(STACK, EXTRACT)
        self.write(f"{FOLDER}/images/extractor/Dockerfile", "FROM scratch\nCOPY main.py /\n")
        self.write(f"{FOLDER}/images/extractor/main.py", "print(1)\n")
        self.write("environments/local.yaml", LOCAL)
        self.apply("extract")

    def actions(self):
        return {address: step["action"] for address, step in self.plan_steps("extract").items()
                if step["action"] != "none"}

    def image(self):
        return self.resource("extractor", "extract")["outputs"]

    def images(self):
        """digest → tags, of all images that the registry holds."""
        return {document["digest"]: document["tags"]
                for (place, _), document in self.documents().items()
                if place == f"{PLACE}/ecr/image/{IMAGES}"}

    def document(self, place, key):
        return self.documents()[(f"{PLACE}/{place}", key)]

    def told(self):
        """What the queue has been told, oldest first."""
        bodies = {key: document["body"] for (place, key), document in self.documents().items()
                  if place == f"{PLACE}/sqs/message/ex-local-pushes"}
        return [json.loads(bodies[key]) for key in sorted(bodies)]


class Images(ImagesCase):
    def test_an_image_is_built_once_and_handed_on_by_its_digest(self):
        self.assert_plan_is_empty("extract")
        image = self.image()
        self.assertEqual(set(self.images()), {image["digest"]})
        registry = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{IMAGES}"
        self.assertEqual(image["uri"], f"{registry}@{image['digest']}")
        self.assertEqual(self.ok("output", "extract", "uri").out.strip(), image["uri"])
        self.assertEqual(self.ok("output", "extract", "account").out.strip(), ACCOUNT)
        function = self.document("lambda/function", "ex-local-worker-function")
        self.assertEqual(function["ImageUri"], image["uri"])

    def test_another_folder_is_another_image_for_all_who_take_it(self):
        first = self.image()
        self.write(f"{FOLDER}/images/extractor/main.py", "print(2)\n")
        self.assert_golden("images.folder.txt", self.ok("plan", "extract").out)
        self.assertEqual(self.actions(), {"extractor": "update", "settings": "update",
                                          "worker_function": "update"})
        before = self.told()
        self.apply("extract")
        self.assert_plan_is_empty("extract")
        second = self.image()
        self.assertNotEqual(second["digest"], first["digest"])
        self.assertEqual(set(self.images()), {first["digest"], second["digest"]})
        function = self.document("lambda/function", "ex-local-worker-function")
        self.assertEqual(function["ImageUri"], second["uri"])
        # EventBridge has told the queue of the push, in the words of the rule.
        self.assertEqual(self.told()[len(before):][0],
                         {"digest": second["digest"], "tag": second["tag"]})

        # Back again: the first image is still there, so nothing is built.
        pushes = len(self.calls("PutImage"))
        self.write(f"{FOLDER}/images/extractor/main.py", "print(1)\n")
        self.apply("extract")
        self.assertEqual(self.image(), first)
        self.assertEqual(len(self.calls("PutImage")), pushes)
        self.assert_plan_is_empty("extract")

    def calls(self, operation):
        return [entry for entry in self.log() if entry["operation"] == operation]

    def test_another_command_builds_nothing(self):
        pushes = len(self.calls("PutImage"))
        self.edit(STACK, 'command: ["false"]', 'command: ["false", "--pull"]')
        self.assertEqual(self.actions(), {"extractor": "update"})
        self.apply("extract")
        self.assertEqual(len(self.calls("PutImage")), pushes)
        self.assert_plan_is_empty("extract")

    def test_everything_goes_and_takes_its_images_along(self):
        self.write(f"{FOLDER}/images/extractor/main.py", "print(2)\n")
        self.apply("extract")
        self.assertEqual(len(self.images()), 2)
        # The repository may not be emptied, and need not be: both builds are the image's own.
        self.ok("destroy", "extract", "--yes")
        self.assertEqual(self.images(), {})
        self.assertEqual(self.things(), {})
        self.ok("destroy", "extract", "--yes")

    def test_a_folder_that_is_not_there(self):
        self.edit(STACK, "folder: images/extractor", "folder: images/extractr")
        run = self.refused("plan", "extract")
        self.assert_golden("images.no-folder.txt", run.err)


class Watching(ImagesCase):
    def test_what_changes_does_so_in_place(self):
        self.edit(STACK, "    threshold: 1\n", "    threshold: 5\n    ok_actions: [\"${alerts}\"]\n")
        self.edit(STACK, "action-type: [PUSH]", "action-type: [PUSH, DELETE]")
        self.edit(STACK, "    keep_images: 5\n", "    keep_images: 3\n    force_destroy: true\n")
        self.edit(STACK, "{ image: extractor.digest }", "{ image: extractor.digest, size: 1 }")
        self.edit(STACK, "publishers: [\"cloudwatch.amazonaws.com\", \"events.amazonaws.com\"]",
                  "publishers: [\"${deep}\", \"events.amazonaws.com\"]")
        self.assert_golden("images.watching.txt", self.ok("plan", "extract").out)
        self.assertEqual(self.actions(), {
            "alerts": "update", "deep": "update", "images": "update", "pushed": "update",
            "settings": "update"})
        self.apply("extract")
        self.assert_plan_is_empty("extract")
        self.assertTrue(any("config/settings.json" in key for _, key in self.documents()))

    def test_a_group_of_another_name_takes_its_schedules_along(self):
        self.edit(STACK, "name: ex-${env.name}", "name: ex-${env.name}-hours")
        self.assertEqual(self.actions(), {"hours": "replace", "hourly": "replace"})
        self.apply("extract")
        self.assert_plan_is_empty("extract")
        names = {key for (place, key) in self.documents() if place == f"{PLACE}/scheduler/group"}
        self.assertIn("ex-local-hours", names)

    def test_a_rule_and_an_alarm_of_others_are_not_taken(self):
        self.write("stacks/other/stack.yaml", "stack: other\nresources:\n"
                   "  deep:\n    type: aws.cloudwatch_alarm\n    name: ex-local-deep\n"
                   "    namespace: N\n    metric: M\n    statistic: Sum\n    period: 60\n"
                   "    comparison: GreaterThanThreshold\n    threshold: 1\n"
                   "  pushed:\n    type: aws.event_rule\n    name: EXLocalPushed\n"
                   "    schedule: rate(1 hour)\n")
        run = self.firn("apply", "other", "--yes")
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("deep", run.err)
        self.assertIn("pushed", run.err)
        self.assert_plan_is_empty("extract")


if __name__ == "__main__":
    unittest.main()
