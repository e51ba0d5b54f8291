"""dev and prod side by side in one sandbox: no name is in both, and one can go without the other."""
import json
import unittest

from firn_case import FirnCase

SANDBOX = "rehearsal.db"


class SideBySide(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env):
        return ["finance", "--env", env, "--sandbox", SANDBOX]

    def names(self, env):
        resources = json.loads(self.ok("show", *self.where(env), "--json").out)["resources"]
        # Prod has a key of its own with an alias, and somebody who is told.
        self.assertEqual(len(resources), {"dev": 59, "prod": 62}[env])
        return {(one["type"], one["outputs"].get("fqn") or one["name"])
                for one in resources if one["name"]}

    def test_no_collision_and_one_goes_without_the_other(self):
        for env in ("dev", "prod"):
            self.apply(*self.where(env))
        for env in ("dev", "prod"):
            self.assert_plan_is_empty(*self.where(env))
        dev, prod = self.names("dev"), self.names("prod")
        self.assertEqual(dev & prod, set())
        self.assertEqual({name.replace("DEV", "PROD").replace("dev", "prod").replace("Dev", "Prod")
                          for _, name in dev} | {"fdl-prod-data"}, {name for _, name in prod})
        self.assert_golden("environments.both.txt",
                           self.ok("sandbox", "status", "--sandbox", SANDBOX).out.split("\n", 1)[1])
        # Both in the one account that the two files name.
        accounts = {place[0].split("/")[1] for place in self.things(SANDBOX)
                    if place[0].startswith("aws/") and not place[0].startswith("aws/s3/")}
        self.assertEqual(accounts, {"123456789012"})

        self.ok("destroy", *self.where("dev"), "--yes")
        self.assert_plan_is_empty(*self.where("prod"))
        self.assertEqual(self.names("prod"), prod)
        self.assert_golden("environments.prod-alone.txt",
                           self.ok("sandbox", "status", "--sandbox", SANDBOX).out.split("\n", 1)[1])
        # The project's own sandbox and states were not touched.
        self.assertFalse((self.project / ".firn").exists())

    def test_the_plans_show_each_its_own_target(self):
        for env in ("dev", "prod"):
            run = self.ok("plan", *self.where(env))
            self.assert_golden(f"environments.{env}.plan.txt", run.out)

    def test_prod_is_protected(self):
        self.apply(*self.where("prod"))
        before = self.things(SANDBOX)
        run = self.refused("destroy", *self.where("prod"), "--yes")
        self.assert_golden("environments.prod-is-protected.txt", run.err)
        self.assertEqual(self.things(SANDBOX), before)
        # As it says: first without protection, then away.
        self.edit("environments/prod.yaml", "table_retention_days: 7\n      may_empty_bucket: false",
                  "table_retention_days: 7\n      may_empty_bucket: true")
        self.apply(*self.where("prod"))
        self.ok("destroy", *self.where("prod"), "--yes")
        self.assertEqual(self.things(SANDBOX), {})

    def test_access_logs_of_prod_go_to_the_bucket_that_is_there_already(self):
        # A stack of another region has nothing to do with it.
        self.apply("weather-multi-customer", *self.where("prod")[1:])
        self.apply(*self.where("prod"))
        buckets = {key: document for (place, key), document in self.documents(SANDBOX).items()
                   if place == "aws/s3/bucket"}
        self.assertLessEqual({"finance-de-lab-prod-eu-west-1", "company-access-logs"}, set(buckets))
        self.assertEqual(buckets["finance-de-lab-prod-eu-west-1"]["logging"],
                         {"bucket": "company-access-logs", "prefix": "finance-de-lab-prod-eu-west-1_logs/"})
        # Of another name nobody made one.
        self.edit("environments/prod.yaml", "${env.aws.log_bucket}", "nobodys-access-logs")
        self.assertIn("InvalidTargetBucketForLogging", self.refused("apply", *self.where("prod"), "--yes").err)


if __name__ == "__main__":
    unittest.main()
