"""Who may do what in Snowflake: users, whole sets of grants, ownership, and the account's place."""
import json
import subprocess
import unittest

import edited_state
from firn_case import FirnCase

LOCAL = """\
environment: local
aws: { target: sandbox, account: "111122223333", region: eu-west-1 }
snowflake: { target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }
"""

STACK = "stacks/rights/stack.yaml"
RIGHTS = """\
stack: rights
naming: { project: rights, short: rt }
resources:
  place:
    type: snowflake.account
  compute:
    type: snowflake.warehouse
    initially_suspended: true
  lake:
    type: snowflake.database
  raw:
    type: snowflake.schema
    database: ${lake}
  mart:
    type: snowflake.schema
    database: ${lake}
  events:
    type: snowflake.table
    schema: ${raw}
    columns: [{ name: ID, type: VARCHAR }]
  daily:
    type: snowflake.table
    schema: ${mart}
    columns: [{ name: ID, type: VARCHAR }]
  latest:
    type: snowflake.view
    schema: ${mart}
    query: SELECT ID FROM ${daily.fqn}

  loader:
    type: snowflake.database_role
    database: ${lake}
  loader_may:
    type: snowflake.grants
    database_role: ${loader}
    grants:
      - { privileges: [USAGE, CREATE TABLE], on: { schema: "${raw}" } }
      - { privileges: [SELECT, INSERT], on: { table: "${events}" } }

  reporting:
    type: snowflake.role
  reporting_may:
    type: snowflake.grants
    role: ${reporting}
    grants:
      - { privileges: [EXECUTE TASK], on: { account: true } }
      - { privileges: [USAGE], on: { warehouse: "${compute}" } }
      - { privileges: [USAGE], on: { database: "${lake}" } }
      - { privileges: [USAGE], on: { schema: "${mart}" } }
      - { privileges: [SELECT], on: { all: { objects: TABLES, schema: "${mart}" } } }
      - { privileges: [SELECT], on: { future: { objects: TABLES, schema: "${mart}" } } }
      - { privileges: [SELECT], on: { all: { objects: VIEWS, schema: "${mart}" } } }
      - { privileges: [SELECT], on: { future: { objects: VIEWS, schema: "${mart}" } } }
    database_roles: ["${loader}"]
  reporting_below_sysadmin:
    type: snowflake.grant
    role: ${reporting}
    to: { role: SYSADMIN }
  reporting_owns_daily:
    type: snowflake.grant
    privileges: [OWNERSHIP]
    on: { table: "${daily}" }
    to: { role: "${reporting}" }
    depends_on: [reporting_below_sysadmin]

  tableau:
    type: snowflake.user
    user_type: SERVICE
    default_warehouse: ${compute}
    default_role: ${reporting}
    default_namespace: ${mart}
    rsa_public_key: ${file("tableau.pub")}
    comment: Dashboards
  tableau_reports:
    type: snowflake.grant
    role: ${reporting}
    to: { user: "${tableau}" }
outputs:
  region: ${place.region}
  account: ${place.identifier}
"""

# Somebody else, who grants to the role what its owner has not declared.
STRANGER = """\
stack: stranger
resources:
  more:
    type: snowflake.grant
    privileges: [DELETE, SELECT]
    on: { table: RT_DEV_LAKE.RAW.EVENTS }
    to: { role: RT_DEV_REPORTING }
  admin:
    type: snowflake.grant
    role: ${other}
    to: { role: RT_DEV_REPORTING }
  other:
    type: snowflake.role
    name: RT_DEV_STRANGER
"""


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True,
                          **options).stdout


class RightsCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.project.mkdir()
        self.write("environments/local.yaml", LOCAL)
        self.write(STACK, RIGHTS.replace("naming: {", "naming: { env: dev,"))
        self.new_key("tableau.pub")

    def new_key(self, name):
        private = openssl("genrsa", "2048")
        public = openssl("rsa", "-pubout", input=private)
        self.write(f"stacks/rights/{name}", public)
        return public

    def held(self, grantee):
        """What the sandbox holds of a role: (privilege, object kind, name), …"""
        names = {}
        grants = []
        for (collection, _), document in self.documents().items():
            part = collection.rsplit("/", 1)[-1]
            if part == "grant":
                grants.append(document)
            elif "id" in document and "name" in document:
                names[document["id"]] = document["name"]
        return sorted((grant["privilege"], grant["object_kind"], names.get(grant["object"], ""))
                      for grant in grants if names.get(grant["grantee"]) == grantee)

    def statements_since(self, before):
        return [entry["operation"] for entry in self.log()[before:]]


class Rights(RightsCase):
    def setUp(self):
        super().setUp()
        self.apply("rights")

    def test_all_of_it_is_made_once_and_planned_as_nothing(self):
        self.assert_plan_is_empty("rights")
        self.assertEqual(self.held("RT_DEV_REPORTING"), [
            ("EXECUTE TASK", "ACCOUNT", ""),
            ("SELECT", "TABLE", "DAILY"),
            ("SELECT", "VIEW", "LATEST"),
            ("USAGE", "DATABASE", "RT_DEV_LAKE"),
            ("USAGE", "DATABASE_ROLE", "LOADER"),
            ("USAGE", "SCHEMA", "MART"),
            ("USAGE", "WAREHOUSE", "RT_DEV_COMPUTE"),
        ])
        self.assertEqual(json.loads(self.ok("output", "rights", "--json").out),
                         {"region": "eu-west-1", "account": "FIRN-LOCAL"})
        self.ok("destroy", "rights", "--yes")
        self.assertEqual(self.things(), {})
        self.ok("destroy", "rights", "--yes")

    def test_what_is_granted_beside_it_is_named_and_revoked(self):
        self.write("stacks/stranger/stack.yaml", STRANGER)
        self.apply("stranger")
        run = self.firn("plan", "rights", "--detailed-exitcode")
        self.assertEqual(run.code, 2, str(run))
        self.assert_golden("access.surplus.txt", run.out)
        self.apply("rights")
        self.assert_plan_is_empty("rights")
        self.assertNotIn(("DELETE", "TABLE", "EVENTS"), self.held("RT_DEV_REPORTING"))
        self.assertNotIn(("USAGE", "ROLE", "RT_DEV_STRANGER"), self.held("RT_DEV_REPORTING"))

    def test_tables_made_later_are_covered_and_are_no_drift(self):
        self.edit(STACK, "  latest:\n", "  weekly:\n    type: snowflake.table\n    schema: ${mart}\n"
                  "    columns: [{ name: ID, type: VARCHAR }]\n  latest:\n")
        self.apply("rights")
        self.assertIn(("SELECT", "TABLE", "WEEKLY"), self.held("RT_DEV_REPORTING"))
        self.assert_plan_is_empty("rights")
        # No longer declared: the plan names each table, and the apply leaves nothing behind.
        self.edit(STACK, "      - { privileges: [SELECT], on: { all: { objects: TABLES, schema: "
                  "\"${mart}\" } } }\n      - { privileges: [SELECT], on: { future: { objects: "
                  "TABLES, schema: \"${mart}\" } } }\n", "")
        step = self.plan_steps("rights")["reporting_may"]
        self.assertEqual(sorted(change["path"] for change in step["changes"]), [
            "grants.FUTURE TABLES IN SCHEMA RT_DEV_LAKE.MART",
            "grants.TABLE RT_DEV_LAKE.MART.DAILY", "grants.TABLE RT_DEV_LAKE.MART.WEEKLY"])
        self.apply("rights")
        self.assert_plan_is_empty("rights")
        self.assertEqual([row for row in self.held("RT_DEV_REPORTING") if row[1] == "TABLE"], [])

    def test_a_table_made_anew_gets_its_grants_again(self):
        self.edit(STACK, "    schema: ${raw}\n    columns: [{ name: ID, type: VARCHAR }]",
                  "    schema: ${raw}\n    columns: [{ name: ID, type: NUMBER }]")
        self.apply("rights", "--accept-loss", "events")
        self.assert_plan_is_empty("rights")
        self.assertIn(("INSERT", "TABLE", "EVENTS"), self.held("LOADER"))

    def test_a_refresh_asks_two_statements_for_each_role(self):
        before = len(self.log())
        self.assert_plan_is_empty("rights")
        asked = self.statements_since(before)
        self.assertEqual(asked.count("SHOW FUTURE GRANTS"), 2)
        self.assertLessEqual(asked.count("SHOW GRANTS"), 5)  # two sets, SYSADMIN, the user, an owner
        self.assertEqual(asked.count("SHOW USERS"), 1)
        self.assertEqual(asked.count("DESC USER"), 1)

    def test_a_role_that_holds_more_from_the_start_is_imported_first(self):
        monitor = "      - { privileges: [MONITOR], on: { warehouse: \"${compute}\" } }\n"
        first = "      - { privileges: [EXECUTE TASK]"
        self.edit(STACK, first, monitor + first)
        self.apply("rights")
        # As if the set were declared for the first time, with less in it.
        with edited_state.edited(self.project / ".firn/rights.local.state.db") as state:
            state.execute("DELETE FROM resources WHERE address = 'reporting_may'")
        self.edit(STACK, monitor, "")
        run = self.firn("apply", "rights", "--yes")
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("it holds: MONITOR on WAREHOUSE RT_DEV_COMPUTE", run.err)
        self.assertIn("firn import rights reporting_may", run.err)
        self.assertIn(("MONITOR", "WAREHOUSE", "RT_DEV_COMPUTE"), self.held("RT_DEV_REPORTING"))
        self.assert_golden("access.import.txt",
                           self.ok("import", "rights", "reporting_may", "--yes").out)
        self.apply("rights")
        self.assert_plan_is_empty("rights")
        self.assertNotIn(("MONITOR", "WAREHOUSE", "RT_DEV_COMPUTE"), self.held("RT_DEV_REPORTING"))

    def test_keys_are_changed_without_a_gap(self):
        def user():
            (found,) = [document for (collection, _), document in self.documents().items()
                        if collection.endswith("/user") and document["name"] == "RT_DEV_TABLEAU"]
            return found["properties"]
        first = user()["rsa_public_key"]
        self.new_key("second.pub")
        self.edit(STACK, "    comment: Dashboards", "    rsa_public_key_2: ${file(\"second.pub\")}\n"
                  "    comment: Dashboards")
        self.apply("rights")
        self.assert_plan_is_empty("rights")
        second = user()["rsa_public_key_2"]
        self.assertEqual(user()["rsa_public_key"], first)
        self.edit(STACK, "    rsa_public_key_2: ${file(\"second.pub\")}\n", "")
        self.edit(STACK, "file(\"tableau.pub\")", "file(\"second.pub\")")
        self.apply("rights")
        self.assert_plan_is_empty("rights")
        self.assertEqual((user()["rsa_public_key"], user().get("rsa_public_key_2")), (second, None))


class Passwords(RightsCase):
    PASSWORD = "correct-horse-7391"

    def test_from_a_password_to_a_key(self):
        self.edit(STACK, "    user_type: SERVICE\n", "    user_type: LEGACY_SERVICE\n"
                  "    password: ${secret(\"env:TABLEAU_PASSWORD\")}\n")
        secret = {"TABLEAU_PASSWORD": self.PASSWORD}
        said = [self.ok("plan", "rights", env=secret), self.apply("rights", env=secret)]
        run = self.firn("plan", "rights", "--detailed-exitcode", "--out", "saved.plan", env=secret)
        self.assertEqual(run.code, 0, str(run))
        said.append(run)
        # A changed secret is seen although Snowflake never shows it.
        run = self.firn("plan", "rights", "--detailed-exitcode",
                        env={"TABLEAU_PASSWORD": "another-horse-7391"})
        self.assertEqual(run.code, 2, str(run))
        self.assertIn("password: (secret, changed)", run.out)
        said.append(run)
        self.edit(STACK, "    user_type: LEGACY_SERVICE\n"
                  "    password: ${secret(\"env:TABLEAU_PASSWORD\")}\n",
                  "    user_type: SERVICE\n")
        step = self.plan_steps("rights")["tableau"]
        self.assertEqual(step["action"], "update")
        said.append(self.apply("rights"))
        self.assert_plan_is_empty("rights")
        for run in said:
            self.assertNotIn("horse-7391", run.out + run.err)
        for file in self.project.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"horse-7391", file.read_bytes(), str(file))


if __name__ == "__main__":
    unittest.main()
