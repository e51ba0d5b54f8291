"""What the scripts of scripts/deploy talk to, on loopback: GitHub's REST API and its token service,
AWS STS, and one bucket of Amazon S3 that checks signatures, rights and conditions.

Written from the services' documentation, not from the scripts: an unknown path, a missing header or
a signature that does not fit is refused as the service refuses it.
"""
import base64
import hashlib
import hmac
import http.server
import json
import re
import threading
import urllib.parse
import uuid

import iam

REPOSITORY = "my-org/my-repo"
BOT = "github-actions[bot]"
REGION = "eu-west-1"


class Refusal(Exception):
    def __init__(self, status, code, message="", condition=""):
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.condition = status, code, message, condition


class World:
    """State and address of all four; `roles` and `bucket` come from the bootstrap stack's plan."""

    def __init__(self, roles=None, bucket_step=None):
        self.roles = roles or {}          # ARN → step of the plan
        self.bucket_step = bucket_step
        self.bucket = bucket_step["name"] if bucket_step else ""
        self.environment = None           # of the job that asks for a token; None: no permission
        self.sessions = {}                # access key id → (secret, session token, role ARN)
        self.tokens = []                  # those that jobs got to show to AWS
        self.objects = {}                 # key → (etag, bytes)
        self.before_write = []            # called with (method, key) before a write is looked at
        self.lose_answer_of = set()       # keys whose next successful write is not answered
        self.conflicts = {}               # key → how many writes answer 409 first
        self.comments = []                # GitHub's, of pull request 7
        self.issues = []
        self.users = {"grace": 17, "hedy": 18}
        self.environments = {}            # GitHub's: name → settings
        self.policies = {}                # environment → [{id, name, type}]
        self.requests = []                # "POST /repos/…" as GitHub got them
        self.permissions = {"pull-requests", "issues"}
        self.next_id = 100
        self.token = "ghs_" + uuid.uuid4().hex
        self.job_token = "job_" + uuid.uuid4().hex
        self.lock = threading.Lock()
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                with world.lock:
                    answer = world.answer(self.command, self.path, self.headers, body)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, text = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def variables(self):
        """What a job has in its environment."""
        variables = {
            "GITHUB_API_URL": f"{self.url}/api/v3", "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "4711",
            "GITHUB_ACTOR": "ada", "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
            "GITHUB_TOKEN": self.token,
            "AWS_ENDPOINT_URL_STS": f"{self.url}/sts", "AWS_ENDPOINT_URL_S3": f"{self.url}/s3",
        }
        if self.environment:
            variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self.url}/oidc?api-version=2.0"
            variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = self.job_token
        return variables

    # ---------------------------------------------------------------- dispatch

    def answer(self, method, path, headers, body):
        area, _, rest = path.lstrip("/").partition("/")
        area, _, query = area.partition("?")
        try:
            if area == "api":
                return self.github(method, rest, headers, body)
            if area == "oidc":
                return self.oidc(method, query, headers)
            if area == "sts":
                return self.sts(method, body)
            if area == "s3":
                return self.s3(method, path, headers, body)
            raise Refusal(404, "NotFound", f"nothing is at {path}")
        except Refusal as refusal:
            if area == "api":
                return self.json(refusal.status, {"message": refusal.message or refusal.code})
            extra = f"<Condition>{refusal.condition}</Condition>" if refusal.condition else ""
            text = (f"<?xml version=\"1.0\"?>\n<Error><Code>{refusal.code}</Code>"
                    f"<Message>{refusal.message}</Message>{extra}</Error>")
            return refusal.status, {"Content-Type": "application/xml"}, text.encode()

    @staticmethod
    def json(status, value):
        return status, {"Content-Type": "application/json"}, json.dumps(value).encode()

    # ---------------------------------------------------------------- GitHub

    def oidc(self, method, query, headers):
        if method != "GET" or headers["Authorization"] != f"Bearer {self.job_token}":
            raise Refusal(401, "Unauthorized")
        audience = urllib.parse.parse_qs(query)["audience"][0]
        claims = {"iss": "https://token.actions.githubusercontent.com", "aud": audience,
                  "sub": f"repo:{REPOSITORY}:environment:{self.environment}"}
        token = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        self.tokens.append(token)
        return self.json(200, {"value": token})

    def github(self, method, path, headers, body):
        path, _, query = path.partition("?")
        if headers["Authorization"] != f"Bearer {self.token}":
            raise Refusal(401, "Unauthorized", "Bad credentials")
        if not headers["User-Agent"]:
            raise Refusal(403, "Forbidden", "Request forbidden by administrative rules.")
        if path.startswith("v3/users/"):
            login = path.removeprefix("v3/users/")
            if login not in self.users:
                raise Refusal(404, "NotFound", "Not Found")
            return self.json(200, {"login": login, "id": self.users[login]})
        prefix = f"v3/repos/{REPOSITORY}/"
        if not path.startswith(prefix):
            raise Refusal(404, "NotFound", "Not Found")
        path = path[len(prefix):]
        self.requests.append(f"{method} {path}")
        sent = json.loads(body) if body else {}
        if len(sent.get("body", "")) > 65536:
            raise Refusal(422, "Invalid", "Validation Failed")
        if path.startswith("environments/"):
            return self.environment_settings(method, path.split("/")[1:], sent)
        is_comment = "comments" in path
        if method != "GET" and ("pull-requests" if is_comment else "issues") not in self.permissions:
            raise Refusal(403, "Forbidden", "Resource not accessible by integration")
        if method == "GET":
            options = urllib.parse.parse_qs(query)
            entries = {"issues/7/comments": self.comments,
                       "issues": [one for one in self.issues
                                  if one["state"] == options.get("state", ["open"])[0]]}
            if path not in entries:
                raise Refusal(404, "NotFound", "Not Found")
            count, page = int(options["per_page"][0]), int(options["page"][0])
            return self.json(200, entries[path][(page - 1) * count:page * count])
        if method == "POST" and path in ("issues/7/comments", "issues"):
            entry = self.entry(sent["body"])
            if path == "issues":
                entry.update(title=sent["title"], number=entry["id"] + 1000, state="open")
            (self.issues if path == "issues" else self.comments).append(entry)
            return self.json(201, entry)
        found = re.fullmatch(r"issues/(comments/)?(\d+)", path)
        if method == "PATCH" and found:
            for entry in self.comments if found[1] else self.issues:
                if entry["id" if found[1] else "number"] == int(found[2]):
                    entry.update(sent)
                    return self.json(200, entry)
        raise Refusal(404, "NotFound", "Not Found")

    def environment_settings(self, method, path, sent):
        name = path[0]
        if "administration" not in self.permissions:
            raise Refusal(403, "Forbidden", "Resource not accessible by personal access token")
        if method == "PUT" and len(path) == 1:
            self.environments[name] = sent
            self.policies.setdefault(name, [])
            return self.json(200, {"name": name})
        policy = self.environments.get(name, {}).get("deployment_branch_policy") or {}
        if not policy.get("custom_branch_policies") or path[1] != "deployment-branch-policies":
            raise Refusal(404, "NotFound", "Not Found")
        policies = self.policies[name]
        if method == "GET":
            return self.json(200, {"total_count": len(policies), "branch_policies": policies})
        if method == "POST":
            if any(one["name"] == sent["name"] for one in policies):
                raise Refusal(303, "SeeOther", "exists already")
            self.next_id += 1
            policies.append({"id": self.next_id, **sent})
            return self.json(200, policies[-1])
        if method == "DELETE" and len(path) == 3:
            policies.remove(next(one for one in policies if one["id"] == int(path[2])))
            return 204, {}, b""
        raise Refusal(404, "NotFound", "Not Found")

    def entry(self, body, login=BOT):
        self.next_id += 1
        return {"id": self.next_id, "user": {"login": login}, "body": body}

    # ---------------------------------------------------------------- AWS STS

    def sts(self, method, body):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode()).items()}
        if method != "POST" or form.get("Action") != "AssumeRoleWithWebIdentity":
            raise Refusal(400, "InvalidAction")
        claims = json.loads(base64.urlsafe_b64decode(form["WebIdentityToken"]))
        role = self.roles.get(form["RoleArn"])
        if role is None or not iam.may_assume(role, claims):
            raise Refusal(403, "AccessDenied",
                          "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", form["RoleSessionName"]):
            raise Refusal(400, "ValidationError", "RoleSessionName")
        key, secret, token = (uuid.uuid4().hex for _ in range(3))
        # Characters that a careless script would lose.
        secret, token = secret + "/+x", token + "/+=="
        self.sessions[key] = (secret, token, form["RoleArn"])
        return 200, {"Content-Type": "text/xml"}, f"""\
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <Credentials>
      <AccessKeyId>{key}</AccessKeyId>
      <SecretAccessKey>{secret}</SecretAccessKey>
      <SessionToken>{token}</SessionToken>
      <Expiration>2030-01-01T00:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>""".encode()

    # ---------------------------------------------------------------- Amazon S3

    def session_of(self, method, path, headers, body):
        """Signature Version 4, "Create a signed AWS API request"."""
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
            r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("Authorization", ""))
        if not given:
            raise Refusal(403, "AccessDenied", "Access Denied")
        key, day, region, names, signature = given.groups()
        if key not in self.sessions:
            raise Refusal(403, "InvalidAccessKeyId")
        secret, token, role = self.sessions[key]
        if headers.get("x-amz-security-token") != token:
            raise Refusal(403, "InvalidToken")
        if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        for name in ("host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"):
            if name not in names.split(";"):
                raise Refusal(403, "SignatureDoesNotMatch", f"{name} is not signed")
        request = "\n".join([
            method, path, "",
            *(f"{name}:{headers[name].strip()}" for name in names.split(";")), "",
            names, headers["x-amz-content-sha256"]])
        text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"],
                          f"{day}/{region}/s3/aws4_request",
                          hashlib.sha256(request.encode()).hexdigest()])
        derived = ("AWS4" + secret).encode()
        for part in (day, region, "s3", "aws4_request", text):
            derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
        if derived.hex() != signature:
            raise Refusal(403, "SignatureDoesNotMatch")
        if region != REGION:
            raise Refusal(400, "AuthorizationHeaderMalformed", f"expecting '{REGION}'")
        return role

    def s3(self, method, path, headers, body):
        role = self.session_of(method, path, headers, body)
        key = path.removeprefix(f"/s3/{self.bucket}/")
        if key == path:
            raise Refusal(404, "NoSuchBucket")
        action = {"GET": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}[method]
        match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
        context = {"s3:if-match": match, "s3:if-none-match": none_match,
                   "aws:SecureTransport": "true"}
        resource = f"arn:aws:s3:::{self.bucket}/{key}"
        forbidden = any(
            one["Effect"] == "Deny" and iam.covers(one, action, resource)
            and iam.holds(one.get("Condition"), context)
            for one in self.bucket_step["after"]["statements"])
        if role is not None:
            allowed = iam.decide(iam.statements_of(self.roles[role]), action, resource, context)
        else:
            allowed = True  # a person with all rights
        if forbidden or not allowed:
            raise Refusal(403, "AccessDenied", f"{role} is not authorized to perform: {action}")
        if method == "GET":
            if key not in self.objects:
                raise Refusal(404, "NoSuchKey", "The specified key does not exist.")
            etag, content = self.objects[key]
            return 200, {"ETag": etag}, content
        for hook in list(self.before_write):
            hook(method, key)
        if self.conflicts.get(key, 0) > 0:
            self.conflicts[key] -= 1
            raise Refusal(409, "ConditionalRequestConflict")
        there = self.objects.get(key)
        if match is not None and there is None:
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.")
        if match is not None and there[0] != match:
            raise Refusal(412, "PreconditionFailed", "At least one did not hold", "If-Match")
        if none_match is not None and there is not None:
            raise Refusal(412, "PreconditionFailed", "At least one did not hold", "If-None-Match")
        if method == "DELETE":
            del self.objects[key]
            return 204, {}, b""
        self.put(key, body)
        if key in self.lose_answer_of:
            self.lose_answer_of.discard(key)
            return None
        return 200, {"ETag": self.objects[key][0]}, b""

    def put(self, key, content):
        # Under KMS an ETag is no digest of the content: only its being the same means anything.
        self.objects[key] = (f'"{uuid.uuid4().hex}"', content)

    def person(self):
        """Keys of somebody with all rights, as variables."""
        self.sessions["PERSON"] = ("person/secret+", "person/token==", None)
        return {"AWS_ACCESS_KEY_ID": "PERSON", "AWS_SECRET_ACCESS_KEY": "person/secret+",
                "AWS_SESSION_TOKEN": "person/token=="}
