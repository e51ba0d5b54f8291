"""The checker itself: it must take what botocore sends, and refuse every kind of mistake by name."""

import base64
import hashlib
import unittest
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.serialize

import botocore_model
import support

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
CREATE_QUEUE = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "AmazonSQS.CreateQueue",
    "x-amzn-query-mode": "true",
}
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
FUNCTION = "/2015-03-31/functions/f/configuration"


def signed(service, method, target, headers, body, secret=support.SECRET_KEY):
    """As a client would send it."""
    url = f"http://127.0.0.1:1{target}"
    request = botocore.awsrequest.AWSRequest(method, url, dict(headers), body)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    credentials = botocore.credentials.Credentials(support.ACCESS_KEY, secret)
    signer(credentials, service, support.REGION).add_auth(request)
    sent = [("Host", "127.0.0.1:1"), *((name, str(value)) for name, value in request.headers.items())]
    return support.Request(method, target, tuple(sent), body, 200, b"")


def by_botocore(service, operation_name, params):
    """The request that botocore's serializer makes of an input."""
    operation = botocore_model.service_model(botocore_model.MODELS[service]).operation_model(operation_name)
    protocol = operation.service_model.metadata["protocol"]
    made = botocore.serialize.create_serializer(protocol, False).serialize_to_request(params, operation)
    body = made["body"]
    body = urllib.parse.urlencode(body).encode() if isinstance(body, dict) else body
    body = body.encode() if isinstance(body, str) else body
    headers = {name: str(value) for name, value in made["headers"].items()}
    if service == "s3" and body:
        headers["Content-MD5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
    query = urllib.parse.urlencode(made["query_string"] or {}, doseq=True, quote_via=urllib.parse.quote)
    separator = "&" if "?" in made["url_path"] else "?"
    return signed(service, made["method"], made["url_path"] + (separator + query if query else ""), headers, body)


def lifecycle(rule, root="LifecycleConfiguration", xmlns=XMLNS):
    return f"<{root} {xmlns}><Rule>{rule}</Rule></{root}>"


# (what, service, method, target, headers, body, what the checker must say)
MISTAKES = [
    ("unknown action", "iam", "POST", "/", FORM, "Action=MakeRole&Version=2010-05-08", "iam knows no action 'MakeRole'"),
    ("wrong version", "iam", "POST", "/", FORM, "Action=GetRole&RoleName=r&Version=2010-05-09",
     "iam:GetRole: Version is '2010-05-09', not '2010-05-08'"),
    ("missing parameter", "iam", "POST", "/", FORM, "Action=GetRole&Version=2010-05-08",
     "iam:GetRole: RoleName is required and not there"),
    ("unknown parameter", "iam", "POST", "/", FORM, "Action=GetRole&Role=x&RoleName=r&Version=2010-05-08",
     "iam:GetRole: Role is not a member"),
    ("pattern", "iam", "POST", "/", FORM, "Action=GetRole&RoleName=a%20b&Version=2010-05-08",
     "iam:GetRole: RoleName is 'a b', which does not match [\\w+=,.@-]+"),
    ("too long", "iam", "POST", "/", FORM, f"Action=GetRole&RoleName={'r' * 65}&Version=2010-05-08",
     "iam:GetRole: RoleName has 65 characters, but may have at most 64"),
    ("a list that is not numbered in sequence", "iam", "POST", "/", FORM,
     "Action=TagRole&RoleName=r&Tags.member.2.Key=k&Tags.member.2.Value=v&Version=2010-05-08",
     "iam:TagRole: Tags.2 is out of the sequence 1, 2, 3, …"),
    ("a list without member", "iam", "POST", "/", FORM,
     "Action=TagRole&RoleName=r&Tags.1.Key=k&Tags.1.Value=v&Version=2010-05-08",
     "iam:TagRole: Tags has other parameters than .member.N below it"),
    ("a text for a number", "iam", "POST", "/", FORM, "Action=ListRoles&MaxItems=many&Version=2010-05-08",
     "iam:ListRoles: MaxItems is 'many', which is no integer"),
    ("too large", "iam", "POST", "/", FORM, "Action=ListRoles&MaxItems=1001&Version=2010-05-08",
     "iam:ListRoles: MaxItems is 1001, but must be at most 1000"),
    ("path of a query", "iam", "POST", "/x", FORM, "Action=ListRoles&Version=2010-05-08",
     "iam:ListRoles: (request) is POST /x, not POST /"),
    ("unknown target", "sqs", "POST", "/", {**CREATE_QUEUE, "X-Amz-Target": "AmazonSQS.MakeQueue"}, "{}",
     "sqs knows no target 'AmazonSQS.MakeQueue'"),
    ("number for a text", "sqs", "POST", "/", CREATE_QUEUE, '{"QueueName": 1}',
     "sqs:CreateQueue: QueueName is 1, but must be of type string"),
    ("null", "sqs", "POST", "/", CREATE_QUEUE, '{"QueueName": "q", "tags": null}',
     "sqs:CreateQueue: tags is null; what is not there is left out"),
    ("key of a map", "sqs", "POST", "/", CREATE_QUEUE, '{"QueueName": "q", "Attributes": {"Delay": "1"}}',
     "sqs:CreateQueue: Attributes.(key 'Delay') is 'Delay', but must be one of "),
    ("name given twice", "sqs", "POST", "/", CREATE_QUEUE, '{"QueueName": "q", "QueueName": "q"}',
     "sqs:CreateQueue: (body) is no JSON: the name 'QueueName' occurs twice"),
    ("content type", "sqs", "POST", "/", {**CREATE_QUEUE, "Content-Type": "application/json"}, '{"QueueName": "q"}',
     "sqs:CreateQueue: Content-Type is 'application/json'; botocore sends 'application/x-amz-json-1.0'"),
    ("unknown header", "sqs", "POST", "/", {**CREATE_QUEUE, "X-Amz-More": "1"}, '{"QueueName": "q"}',
     "sqs:CreateQueue: X-Amz-More is not a header of this operation"),
    ("no such path", "lambda", "GET", "/2015-03-30/functions/f", {}, "", "lambda knows no operation at this method"),
    ("wrong method", "lambda", "PATCH", FUNCTION, JSON, "{}", "lambda knows no operation at this method and path"),
    ("unknown member", "lambda", "PUT", FUNCTION, JSON, '{"Memory": 1}',
     "lambda:UpdateFunctionConfiguration: Memory is not a member that belongs into the body"),
    ("member of the path in the body", "lambda", "PUT", FUNCTION, JSON, '{"FunctionName": "f"}',
     "lambda:UpdateFunctionConfiguration: FunctionName is not a member that belongs into the body"),
    ("too small", "lambda", "PUT", FUNCTION, JSON, '{"MemorySize": 64}',
     "lambda:UpdateFunctionConfiguration: MemorySize is 64, but must be at least 128"),
    ("word not in the list", "lambda", "PUT", FUNCTION, JSON, '{"Runtime": "python9"}',
     "lambda:UpdateFunctionConfiguration: Runtime is 'python9', but must be one of "),
    ("body of an operation without one", "lambda", "DELETE", "/2015-03-31/functions/f", JSON, '{"a": 1}',
     "lambda:DeleteFunction: (body) must be empty and is"),
    ("unknown parameter of the URL", "lambda", "DELETE", "/2015-03-31/functions/f?force=1", {}, "",
     "lambda:DeleteFunction: force is not a parameter of the URL"),
    ("missing parameter of the URL", "lambda", "DELETE", "/2017-03-31/tags/arn", {}, "",
     "lambda knows no operation at this method and path"),
    ("path not encoded", "lambda", "GET", "/2015-03-31/functions/a:b", {}, "",
     "lambda:GetFunction: (path) is /2015-03-31/functions/a:b; botocore writes /2015-03-31/functions/a%3Ab"),
    ("unknown element", "s3", "PUT", "/bucket?lifecycle", {},
     lifecycle("<Status>Enabled</Status><Days>1</Days>"),
     "s3:PutBucketLifecycleConfiguration: Rule[0].Days is not a member that belongs into the body"),
    ("required element", "s3", "PUT", "/bucket?lifecycle", {}, lifecycle("<Expiration><Days>1</Days></Expiration>"),
     "s3:PutBucketLifecycleConfiguration: LifecycleConfiguration.Rules[0].Status is required and not there"),
    ("word of an element", "s3", "PUT", "/bucket?lifecycle", {}, lifecycle("<Status>On</Status>"),
     "LifecycleConfiguration.Rules[0].Status is 'On', but must be one of Enabled, Disabled"),
    ("root element", "s3", "PUT", "/bucket?lifecycle", {}, lifecycle("<Status>Enabled</Status>", "Lifecycle"),
     "s3:PutBucketLifecycleConfiguration: (body) has the root element Lifecycle, not LifecycleConfiguration"),
    ("namespace", "s3", "PUT", "/bucket?lifecycle", {}, lifecycle("<Status>Enabled</Status>", xmlns=""),
     "s3:PutBucketLifecycleConfiguration: (body) is LifecycleConfiguration, not in the namespace"),
    ("no checksum", "s3", "PUT", "/bucket?lifecycle", {}, lifecycle("<Status>Enabled</Status>"),
     "s3:PutBucketLifecycleConfiguration: (request) carries no checksum of its body"),
    ("wrong checksum", "s3", "PUT", "/bucket?lifecycle", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
     lifecycle("<Status>Enabled</Status>"), "s3:PutBucketLifecycleConfiguration: Content-MD5 is not the digest"),
    ("unknown sub-resource", "s3", "PUT", "/bucket?lifetime", {}, "<a/>", "s3:CreateBucket: lifetime is not a parameter"),
]  # fmt: skip


class Checker(unittest.TestCase):
    def setUp(self):
        self.checker = botocore_model.Checker(support.ACCESS_KEY, support.SECRET_KEY)

    def test_takes_what_botocore_sends(self):
        """Every protocol, with lists, maps, structures, bytes, parameters of the URL and of headers."""
        inputs = {
            ("iam", "CreateRole"): {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 3600,
                                    "Tags": [{"Key": "größe", "Value": "a b+c="}, {"Key": "k", "Value": ""}]},
            ("sns", "CreateTopic"): {"Name": "t", "Attributes": {"FifoTopic": "true", "DisplayName": ""}},
            ("sqs", "CreateQueue"): {"QueueName": "q", "Attributes": {"DelaySeconds": "1"}, "tags": {"a": "b"}},
            ("logs", "PutRetentionPolicy"): {"logGroupName": "/aws/x", "retentionInDays": 7},
            ("states", "CreateStateMachine"): {"name": "m", "definition": "{}", "roleArn": "arn",
                                                      "loggingConfiguration": {"destinations": []}},
            ("lambda", "CreateFunction"): {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r",
                                           "Code": {"ZipFile": b"\0\xff"}, "Timeout": 3},
            ("lambda", "UntagResource"): {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f",
                                          "TagKeys": ["a", "b c"]},
            ("scheduler", "DeleteSchedule"): {"Name": "s", "GroupName": "g", "ClientToken": "t"},
            ("s3", "ListObjectVersions"): {"Bucket": "bucket", "KeyMarker": "a/b c", "MaxKeys": 5},
            ("s3", "DeleteObjects"): {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a<b"}, {"Key": "c"}],
                                                                    "Quiet": True}},
            ("s3", "PutBucketTagging"): {"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        }  # fmt: skip
        for (service, operation), params in inputs.items():
            with self.subTest(f"{service}:{operation}"):
                verdict = self.checker.check(by_botocore(service, operation, params))
                self.assertEqual(verdict.operation, f"{service}:{operation}")
                self.assertEqual(verdict.problems, [])
                self.assertEqual(verdict.params, params)

    def test_names_every_mistake(self):
        for what, service, method, target, headers, body, expected in MISTAKES:
            with self.subTest(what):
                request = signed(service, method, target, headers, body.encode())
                problems = self.checker.check(request).problems
                self.assertTrue(any(expected in problem for problem in problems), f"{expected}\nnot in\n{problems}")

    def test_checks_the_signature(self):
        request = signed("iam", "POST", "/", FORM, b"Action=ListRoles&Version=2010-05-08", secret="another")
        self.assertIn("iam:ListRoles: (signature) is not botocore's", self.checker.check(request).problems[0])
        unsigned = support.Request("POST", "/", (("Host", "h"),), b"Action=ListRoles", 200, b"")
        self.assertIn("it is not signed", self.checker.check(unsigned).problems[0])
        good = signed("iam", "POST", "/", FORM, b"Action=ListRoles&Version=2010-05-08")
        self.assertEqual(self.checker.check(good).problems, [])
        more = support.Request(good.method, "/", (*good.headers, ("X-Amz-Meta-A", "b")), good.body, 200, b"")
        self.assertTrue(any("not covered by the signature" in text for text in self.checker.check(more).problems))


if __name__ == "__main__":
    unittest.main(verbosity=2)
