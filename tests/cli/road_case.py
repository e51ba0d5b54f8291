"""A short road of six objects in both clouds, for tests of what the program says."""
from firn_case import FirnCase

STACK = "stacks/road/stack.yaml"

OBJECTS = """\
stack: road
naming: { project: road, short: rd }
parameters:
  prefix: { type: string, default: in/ }
resources:
  data:
    type: aws.s3_bucket
    force_destroy: true
  arrivals:
    type: aws.sns_topic
    publishers: ["${data}"]
  rule:
    type: aws.s3_notification
    bucket: ${data}
    topic: ${arrivals}
    prefix: ${param.prefix}
  database:
    type: snowflake.database
  raw:
    type: snowflake.schema
    database: ${database}
  events:
    type: snowflake.table
    schema: ${raw}
    columns:
      - { name: ID, type: VARCHAR }
"""
ROAD = OBJECTS + """\
outputs:
  bucket: ${data.name}
  drop_here: "s3://${data.name}/${param.prefix}"
"""

LOCAL = """\
environment: local
aws: { target: sandbox, account: "111122223333", region: eu-west-1 }
snowflake: { target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }
"""


class RoadCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.project.mkdir()
        self.write(STACK, ROAD)
        self.write("environments/local.yaml", LOCAL)

    def everything(self, env="local"):
        """What must be as before when something was refused: both clouds, and the state's rows."""
        return (self.things(), self.rows(f".firn/road.{env}.state.db"))

    def assert_refused(self, golden, *arguments, **options):
        """Refused with exit code 1 and these words, and nothing was changed."""
        before = self.everything()
        run = self.refused(*arguments, **options)
        self.assertEqual(run.out, "", str(run))
        self.assert_golden(golden, run.err)
        self.assertEqual(self.everything(), before)
        return run
