"""Every attribute of every AWS type, made, changed, taken away and removed on moto.

Every request on the way is held against botocore's service models, and every operation that firn knows must have been
among them. What moto cannot show is named in HIDDEN; there the plan differs, and nowhere else.
"""

import datetime
import json
import re
import unittest

import yaml
from cryptography import x509  # which moto needs, too
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import aws_picture
import botocore_model
import story
import support

# Attributes that no author writes.
DERIVED = {
    "aws.container_image.folder_sha256": "follows from folder",
    "aws.lambda_function.code_sha256": "follows from code",
    "aws.lambda_layer.code_sha256": "follows from code",
    "aws.s3_object.content_sha256": "follows from content or file",
}
# Not required by themselves, but one of them is.
NEEDED = {
    "aws.cloudwatch_alarm": {"metric", "metrics", "namespace", "period", "statistic"},
    "aws.event_rule": {"pattern", "schedule"},
    "aws.lambda_function": {"code", "handler", "image", "runtime"},
    "aws.lambda_layer_version": {"arns", "layer"},
    "aws.s3_object": {"content", "file"},
}
# What is asked for and never made: no step of a plan.
LOOK_UPS = {"aws.caller_identity", "aws.lambda_layer_version"}
GRANTS = {
    "deliver_logs",
    "invoke",
    "kms_decrypt",
    "kms_encrypt",
    "publish",
    "read_secrets",
    "s3_read",
    "s3_write",
    "send_messages",
    "start_execution",
    "write_logs",
}
# What moto 5.2 does not keep or show, by address and attribute.
HIDDEN = {
    "container_function": {"image_config": "moto keeps ImageConfig when the configuration is updated"},
    "dead_letters": {"redrive_allow": "moto forgets RedriveAllowPolicy"},
    "fast_machine": {"machine_type": "moto takes every state machine for STANDARD"},
    "function": {
        "architecture": "moto keeps Architectures when the code is updated",
        "async": "moto keeps the first of a function's settings for asynchronous events",
        "ephemeral_storage": "moto keeps EphemeralStorage when the configuration is updated",
    },
    "log": {"kms_key": "moto knows neither AssociateKmsKey nor DisassociateKmsKey"},
    "provider": {"client_ids": "moto knows no client ids once a provider is made"},
    "secret": {"description": "moto keeps the description of a secret that is cleared"},
    "user": {"permissions_boundary": "moto knows no permissions boundary of users"},
}
# What is therefore never sent; tests/aws holds its form.
NEVER_SENT = {"iam:DeleteUserPermissionsBoundary": "moto shows no boundary that could be taken off"}
# What moto 5.2 has no idea of, as the query protocol names it, and the content of the answer in its place.
UNKNOWN_TO_MOTO = {
    b"AddClientIDToOpenIDConnectProvider": b"",
    b"RemoveClientIDFromOpenIDConnectProvider": b"",
    b"PutUserPermissionsBoundary": b"",
    b"ListServiceSpecificCredentials": (
        b"<ServiceSpecificCredentials><member><ServiceSpecificCredentialId>ACCAEXAMPLE123EXAMPLE"
        b"</ServiceSpecificCredentialId></member></ServiceSpecificCredentials>"
    ),
    b"DeleteServiceSpecificCredential": b"",
}
# What ECR answers to the upload of layers, of which moto knows nothing.
LAYERS = {
    "BatchCheckLayerAvailability": {"layers": [], "failures": []},
    "InitiateLayerUpload": {"uploadId": "11111111-2222-4333-8444-555555555555", "partSize": 20971520},
    "UploadLayerPart": {},
    "CompleteLayerUpload": {},
}
VALIDITY = (datetime.datetime(2026, 1, 1), datetime.datetime(2036, 1, 1))  # of a certificate
# The services that a source of providers/aws speaks to, by the beginning of its name.
SERVICES = {
    "caller_identity": "sts",
    "cloudwatch_": "monitoring",
    "container_image": "ecr",
    "credential_sources": "sts",
    "ecr_": "ecr",
    "event_": "events",
    "iam_": "iam",
    "image_": "ecr",
    "kms_": "kms tagging",
    "lambda_": "lambda",
    "log_group": "logs",
    "notification_": "s3",
    "provider": "sts",
    "s3_": "s3",
    "scheduler_": "scheduler",
    "secret": "secretsmanager",
    "sfn_": "states",
    "sns_": "sns",
    "sqs_": "sqs",
    "tag_search": "tagging",
}


def certificate():
    """Somebody's signing certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, *VALIDITY).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


class EveryAttribute(story.Story):
    folder = support.ROOT / "tests" / "conformance" / "every_attribute"
    other_folders = [support.ROOT / "tests" / "conformance" / name for name in ("access", "elsewhere")]
    attached_policies = ()  # names in the forms of the query protocol
    busy_users = ()  # those that AWS would not delete because of what hangs on them

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = {
            "layers": [cls.publish_layer(name) for name in "ab"],
            "layer_names": list("ab"),
        }
        cls.moto.client("scheduler").create_schedule_group(Name="somebodys-group")
        cls.moto.client("events").create_event_bus(Name="somebodys-bus")
        with cls.project.environment.open("a") as file:
            file.write(f"  every_attribute: {{ parameters: {json.dumps(parameters)} }}\n")
        cls.stack = cls.project.folder / "stacks" / "every_attribute" / "stack.yaml"
        cls.types = {}
        for name in sorted({block["type"] for block in cls.resources().values()}):
            cls.types[name] = json.loads(cls.project.explain(name))["attributes"]

    @classmethod
    def stand_in(cls, headers, body):
        """What moto does not know: some operations, layers of images, and that what is attached or in use stays."""
        if headers.get("X-Amz-Target") in ("Logs_20140328.AssociateKmsKey", "Logs_20140328.DisassociateKmsKey"):
            return 200, b"{}"
        registry, _, operation = headers.get("X-Amz-Target", "").partition(".")
        if registry == "AmazonEC2ContainerRegistry_V20150921" and operation in LAYERS:
            return 200, json.dumps(LAYERS[operation]).encode()
        if b"Action=DeletePolicy&" in body and any(name in body for name in cls.attached_policies):
            return 409, b"<ErrorResponse><Error><Code>DeleteConflict</Code></Error></ErrorResponse>"
        if b"Action=DeleteUser&" in body and any(name in body for name in cls.busy_users):
            cls.busy_users = ()  # the next time nothing hangs on it any more
            return 409, b"<ErrorResponse><Error><Code>DeleteConflict</Code></Error></ErrorResponse>"
        action = re.match(rb"Action=(\w+)", body)
        if action and action[1] in UNKNOWN_TO_MOTO:
            content = UNKNOWN_TO_MOTO[action[1]]
            return 200, b"<%bResponse><%bResult>%b</%bResult></%bResponse>" % (
                action[1], action[1], content, action[1], action[1])  # fmt: skip
        return None

    @classmethod
    def resources(cls):
        return yaml.safe_load(cls.stack.read_text())["resources"]

    # ------------------------------------------------------------ the stack itself

    def test_01_every_type_is_there(self):
        listed = set(re.findall(r"^\s*(aws\.\w+)", self.project.explain(), re.MULTILINE))
        self.assertEqual(set(self.types), listed)

    def test_02_every_attribute_is_given_two_values(self):
        given, varied = set(), set()
        for block in self.resources().values():
            self.collect(block["type"], self.types[block["type"]], block, given, varied)
        known = {path for name, rows in self.types.items() for path in paths(name, rows)} - set(DERIVED)
        self.assertEqual(known - given, set(), "left out of the stack")
        self.assertEqual(known - varied, set(), "has one value only")

    def collect(self, path, rows, block, given, varied):
        for row in rows:
            if row.get("computed") or row["name"] not in block:
                continue
            value = block[row["name"]]
            here = f"{path}.{row['name']}"
            given.add(here)
            if "param." in json.dumps(value):
                varied.add(here)
            inner = row.get("fields", [])
            if row["kind"] == "object" and isinstance(value, dict):
                self.collect(here, inner, value, given, varied)
            elif row["kind"] == "map" and inner:
                for item in value.values():
                    self.collect(here, inner, item, given, varied)
            elif row["kind"] == "list" and inner:
                for item in value:
                    self.collect(here, inner, item, given, varied)

    # ------------------------------------------------------------ its life

    def changed(self, *arguments):
        """The attributes that the plan changes, by address."""
        self.firn("plan", "--json", *arguments)
        return {
            step["address"]: {re.split(r"[.\[]", change["path"])[0] for change in step["changes"]}
            for step in json.loads(self.last.stdout)["steps"]
            if step["action"] != "none"
        }

    def assert_nothing_but_hidden(self, *arguments):
        for address, attributes in self.changed(*arguments).items():
            self.assertEqual(attributes - set(HIDDEN.get(address, {})), set(), address)

    def test_03_first_values(self):
        self.firn("apply", "--yes")
        self.assert_nothing_but_hidden()

    def test_04_second_values(self):
        changed = self.changed("--set", "v=1")
        for address, block in self.resources().items():
            if block["type"] in LOOK_UPS:
                continue
            wanted = {name for name, value in block.items() if "param." in json.dumps(value)} - {"name"}
            if block["type"] == "aws.iam_policy":
                wanted -= GRANTS  # which the plan shows as the statements that they become
            wanted -= set(HIDDEN.get(address, {}))
            self.assertEqual(wanted - changed.get(address, set()), set(), address)
        self.firn("apply", "--yes", "--set", "v=1", "--accept-loss", "moved_log", "--accept-loss", "moved_repository")
        self.assert_nothing_but_hidden("--set", "v=1")

    def test_05_taken_away(self):
        """Only what is required stays."""
        written = self.stack.read_text()
        waiver = re.search(r"(?m)^# firn: allow .*$", written)[0]
        stack = yaml.safe_load(written)
        for address, block in stack["resources"].items():
            needed = {row["name"] for row in self.types[block["type"]] if row.get("required")}
            keep = needed | {"type", "name", "fifo", "topic", "queue", "function", "prefix", "force_destroy", "tls_only"}
            if block["type"] == "aws.iam_policy":
                keep.add("statements")
            keep |= NEEDED.get(block["type"], set())
            stack["resources"][address] = {name: value for name, value in block.items() if name in keep}
        text = yaml.safe_dump(stack, allow_unicode=True)
        self.stack.write_text(re.sub(r"(?m)^resources:", f"{waiver}\nresources:", text))
        self.firn("apply", "--yes", "--set", "v=1", "--accept-loss", "moved_log", "--accept-loss", "moved_repository")
        self.assert_nothing_but_hidden("--set", "v=1")

    def test_06_destroyed(self):
        self.firn("destroy", "--yes", "--set", "v=1")

    # ------------------------------------------------------------ what happens seldom

    def elsewhere(self, command, *arguments, **options):
        return self.firn(command, *arguments, what="elsewhere", **options)

    def test_07_looks_before_it_makes_a_bucket_where_s3_does_not_refuse(self):
        counts = self.elsewhere("apply", "--yes")
        self.assertEqual(counts["s3:HeadBucket"], 1)

    def test_08_asks_for_a_single_object(self):
        """Two of IAM's are looked at together; so that one is alone, the other goes, and comes back."""
        counts = self.elsewhere("plan", "--detailed-exitcode", "--only", "role")
        self.assertEqual((counts["iam:GetRole"], counts["iam:GetAccountAuthorizationDetails"]), (0, 1))
        self.elsewhere("destroy", "--yes", "--only", "policy")
        counts = self.elsewhere("plan", "--detailed-exitcode", "--only", "role")
        self.assertEqual(counts["iam:GetRole"], 1)
        self.assertEqual(counts["iam:GetRolePolicy"], 1)
        self.assertEqual(counts["iam:GetAccountAuthorizationDetails"], 0)
        self.elsewhere("apply", "--yes")
        self.elsewhere("destroy", "--yes", "--only", "role")
        counts = self.elsewhere("plan", "--detailed-exitcode", "--only", "policy")
        self.assertEqual(counts["iam:GetPolicyVersion"], 1)
        self.assertEqual(counts["iam:GetAccountAuthorizationDetails"], 0)
        self.elsewhere("apply", "--yes")

    def test_09_with_the_keys_of_a_session(self):
        settings = self.project.folder / ".aws"
        settings.mkdir()
        (settings / "credentials").write_text(
            f"[base]\naws_access_key_id = {support.ACCESS_KEY}\naws_secret_access_key = {support.SECRET_KEY}\n"
        )
        role = f"arn:aws:iam::{support.ACCOUNT}:role/deployer"
        (settings / "config").write_text(
            f"[profile deployer]\nrole_arn = {role}\nsource_profile = base\nexternal_id = a/b=c\n"
            "role_session_name = nightly@example\nduration_seconds = 900\n"
        )
        counts = self.elsewhere("plan", "--detailed-exitcode", "--profile", "deployer", environment={})
        self.assertEqual(counts["sts:AssumeRole"], 1)
        token = self.project.folder / "token"
        token.write_text("a.b.c")
        variables = {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
        counts = self.elsewhere("plan", "--detailed-exitcode", environment=variables)
        self.assertEqual(counts["sts:AssumeRoleWithWebIdentity"], 1)

    def test_10_a_sixth_version_of_a_policy_takes_the_place_of_the_oldest(self):
        iam = self.moto.client("iam")
        arn = f"arn:aws:iam::{support.ACCOUNT}:policy/EWMotoPolicy"
        document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        for _ in range(4):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document))
        self.project.edit("stacks/elsewhere/stack.yaml", "policy:\n    type: aws.iam_policy\n    s3_read:",
                          "policy:\n    type: aws.iam_policy\n    s3_write:")  # fmt: skip
        self.elsewhere("apply", "--yes")
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        self.assertEqual({version["VersionId"] for version in versions}, {"v1", "v3", "v4", "v5", "v6"})  # v1 was in force

    def test_11_takes_off_what_others_put_on(self):
        iam = self.moto.client("iam")
        iam.create_instance_profile(InstanceProfileName="somebodys")
        iam.add_role_to_instance_profile(InstanceProfileName="somebodys", RoleName="EWMotoRole")
        arn = f"arn:aws:iam::{support.ACCOUNT}:policy/EWMotoPolicy"
        iam.create_user(UserName="somebody")
        iam.attach_user_policy(UserName="somebody", PolicyArn=arn)
        self.moto.client("s3", region="us-east-1").put_object(Bucket="elsewhere-moto-us-east-1-bucket", Key="a\x01b", Body=b"")
        type(self).attached_policies = (b"EWMotoPolicy",)
        self.elsewhere("destroy", "--yes", code=1)
        self.assertIn("the IAM policy EWMotoPolicy is still attached", self.last.stderr)
        self.assertIn("somebody", self.last.stderr)
        type(self).attached_policies = ()
        iam.detach_user_policy(UserName="somebody", PolicyArn=arn)
        self.elsewhere("destroy", "--yes")

    def access(self, command, *arguments, **options):
        return self.firn(command, *arguments, what="access", **options)

    def test_12_asks_for_a_single_user_and_secret(self):
        self.access("apply", "--yes")
        counts = self.access("plan", "--detailed-exitcode")
        self.assertEqual(counts["iam:GetUser"], 1)
        self.assertEqual(counts["iam:GetUserPolicy"], 1)
        self.assertEqual(counts["iam:GetAccountAuthorizationDetails"], 0)
        self.assertEqual(counts["secretsmanager:DescribeSecret"], 2)  # for itself, and for the key in it
        self.assertEqual(counts["secretsmanager:ListSecrets"], 0)
        self.assertEqual((counts["tagging:GetResources"], counts["logs:ListTagsForResource"]), (1, 0))
        # What the search shows otherwise than it is recorded is asked of the service itself.
        logs = self.moto.client("logs")
        group = f"arn:aws:logs:{support.REGION}:{support.ACCOUNT}:log-group:ac-moto-log"
        logs.tag_resource(resourceArn=group, tags={"team": "sales"})
        counts = self.access("apply", "--yes")
        self.assertEqual(counts["logs:ListTagsForResource"], 1)
        self.assertEqual(logs.list_tags_for_resource(resourceArn=group)["tags"]["team"], "data")

    def test_13_brings_back_what_was_to_be_deleted(self):
        secrets, kms = self.moto.client("secretsmanager"), self.moto.client("kms")
        secrets.delete_secret(SecretId="ac-moto-secret")
        for key in aws_picture.keys(kms):
            kms.schedule_key_deletion(KeyId=key)
        counts = self.access("apply", "--yes")
        self.assertEqual(counts["secretsmanager:RestoreSecret"], 1)
        self.assertEqual(counts["kms:CancelKeyDeletion"], 1)
        self.assertEqual(counts["kms:EnableKey"], 1)
        self.assertEqual(counts["kms:CreateKey"], 0)
        self.access("plan", "--detailed-exitcode")

    def test_14_a_key_that_nobody_knows_makes_room_for_the_next(self):
        iam = self.moto.client("iam")
        left = iam.create_access_key(UserName="ACMotoUser")["AccessKey"]["AccessKeyId"]
        self.project.edit("stacks/access/stack.yaml", "secret: ${secret}", "secret: ${secret}\n    rotation: 1")
        counts = self.access("apply", "--yes")
        self.assertEqual(counts["iam:CreateAccessKey"], 2)
        self.assertEqual(counts["iam:GetAccessKeyLastUsed"], 1)
        keys = iam.list_access_keys(UserName="ACMotoUser")["AccessKeyMetadata"]
        self.assertEqual(len(keys), 1)
        self.assertNotEqual(keys[0]["AccessKeyId"], left)

    def test_15_takes_off_what_others_put_on_a_user(self):
        iam = self.moto.client("iam")
        iam.create_group(GroupName="somebodys")
        iam.add_user_to_group(GroupName="somebodys", UserName="ACMotoUser")
        iam.create_login_profile(UserName="ACMotoUser", Password="a long one 42")
        iam.upload_ssh_public_key(UserName="ACMotoUser", SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA")
        iam.upload_signing_certificate(UserName="ACMotoUser", CertificateBody=certificate())
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="somebodys")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="ACMotoUser", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        iam.create_access_key(UserName="ACMotoUser")
        type(self).busy_users = (b"ACMotoUser",)
        self.access("destroy", "--yes")

    def test_16_nothing_is_left(self):
        seen = aws_picture.picture(self.moto)
        self.assertFalse(any(seen.values()), seen)
        functions, topics = self.moto.client("lambda"), self.moto.client("sns")
        self.assertEqual(functions.list_event_source_mappings()["EventSourceMappings"], [])
        self.assertEqual({layer["LayerName"] for layer in functions.list_layers()["Layers"]}, set("ab"))  # not ours
        self.assertEqual(topics.list_subscriptions()["Subscriptions"], [])
        for region in (support.REGION, "us-east-1"):
            seen = aws_picture.access(self.moto, region)
            seen["users"].pop("somebody", None)  # made by the test
            self.assertFalse(any(seen.values()), seen)

    # ------------------------------------------------------------ nothing escaped

    def test_99_every_operation_was_called(self):
        """What the sources name is what was sent: an operation without a check cannot slip in."""
        named = operations_in_sources()
        self.assertGreater(len(named), 100)
        self.assertEqual(set(self.called), named - set(NEVER_SENT))


def operations_in_sources():
    """service:operation of every word in providers/aws that is the name of an operation."""
    named = set()
    for file in sorted((support.ROOT / "providers" / "aws").glob("*.cpp")):
        words = set(re.findall(r'"([A-Z][A-Za-z]+)"', file.read_text()))
        services = next((services for stem, services in SERVICES.items() if file.stem.startswith(stem)), "")
        for service in services.split():
            model = botocore_model.service_model(botocore_model.MODELS[service])
            named |= {f"{service}:{word}" for word in words & set(model.operation_names)}
    return named


def paths(prefix, rows):
    for row in rows:
        if row.get("computed"):
            continue
        yield f"{prefix}.{row['name']}"
        yield from paths(f"{prefix}.{row['name']}", row.get("fields", []))


if __name__ == "__main__":
    unittest.main(failfast=True, verbosity=2)
