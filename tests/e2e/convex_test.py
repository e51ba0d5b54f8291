"""The convex pipeline: its names and plans, who may do what, its order, and what its pipes load."""

import json
import re
import unittest

from firn_case import SOURCE, FirnCase
from privileges import holders, owners, snowflake_rights, statements, trusts

STACK = "convex-insurance"
ACCOUNT = "123456789012"
REGION = "ap-southeast-1"
SNOWFLAKE = "MYORG-SOUTHEASTACCOUNT"
PREFIXES = ["convex-customers/", "convex-products/", "convex-transactions/"]
SCIENTISTS = {"dev": ["CVX_TEST_SCIENTIST"], "prod": ["DATA_SCIENTIST_1", "DATA_SCIENTIST_2"]}
UPLOADERS = {"dev": "Developers", "prod": "InsuranceDataCI"}

# {e}, {E}, {U}: the environment as dev, Dev and DEV.
NAMES = {
    "aws.s3_bucket": ["convex-insurance-{e}-ap-southeast-1"],
    "aws.iam_role": ["CVX{E}UploaderRole", "CVX{E}SnowflakeRole", "CVX{E}SnowflakeNotifyRole"],
    "aws.sns_topic": ["cvx-{e}-alerts"],
    "snowflake.warehouse": ["CVX_{U}_WAREHOUSE"],
    "snowflake.storage_integration": ["CVX_{U}_S3_INTEGRATION"],
    "snowflake.notification_integration": ["CVX_{U}_ALERTS"],
    "snowflake.role": ["CVX_{U}_LOADER", "CVX_{U}_DATASCIENCE"],
    "snowflake.database": ["CVX_{U}_DATABASE"],
    "snowflake.schema": ["CONVEX_STAGE", "CONVEX_VAULT", "CONVEX_WAREHOUSE", "CONVEX_DATAMART", "CONVEX_CONTROL"],
    "snowflake.file_format": ["CSV_LOAD_FORMAT", "JSON_LOAD_FORMAT"],
    "snowflake.stage": ["STAGE_TRANS_JSON", "STAGE_CUSTOMERS_CSV", "STAGE_PRODUCTS_CSV"],
    "snowflake.table": [
        "STG_CONVEX_TRANS_JSON", "STG_CONVEX_TRANSACTIONS", "STG_CONVEX_CUSTOMERS", "STG_CONVEX_PRODUCTS",
        "HUB_CUSTOMER", "SAT_CUSTOMER", "HUB_PRODUCT", "SAT_PRODUCT", "LINK_TRANSACTION", "SAT_TRANSACTION", "JOB_RUN"],
    "snowflake.stream": [
        "TRANS_JSON_STRM", "STG_CONVEX_CUSTOMER_STRM", "STG_CONVEX_PRODUCT_STRM", "STG_CONVEX_TRANSACTION_STRM"],
    "snowflake.view": [
        "V_STG_CONVEX_TRANSACTIONS", "V_STG_CONVEX_CUSTOMERS", "V_STG_CONVEX_PRODUCTS", "FACT_TRANSACTIONS",
        "DIM_CUSTOMER", "DIM_PRODUCT", "DATASCIENCE_OUTPUT", "JOB_STATUS"],
    "snowflake.procedure": ["PROC_LOAD_CONVEX_DATA"],
    "snowflake.task": [
        "TASK_LOAD_STAGE", "TASK_CUSTOMER_VAULT", "TASK_PRODUCT_VAULT", "TASK_TRANSACTION_VAULT", "TASK_RECORD_RUN"],
}  # fmt: skip
OF_PROD = {
    "aws.kms_alias": ["cvx-prod-data"],
    "aws.lambda_function": ["cvx-prod-slack-notifier"],
    "aws.secret": ["cvx-prod-slack-webhook"],
    "aws.log_group": ["/aws/lambda/cvx-prod-slack-notifier"],
}


def policy(effect="Allow", **statement):
    return statements({"Statement": [{"Effect": effect, **statement}]})


class ConvexCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env):
        return [STACK, "--env", env, "--sandbox"]

    def tasks(self):
        return {document["name"]: document["properties"].get("state", "suspended")
                for (collection, _), document in self.documents().items()
                if collection == f"snowflake/{SNOWFLAKE}/task"}

    def done(self, *operations, since=0):
        """What the clouds carried out of these operations, in their order."""
        return [(entry["operation"], entry["target"].rsplit(".", 1)[-1]) for entry in self.log()[since:]
                if entry["operation"] in operations and entry["status"] < 300]


class ConvexNames(ConvexCase):
    def check(self, env):
        plan = self.ok("plan", *self.where(env)).out
        self.assert_golden(f"convex.{env}.plan.txt", plan)
        found = {}
        for kind, name in re.findall(r"(?m)^    \+ .* is created\n      (\S+) (\S+)$", plan):
            found.setdefault(kind, []).append(name)
        words = {"e": env, "E": env.capitalize(), "U": env.upper()}
        wanted = {kind: [name.format(**words) for name in names] for kind, names in NAMES.items()}
        wanted["snowflake.user"] = SCIENTISTS[env]
        if env == "prod":
            wanted["aws.iam_role"].append("CVXProdSlackNotifierRole")
            wanted.update(OF_PROD)
        self.assertEqual({kind: sorted(names) for kind, names in found.items()},
                         {kind: sorted(names) for kind, names in wanted.items()})

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_a_key_is_looked_for_beside_the_environment_that_names_it(self):
        self.write("environments/keys/me.pub", (SOURCE / "stacks" / STACK / "keys/test-scientist.pub").read_text())
        self.edit("environments/dev.yaml", 'file("../stacks/convex-insurance/keys/test-scientist.pub")',
                  'file("keys/me.pub")')
        steps = self.plan_steps(*self.where("dev"))
        self.assertTrue(steps['scientist["CVX_TEST_SCIENTIST"]']["after"]["rsa_public_key"])
        self.edit("environments/dev.yaml", "keys/me.pub", "keys/you.pub")
        self.assertIn("Looked for environments/keys/you.pub.", self.refused("plan", *self.where("dev")).err)


class ConvexPrivileges(ConvexCase):
    def check(self, env):
        self.apply(*self.where(env))
        documents = self.documents()
        bucket = f"arn:aws:s3:::convex-insurance-{env}-{REGION}"
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:cvx-{env}-alerts"
        short, upper = f"CVX{env.capitalize()}", env.upper()
        below = [f"{bucket}/{prefix}*" for prefix in PREFIXES]
        wanted = {
            f"{short}UploaderRole": policy(Action="s3:PutObject", Resource=below),
            f"{short}SnowflakeRole": [
                *policy(Action=["s3:GetObject", "s3:GetObjectVersion"], Resource=below),
                *policy(Action="s3:ListBucket", Resource=bucket,
                        Condition={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in PREFIXES]}}),
                *policy(Action="s3:GetBucketLocation", Resource=bucket)],
            f"{short}SnowflakeNotifyRole": policy(Action="sns:Publish", Resource=topic),
        }
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cvx-prod-slack-webhook-??????"
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/cvx-prod-slack-notifier:*"
        if env == "prod":
            wanted["CVXProdSlackNotifierRole"] = [
                *policy(Action=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource=secret),
                *policy(Action=["logs:CreateLogStream", "logs:PutLogEvents"], Resource=group)]
        self.assertEqual(holders(documents, ACCOUNT, "role"), {name: sorted(lines) for name, lines in wanted.items()})
        self.assertEqual(holders(documents, ACCOUNT, "user"), {})
        self.trusted(env, short, trusts(documents, ACCOUNT))
        self.assertIn(
            policy("Deny", Principal="*", Action="sns:Publish", Resource=topic, Condition={
                "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{short}SnowflakeNotifyRole"}})[0],
            statements(documents[f"aws/{ACCOUNT}/{REGION}/sns/topic", f"cvx-{env}-alerts"]["policy"]["document"]))
        self.keys(env, documents)
        self.in_snowflake(env, upper, documents)

    def trusted(self, env, short, trust):
        def integration(address):
            outputs = self.resource(address, STACK, env, "--sandbox")["outputs"]
            return policy(Principal={"AWS": outputs["iam_user_arn"]}, Action="sts:AssumeRole",
                          Condition={"StringEquals": {"sts:ExternalId": outputs["external_id"]}})

        wanted = {
            f"{short}UploaderRole": policy(
                Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole",
                Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{UPLOADERS[env]}"}}),
            f"{short}SnowflakeRole": integration("s3_integration"),
            f"{short}SnowflakeNotifyRole": integration("alerts_integration"),
        }
        if env == "prod":
            wanted["CVXProdSlackNotifierRole"] = policy(
                Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
        self.assertEqual(trust, wanted)
        # Two hand-shakes, each with an id of its own.
        self.assertNotEqual(trust[f"{short}SnowflakeRole"], trust[f"{short}SnowflakeNotifyRole"])

    def keys(self, env, documents):
        """In prod the key of the bucket is open to the two roles, and only through S3."""
        found = [document for (collection, _), document in documents.items()
                 if collection == f"aws/{ACCOUNT}/{REGION}/kms/key"]
        self.assertEqual(len(found), 1 if env == "prod" else 0)
        through = {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"s3.{REGION}.amazonaws.com"}
        for key in found:
            role = f"arn:aws:iam::{ACCOUNT}:role/CVXProd"
            opened = [line for line in statements(key["policy"]["document"]) if ":root" not in line]
            self.assertEqual(opened, sorted(
                policy(Principal="*", Action=["kms:Decrypt", "kms:GenerateDataKey"], Resource="*", Condition={
                    "StringEquals": through, "ArnEquals": {"aws:PrincipalArn": f"{role}UploaderRole"}})
                + policy(Principal="*", Action="kms:Decrypt", Resource="*", Condition={
                    "StringEquals": through, "ArnEquals": {"aws:PrincipalArn": f"{role}SnowflakeRole"}})))

    def in_snowflake(self, env, upper, documents):
        rights = snowflake_rights(documents, SNOWFLAKE)
        loader, scientist = f"CVX_{upper}_LOADER", f"CVX_{upper}_DATASCIENCE"
        self.assertEqual(rights[scientist], {
            f"USAGE on WAREHOUSE CVX_{upper}_WAREHOUSE", f"USAGE on DATABASE CVX_{upper}_DATABASE",
            "USAGE on SCHEMA CONVEX_DATAMART", "SELECT on VIEW DATASCIENCE_OUTPUT"})
        tables = {
            "STG_CONVEX_TRANS_JSON": "SELECT INSERT", "STG_CONVEX_TRANSACTIONS": "SELECT INSERT",
            "STG_CONVEX_CUSTOMERS": "SELECT INSERT DELETE", "STG_CONVEX_PRODUCTS": "SELECT INSERT DELETE",
            "HUB_CUSTOMER": "SELECT INSERT", "SAT_CUSTOMER": "SELECT INSERT", "HUB_PRODUCT": "SELECT INSERT",
            "SAT_PRODUCT": "SELECT INSERT", "LINK_TRANSACTION": "SELECT INSERT", "SAT_TRANSACTION": "SELECT INSERT",
            "JOB_RUN": "INSERT"}
        self.assertEqual(rights[loader], {
            "EXECUTE TASK on ACCOUNT the account", f"USAGE on WAREHOUSE CVX_{upper}_WAREHOUSE",
            f"USAGE on INTEGRATION CVX_{upper}_S3_INTEGRATION", f"USAGE on INTEGRATION CVX_{upper}_ALERTS",
            f"USAGE on DATABASE CVX_{upper}_DATABASE",
            *(f"USAGE on SCHEMA CONVEX_{schema}" for schema in ("STAGE", "VAULT", "WAREHOUSE", "CONTROL")),
            *(f"USAGE on STAGE {stage}" for stage in NAMES["snowflake.stage"]),
            *(f"USAGE on FILE_FORMAT {name}" for name in NAMES["snowflake.file_format"]),
            *(f"SELECT on STREAM {stream}" for stream in NAMES["snowflake.stream"]),
            "SELECT on VIEW V_STG_CONVEX_CUSTOMERS", "SELECT on VIEW V_STG_CONVEX_PRODUCTS",
            *(f"{right} on TABLE {table}" for table, listed in tables.items() for right in listed.split()),
            next(right for right in rights[loader] if right.startswith("USAGE on PROCEDURE PROC_LOAD_CONVEX_DATA"))})
        self.assertEqual(owners(documents, SNOWFLAKE, ["task"]), dict.fromkeys(NAMES["snowflake.task"], loader))
        self.assertLessEqual({f"USAGE on ROLE {loader}", f"USAGE on ROLE {scientist}"}, rights["SYSADMIN"])
        for user in SCIENTISTS[env]:
            self.assertEqual(rights[user], {f"USAGE on ROLE {scientist}"})
            properties = documents[f"snowflake/{SNOWFLAKE}/user", f"000000000000\x1f{user}"]["properties"]
            self.assertEqual((properties["default_role"], properties["default_warehouse"]),
                             (scientist, f"CVX_{upper}_WAREHOUSE"))
            self.assertIn("rsa_public_key", properties)
            self.assertNotIn("password", properties)

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_what_somebody_grants_beside_it_is_shown_and_taken_away(self):
        self.apply(*self.where("dev"))
        self.write("stacks/stranger/stack.yaml", """
            stack: stranger
            resources:
              peek:
                type: snowflake.grant
                privileges: [SELECT]
                on: { table: CVX_DEV_DATABASE.CONVEX_VAULT.HUB_CUSTOMER }
                to: { role: CVX_DEV_DATASCIENCE }
            """)
        self.edit("environments/dev.yaml", "\nstacks:\n",
                  "\nstacks:\n  stranger: { snowflake: { account: myorg-southeastaccount } }\n")
        self.apply("stranger", "--env", "dev", "--sandbox")
        plan = self.ok("plan", *self.where("dev")).out
        self.assert_golden("convex.more-rights.txt", plan)
        self.apply(*self.where("dev"))
        self.assertNotIn("SELECT on TABLE HUB_CUSTOMER",
                         snowflake_rights(self.documents(), SNOWFLAKE)["CVX_DEV_DATASCIENCE"])
        self.assert_plan_is_empty(*self.where("dev"))


class ConvexOrder(ConvexCase):
    def test_what_is_made_before_what(self):
        self.apply(*self.where("prod"))
        made = [name for _, name in self.done("CREATE TABLE", "CREATE VIEW", "CREATE STREAM", "CREATE TASK", "GRANT")]
        place = {name: made.index(name) for name in made}
        for first, then in (
                ("HUB_CUSTOMER", "SAT_CUSTOMER"), ("HUB_PRODUCT", "SAT_PRODUCT"), ("HUB_CUSTOMER", "LINK_TRANSACTION"),
                ("HUB_PRODUCT", "LINK_TRANSACTION"), ("LINK_TRANSACTION", "SAT_TRANSACTION"),
                ("SAT_TRANSACTION", "FACT_TRANSACTIONS"), ("SAT_CUSTOMER", "DIM_CUSTOMER"), ("SAT_PRODUCT", "DIM_PRODUCT"),
                ("FACT_TRANSACTIONS", "DATASCIENCE_OUTPUT"), ("DIM_CUSTOMER", "DATASCIENCE_OUTPUT"),
                ("DIM_PRODUCT", "DATASCIENCE_OUTPUT"), ("JOB_RUN", "JOB_STATUS"),
                ("DATASCIENCE_OUTPUT", "CVX_PROD_DATASCIENCE"),  # the view before what is granted on it
                ("STG_CONVEX_TRANS_JSON", "TRANS_JSON_STRM"), ("STG_CONVEX_CUSTOMERS", "STG_CONVEX_CUSTOMER_STRM"),
                ("STG_CONVEX_PRODUCTS", "STG_CONVEX_PRODUCT_STRM"),
                ("STG_CONVEX_TRANSACTIONS", "STG_CONVEX_TRANSACTION_STRM")):
            self.assertLess(place[first], place[then], f"{first} comes before {then}")
        # Everything is there before the first task is set going, and the root goes last.
        everything = self.done("CREATE STREAM", "CREATE TASK", "ALTER TASK")
        self.assertEqual([operation for operation, _ in everything[-5:]], ["ALTER TASK"] * 5)
        resumed = [name for _, name in everything[-5:]]
        self.assertEqual(sorted(resumed), sorted(NAMES["snowflake.task"]))
        self.assertEqual(resumed[-1], "TASK_LOAD_STAGE")
        self.assertEqual(set(self.tasks().values()), {"started"})

    def test_a_changed_task_rests_meanwhile(self):
        self.apply(*self.where("prod"))
        before = len(self.log())
        self.edit(f"stacks/{STACK}/sql/customer_vault.sql", "NOW_TS, 'CSV')\nSELECT", "NOW_TS, 'customers.csv')\nSELECT")
        self.apply(*self.where("prod"))
        altered = [name for _, name in self.done("ALTER TASK", since=before)]
        self.assertEqual((altered[0], altered[-1]), ("TASK_LOAD_STAGE", "TASK_LOAD_STAGE"), altered)
        self.assertIn("TASK_CUSTOMER_VAULT", altered[1:-1])
        self.assertEqual(set(self.tasks().values()), {"started"})

    def test_dev_rests(self):
        self.apply(*self.where("dev"))
        tasks = self.tasks()
        self.assertEqual(tasks.pop("TASK_LOAD_STAGE"), "suspended")

    def test_the_root_rests_before_anything_goes(self):
        self.apply(*self.where("prod"))
        self.edit("environments/prod.yaml", "      versioning: true\n      may_empty_bucket: false\n      alert_channel: slack\n",
                  "      versioning: true\n      may_empty_bucket: true\n      alert_channel: slack\n")
        self.apply(*self.where("prod"))
        before = len(self.log())
        self.ok("destroy", *self.where("prod"), "--yes")
        done = self.done("ALTER TASK", "DROP TASK", "DROP PROCEDURE", "DROP STREAM", since=before)
        self.assertEqual(done[0], ("ALTER TASK", "TASK_LOAD_STAGE"))


class ConvexRegions(ConvexCase):
    def test_two_regions_are_called_out(self):
        account = "snowflake: { account: myorg-southeastaccount }"
        self.assertNotIn("warning", self.ok("plan", *self.where("dev")).out)
        self.edit("environments/dev.yaml", account, "snowflake: { account: myorg-westaccount, region: eu-west-1 }")
        plan = self.ok("plan", *self.where("dev")).out
        self.assertIn("\nwarning: two regions: aws in ap-southeast-1, snowflake in eu-west-1\n", plan)
        self.assertIn("AWS bills", plan)
        (warning,) = json.loads(self.ok("plan", *self.where("dev"), "--json").out)["warnings"]
        self.assertEqual(warning["address"], "s3_integration")
        # It works, and goes on being said.
        self.apply(*self.where("dev"))
        again = self.ok("plan", *self.where("dev")).out
        self.assertIn("\nwarning: two regions:", again)
        self.assertIn("\nNothing to do: ", again)


class ConvexPipes(ConvexCase):
    """Pipe mode loads what the description brings as acceptance data: the sandbox carries it from S3 to the tables."""

    GENERATOR = """
        stack: generator
        defaults: { aws: { region: ap-southeast-1 } }
        resources:
          customers:
            type: aws.s3_object
            bucket: convex-insurance-%(env)s-ap-southeast-1
            key: convex-customers/customers.csv
            content: "customer_id,loyalty_score\\nC1,7\\nC2,4\\n"
          products:
            type: aws.s3_object
            bucket: convex-insurance-%(env)s-ap-southeast-1
            key: convex-products/products.csv
            content: "product_id,product_description,product_category\\nP1,car,motor\\nP2,van,motor\\nP3,house,home\\n"
          transactions:
            type: aws.s3_object
            bucket: convex-insurance-%(env)s-ap-southeast-1
            key: convex-transactions/d=2018-09-01/transactions.json
            content: |
              {"customer_id":"C1","basket":[{"product_id":"P3","price":506},{"product_id":"P1","price":121}],"date_of_purchase":"2018-09-01 11:09:00"}
              {"customer_id":"C2","basket":[{"product_id":"P3","price":480}],"date_of_purchase":"2018-09-01 12:00:00"}
              {"customer_id":"C1","basket":[{"product_id":"P3","price":506},{"product_id":"P2","price":88}],"date_of_purchase":"2018-09-01 18:30:00"}
          elsewhere:
            type: aws.s3_object
            bucket: convex-insurance-%(env)s-ap-southeast-1
            key: notes.csv
            content: "not,ours\\n"
        """

    def table(self, name):
        documents = self.documents()
        (number,) = [document["id"] for (collection, _), document in documents.items()
                     if collection == f"snowflake/{SNOWFLAKE}/relation" and document["name"] == name]
        return [document for (collection, _), document in documents.items()
                if collection == f"snowflake/{SNOWFLAKE}/rows/{number}"]

    def check(self, env):
        self.apply(*self.where(env), "--set", "pipe_mode=true")
        self.assert_plan_is_empty(*self.where(env), "--set", "pipe_mode=true")
        self.write("stacks/generator/stack.yaml", self.GENERATOR % {"env": env})
        self.apply("generator", "--env", env, "--sandbox")
        loaded = {name: self.table(name) for name in ("STG_CONVEX_CUSTOMERS", "STG_CONVEX_PRODUCTS", "STG_CONVEX_TRANS_JSON")}
        self.assertEqual({name: len(rows) for name, rows in loaded.items()},
                         {"STG_CONVEX_CUSTOMERS": 2, "STG_CONVEX_PRODUCTS": 3, "STG_CONVEX_TRANS_JSON": 3})
        self.assertIn("1a2ddc2db4693cfd16d534cde5572cc1", json.dumps(loaded["STG_CONVEX_CUSTOMERS"]))  # MD5 of C1
        self.assertIn("convex-transactions/d=2018-09-01/transactions.json", json.dumps(loaded["STG_CONVEX_TRANS_JSON"]))

    def test_dev(self):
        self.check("dev")

    def test_prod_with_a_key_of_its_own(self):
        self.check("prod")

if __name__ == "__main__":
    unittest.main()
