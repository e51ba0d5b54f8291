#!/usr/bin/env python3
"""What a look at a stack costs in which nothing has changed: numbers of calls, which are the same on every machine.

bench/calls_per_resource.py counts, and prints the table of it.
"""

import importlib.util
import os
import pathlib
import sys
import unittest

if importlib.util.find_spec("yaml") is None:
    print("\n*** There is no PyYAML: THE CALLS WERE NOT COUNTED. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

FIRN = os.environ["FIRN"]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import calls_per_resource  # noqa: E402

# What one more of each type in growth/stack.yaml takes, beside what is asked once for all. A type that is not here takes
# nothing more. Each of these shows one object only, and no listing shows as much.
ONE_MORE = {
    "events DescribeRule": 1,
    "events ListTargetsByRule": 1,
    "iam ListAccessKeys": 1,
    "kms DescribeKey": 1,
    "s3 GetBucketPolicy": 1,
    "s3 GetBucketVersioning": 1,
    "s3 GetPublicAccessBlock": 1,
    "scheduler GetSchedule": 1,
    "scheduler GetScheduleGroup": 1,
    "sns GetTopicAttributes": 2,  # growth/stack.yaml has two topics for each name
    "sql DESC STAGE": 1,  # because of its file format
    "sql SHOW GRANTS": 1,  # of each role
    "sqs GetQueueAttributes": 1,
}


class Calls(unittest.TestCase):
    maxDiff = None

    def test_grow_only_by_what_no_listing_shows(self):
        few = calls_per_resource.grown(FIRN, ["a", "b", "c"])
        many = calls_per_resource.grown(FIRN, ["a", "b", "c", "d", "e", "f", "g", "h"])
        self.assertGreater(many.resources - few.resources, 5 * 25)
        growth = {name: (many.calls[cloud, name] - few.calls[cloud, name]) / 5 for cloud, name in many.calls}
        self.assertEqual({name: calls for name, calls in growth.items() if calls}, ONE_MORE)

    def test_statements_grow_with_the_types_of_objects_and_not_with_the_objects(self):
        few, many = (calls_per_resource.tables(FIRN, number) for number in (10, 100))
        self.assertEqual(many.resources - few.resources, 90)
        self.assertEqual(many.calls, few.calls)

    def test_are_fewer_than_the_resources_of_the_pipelines(self):
        counted = [one for one in calls_per_resource.every_stack(FIRN, "local") if one.stack not in SMALL]
        self.assertGreater(len(counted), 1, "the stacks were not found")
        for one in counted:
            with self.subTest(stack=one.stack):
                # A small stack has few objects of each type to share a listing.
                self.assertLess(one.aws + one.snowflake, 1.2 * one.resources, calls_per_resource.line(one))
        together = calls_per_resource.total(counted)
        self.assertLess(together.aws + together.snowflake, together.resources, calls_per_resource.line(together))


# No pipelines, and of almost as many types as they have objects.
SMALL = {"bootstrap", "bootstrap-snowflake"}


if __name__ == "__main__":
    unittest.main()
