"""Whether a request that firn sent is one that botocore's service models allow.

`Checker.check(request)` finds the operation, reads its input back from the wire, compares every member with the model,
lets botocore itself write the same input, and compares that with what was sent. It also signs the request once more
with botocore's own signer. The answer is the name of the operation and a list of sentences, empty when all fits.
"""

import base64
import dataclasses
import functools
import hashlib
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.serialize
import botocore.session

import botocore_shapes
import botocore_wire

# The services that firn calls: name in the scope of the signature → name of botocore's model.
MODELS = {
    "ecr": "ecr",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "s3": "s3",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "states": "stepfunctions",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}
# Headers of HTTP and of the signature, which no model lists.
COMMON_HEADERS = {
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-md5", "content-type",
    "expect", "host", "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token",
}  # fmt: skip
# Calls that carry their own proof of who calls.
UNSIGNED = ("AssumeRoleWithWebIdentity",)


@dataclasses.dataclass
class Verdict:
    operation: str  # "s3:PutBucketPolicy"
    problems: list  # of sentences
    params: dict


@functools.lru_cache(maxsize=None)
def service_model(name):
    return botocore.session.Session().get_service_model(name)


def protocol_of(model):
    """Of a service that speaks several, the one that firn takes."""
    protocol = model.metadata["protocol"]
    return "json" if protocol == "smithy-rpc-v2-cbor" and "json" in model.metadata["protocols"] else protocol


@functools.lru_cache(maxsize=None)
def _routes(name):
    """(operation, method, pattern of the path, literal query) of a REST service."""
    routes = []
    model = service_model(name)
    for operation_name in model.operation_names:
        operation = model.operation_model(operation_name)
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path).replace("\\+", "+"))
        pattern = re.sub(r"\\\{(\w+)\+\\\}", r"(?P<\1>.+)", pattern)
        literal = tuple(urllib.parse.parse_qsl(query, keep_blank_values=True))
        routes.append((operation, operation.http["method"], re.compile(pattern), literal))
    return routes


class Unknown(Exception):
    """No operation of any model is meant."""


class Checker:
    def __init__(self, access_key, secret_key):
        self._secrets = {access_key: secret_key}

    def learn(self, answer):
        """Takes the keys of a session from the answer of STS that made them."""
        found = re.search(rb"<AccessKeyId>(.+?)</AccessKeyId>\s*<SecretAccessKey>(.+?)</SecretAccessKey>", answer)
        if found:
            self._secrets[found.group(1).decode()] = found.group(2).decode()

    def check(self, request):
        problems = []
        operation_name = "?"

        def problem(member, reason):
            problems.append(f"{operation_name}: {member or '(input)'} {reason}")

        try:
            operation, labels = find_operation(request)
        except Unknown as error:
            return Verdict("?", [f"{request.method} {request.target}: {error}"], {})
        model = operation.service_model
        operation_name = f"{_service_of(request)}:{operation.name}"
        protocol = protocol_of(model)
        if protocol == "query":
            params = _read_query(operation, request, problem)
        elif protocol == "json":
            params = _read_json(operation, request, problem)
        else:
            params = _read_rest(operation, request, labels, problem)
        if not problems and operation.input_shape is not None:
            for member, reason in botocore_shapes.misfits(operation.input_shape, params):
                problem(member, reason)
        if not problems:
            _compare_with_botocore(operation, request, params, problem)
        _check_checksum(operation, request, problem)
        if operation.name not in UNSIGNED:
            self._check_signature(request, problem)
        return Verdict(operation_name, problems, params)

    def _check_signature(self, request, problem):
        access_key, day, region, service, signed, given = signing_scope(request)
        if access_key not in self._secrets:
            problem("(signature)", f"is made with the unknown key {access_key}")
            return
        headers = {name: request.header(name) for name in signed if name != "host"}
        for name, _ in request.headers:
            low = name.lower()
            must = low.startswith("x-amz-") or low in ("host", "content-type", "content-md5")
            if must and low not in signed:
                problem(name, "is sent and not covered by the signature")
        url = f"http://{request.header('host')}{request.target}"
        again = botocore.awsrequest.AWSRequest(request.method, url, headers, request.body)
        again.context["timestamp"] = request.header("x-amz-date")
        token = request.header("x-amz-security-token")
        credentials = botocore.credentials.Credentials(access_key, self._secrets[access_key], token)
        signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        auth = signer(credentials, service, region)
        canonical = auth.canonical_request(again)
        expected = auth.signature(auth.string_to_sign(again, canonical), again)
        if not (request.header("x-amz-date") or "").startswith(day):
            problem("(signature)", f"has the day {day} but the time {request.header('x-amz-date')}")
        if expected != given:
            problem("(signature)", f"is not botocore's, whose canonical request is:\n{canonical}")
        payload = request.header("x-amz-content-sha256")
        if payload not in (None, hashlib.sha256(request.body).hexdigest()):
            problem("X-Amz-Content-Sha256", "is not the digest of the body")


def signing_scope(request):
    """(access key, day, region, service, signed headers, signature)"""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
        r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        request.header("authorization") or "",
    )
    if not found:
        raise Unknown("it is not signed")
    access_key, day, region, service, signed, signature = found.groups()
    return access_key, day, region, service, signed.split(";"), signature


def _service_of(request):
    if request.header("authorization") is None and b"Action=AssumeRoleWithWebIdentity" in request.body:
        return "sts"
    return signing_scope(request)[3]


def find_operation(request):
    service = _service_of(request)
    if service not in MODELS:
        raise Unknown(f"it is signed for {service}, which is no service of the list")
    model = service_model(MODELS[service])
    protocol = protocol_of(model)
    if protocol == "query":
        name = dict(urllib.parse.parse_qsl(request.body.decode())).get("Action", "")
        if name not in model.operation_names:
            raise Unknown(f"{service} knows no action {name!r}")
        return model.operation_model(name), {}
    if protocol == "json":
        target = request.header("x-amz-target") or ""
        prefix, _, name = target.rpartition(".")
        if prefix != model.metadata["targetPrefix"] or name not in model.operation_names:
            raise Unknown(f"{service} knows no target {target!r}")
        return model.operation_model(name), {}
    return _find_route(model, service, request)


def _find_route(model, service, request):
    path, _, query = request.target.partition("?")
    names = urllib.parse.parse_qsl(query, keep_blank_values=True)
    candidates = []
    for operation, method, pattern, literal in _routes(MODELS[service]):
        found = pattern.fullmatch(path)
        if method != request.method or not found or not set(literal) <= set(names):
            continue
        required = [
            member.serialization.get("name", name)
            for name, member in (operation.input_shape.members.items() if operation.input_shape else ())
            if name in operation.input_shape.required_members
            and member.serialization.get("location") in ("querystring", "header")
        ]
        sent = {name for name, _ in names} | {name.lower() for name, _ in request.headers}
        if all(name in sent or name.lower() in sent for name in required):
            candidates.append((len(literal) + len(required), operation, found.groupdict()))
    if not candidates:
        raise Unknown(f"{service} knows no operation at this method and path")
    best = max(weight for weight, _, _ in candidates)
    chosen = [(operation, labels) for weight, operation, labels in candidates if weight == best]
    # S3 keeps old operations on the URI of their successors.
    chosen = [item for item in chosen if not item[0].deprecated] or chosen
    if len(chosen) > 1:
        raise Unknown("it could be " + " or ".join(operation.name for operation, _ in chosen))
    return chosen[0]


# ---------------------------------------------------------------- reading


def _read_query(operation, request, problem):
    form = botocore_wire.parse_form(request.body, problem)
    del form["Action"]
    version = form.pop("Version", None)
    if version != operation.service_model.api_version:
        problem("Version", f"is {version!r}, not {operation.service_model.api_version!r}")
    _check_headers(request, (), problem)
    _check_root(request, problem)
    return botocore_wire.of_query(operation.input_shape, form, problem)


def _read_json(operation, request, problem):
    _check_headers(request, ("x-amz-target", "x-amzn-query-mode"), problem)
    _check_root(request, problem)
    value = botocore_wire.parse_json(request.body, problem)
    return {} if value is None else botocore_wire.of_json(operation.input_shape, value, "", problem)


def _check_root(request, problem):
    if request.method != "POST" or request.target != "/":
        problem("(request)", f"is {request.method} {request.target}, not POST /")


def _read_rest(operation, request, labels, problem):
    members = operation.input_shape.members if operation.input_shape else {}
    params = {}
    uri = {member.serialization.get("name", name): name for name, member in members.items()
           if member.serialization.get("location") == "uri"}  # fmt: skip
    for label, text in labels.items():
        name = uri[label]
        params[name] = botocore_wire.scalar_of_text(members[name], urllib.parse.unquote(text), name, problem)
    _read_querystring(operation, request, members, params, problem)
    _read_headers(request, members, params, problem)
    _read_body(operation, request, members, params, problem)
    return params


def _read_querystring(operation, request, members, params, problem):
    literal = urllib.parse.parse_qsl(operation.http["requestUri"].partition("?")[2], keep_blank_values=True)
    known = {member.serialization.get("name", name): name for name, member in members.items()
             if member.serialization.get("location") == "querystring"}  # fmt: skip
    for key, text in urllib.parse.parse_qsl(request.target.partition("?")[2], keep_blank_values=True):
        if (key, text) in literal:
            continue
        name = known.get(key)
        if name is None:
            problem(key, "is not a parameter of the URL")
        elif members[name].type_name == "list":
            item = botocore_wire.scalar_of_text(members[name].member, text, name, problem)
            params.setdefault(name, []).append(item)
        elif name in params:
            problem(key, "is sent twice")
        else:
            params[name] = botocore_wire.scalar_of_text(members[name], text, name, problem)


def _read_headers(request, members, params, problem):
    known = {member.serialization.get("name", name).lower(): name for name, member in members.items()
             if member.serialization.get("location") == "header"}  # fmt: skip
    for header, text in request.headers:
        name = known.get(header.lower())
        # The models of S3 list these two, but SDKs work them out by themselves.
        if name is not None and header.lower() not in ("content-md5", "content-length"):
            params[name] = botocore_wire.scalar_of_text(members[name], text, name, problem)
    _check_headers(request, known, problem)


def _check_headers(request, known, problem):
    seen = set()
    for header, _ in request.headers:
        low = header.lower()
        if low in seen:
            problem(header, "is sent twice")
        seen.add(low)
        if low not in known and low not in COMMON_HEADERS:
            problem(header, "is not a header of this operation")


def _read_body(operation, request, members, params, problem):
    is_xml = operation.service_model.metadata["protocol"] == "rest-xml"
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    in_body = [name for name, member in members.items() if "location" not in member.serialization]
    if payload and members[payload].type_name in ("blob", "string"):
        if request.body:
            is_text = members[payload].type_name == "string"
            params[payload] = request.body.decode() if is_text else request.body
    elif not request.body:
        return
    elif not in_body:
        problem("(body)", f"must be empty and is {request.body[:80]!r}")
    elif not is_xml:
        shape = members[payload] if payload else operation.input_shape
        value = botocore_wire.parse_json(request.body, problem)
        read = {} if value is None else botocore_wire.of_json(shape, value, "", problem)
        params.update({payload: read} if payload else read)
    else:
        shape = members[payload] if payload else operation.input_shape
        root = botocore_wire.parse_xml(request.body, problem)
        if root is None:
            return
        tag = root.tag.rpartition("}")[2]
        wanted = shape.serialization.get("name", shape.name)
        if tag != wanted:
            problem("(body)", f"has the root element {tag}, not {wanted}")
        given = shape.serialization.get("xmlNamespace", {})
        namespace = given.get("uri", "") if isinstance(given, dict) else given
        if root.tag != (f"{{{namespace}}}{wanted}" if namespace else wanted):
            problem("(body)", f"is {root.tag}, not in the namespace {namespace!r}")
        read = botocore_wire.of_xml(shape, root, namespace, "", problem)
        params.update({payload: read} if payload else read)


# ---------------------------------------------------------------- comparing


def _compare_with_botocore(operation, request, params, problem):
    """botocore writes the same input; what differs was read wrongly here or written wrongly by firn."""
    protocol = protocol_of(operation.service_model)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    theirs = serializer.serialize_to_request(params, operation)
    if theirs["method"] != request.method:
        problem("(request)", f"is a {request.method}; botocore sends a {theirs['method']}")
    path, _, literal = theirs["url_path"].partition("?")
    our_path, _, our_query = request.target.partition("?")
    if path != our_path:
        problem("(path)", f"is {our_path}; botocore writes {path}")
    wanted = urllib.parse.parse_qsl(literal, keep_blank_values=True)
    for key, value in (theirs["query_string"] or {}).items():
        wanted += [(key, str(item)) for item in value] if isinstance(value, list) else [(key, str(value))]
    if sorted(wanted) != sorted(urllib.parse.parse_qsl(our_query, keep_blank_values=True)):
        problem("(query)", f"is {our_query}; botocore sends {sorted(wanted)}")
    for header, value in theirs["headers"].items():
        if request.header(header) != str(value):
            problem(header, f"is {request.header(header)!r}; botocore sends {value!r}")
    ours, other = _plain(protocol, request.body), _plain(protocol, theirs["body"])
    if ours != other:
        problem("(body)", f"is {ours!r}; botocore sends {other!r}")


def _plain(protocol, body):
    """A body in a form in which equal ones are equal."""
    if protocol == "query":
        if isinstance(body, dict):
            return sorted((key, str(value)) for key, value in body.items())
        return sorted(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if protocol in ("json", "rest-json"):
        # An input without members is sent as {} or as nothing.
        return json.loads(body or b"{}")
    if not body or not bytes(body).lstrip().startswith(b"<"):
        return bytes(body or b"")
    return _plain_element(ElementTree.fromstring(body))


def _plain_element(element):
    children = sorted((_plain_element(child) for child in element), key=lambda child: child[0])
    return (element.tag, sorted(element.attrib.items()), (element.text or "").strip(), children)


def _check_checksum(operation, request, problem):
    md5 = request.header("content-md5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(request.body).digest()).decode():
        problem("Content-MD5", "is not the digest of the body")
    is_required = operation.http_checksum_required or operation.http_checksum.get("requestChecksumRequired")
    if is_required and md5 is None:
        problem("(request)", "carries no checksum of its body, which this operation requires")
