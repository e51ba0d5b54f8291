"""What the clouds and the state hold after a run, in a form to compare with a run that nobody killed."""

import contextlib
import json
import re
import sqlite3
import sys

import victim  # noqa: F401  (finds the folders beside this one)

import aws_picture
import life

# Kinds of the sandbox's documents that a stack makes in Snowflake.
KINDS = {
    "alert", "database", "database_role", "file_format", "future", "grant", "integration", "pipe", "procedure", "relation",
    "role", "schema", "stage", "task", "user", "warehouse",
}  # fmt: skip
ENCRYPTED = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
# What each cloud draws anew.
DRAWN = [
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-([snq])-[0-9a-z]+"), r"<user \1 of Snowflake>"),
    *life.SCRUBS,
    (re.compile(r"\b(?:AKIA|AIDA|AROA|AGPA|ANPA)[A-Z0-9]{16,17}\b"), "<id>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<moto>"),
]


def scrubbed(text):
    for pattern, word in DRAWN:
        text = pattern.sub(word, text)
    return text


def plain(value):
    """The order of what is listed means nothing, and neither does what is drawn."""
    if isinstance(value, dict):
        return {scrubbed(str(key)): plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return scrubbed(value) if isinstance(value, str) else value


def _listed(client, operation, key, **arguments):
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def notification_rules(place):
    """Every rule of every bucket with its id: twice the same would be seen."""
    s3 = place.client("s3")
    found = {}
    for listed in s3.list_buckets()["Buckets"]:
        seen = s3.get_bucket_notification_configuration(Bucket=listed["Name"])
        found[listed["Name"]] = [rule["Id"] for kind in seen.values() if isinstance(kind, list) for rule in kind]
    return found


def policies(place):
    iam = place.client("iam")
    found = {}
    for listed in _listed(iam, "list_policies", "Policies", Scope="Local"):
        versions = iam.list_policy_versions(PolicyArn=listed["Arn"])["Versions"]
        default = next(one["VersionId"] for one in versions if one["IsDefaultVersion"])
        document = iam.get_policy_version(PolicyArn=listed["Arn"], VersionId=default)["PolicyVersion"]["Document"]
        found[listed["Arn"]] = {"versions": len(versions), "says": aws_picture.statements(document)}
    return found


def code_parts(place):
    """What belongs to functions: triggers, permissions, versions."""
    client = place.client("lambda")
    found = {
        "triggers": [
            [one["EventSourceArn"], one["FunctionArn"], one.get("BatchSize")]
            for one in _listed(client, "list_event_source_mappings", "EventSourceMappings")
        ]
    }
    for listed in _listed(client, "list_functions", "Functions"):
        name = listed["FunctionName"]
        try:
            policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
        except client.exceptions.ResourceNotFoundException:
            policy = {"Statement": []}
        # moto takes AddPermission with the id of a statement that is there; Lambda refuses it.
        single = {one["Sid"]: one for one in policy["Statement"]}
        found[name] = {"statements": aws_picture.statements({"Statement": list(single.values())})}
    return found


def keys_and_secrets(place):
    """Each user's keys, and whether a secret that holds a key holds one that lives."""
    iam, vault = place.client("iam"), place.client("secretsmanager")
    living, found = set(), {}
    for listed in _listed(iam, "list_users", "Users"):
        own = [one["AccessKeyId"] for one in iam.list_access_keys(UserName=listed["UserName"])["AccessKeyMetadata"]]
        living |= set(own)
        found[f"keys of {listed['UserName']}"] = len(own)
    for listed in _listed(vault, "list_secrets", "SecretList"):
        try:
            text = vault.get_secret_value(SecretId=listed["ARN"])["SecretString"]
        except vault.exceptions.ResourceNotFoundException:
            text = ""
        held = set(re.findall(r"\b(?:AKIA|LKIA)[A-Z0-9]{12,17}\b", text))
        found[f"secret {listed['Name']}"] = {"has a value": bool(text), "holds dead keys": bool(held - living),
                                             "holds keys": len(held)}  # fmt: skip
    return found


def aws(place):
    kms = place.client("kms")
    seen = {
        **aws_picture.picture(place),
        **aws_picture.access(place, place.region),
        "keys": sorted(aws_picture.keys(kms).values()),
        "rules of notifications": notification_rules(place),
        "policies": policies(place),
        "of functions": code_parts(place),
        "keys and secrets": keys_and_secrets(place),
        "subscriptions": [
            [one["TopicArn"], one["Protocol"], one["Endpoint"]]
            for one in _listed(place.client("sns"), "list_subscriptions", "Subscriptions")
        ],
    }
    for bucket in seen["buckets"].values():
        # Said of a bucket that never had versions it changes nothing: mending says it, making does not.
        bucket["versioning"] = bucket["versioning"] or "Suspended"
        # S3 encrypts every bucket so by itself, and shows it; moto does not.
        bucket["encryption"] = bucket["encryption"] or ENCRYPTED
    return plain(seen)


def snowflake(place):
    """Everything in the sandbox that a stack can have made; objects go by their names, not by their numbers."""
    with contextlib.closing(sqlite3.connect(place.folder / ".firn" / "sandbox.db")) as database:
        rows = [(kind, key, json.loads(body)) for kind, key, body in database.execute("SELECT collection, key, body FROM document")]
    named = {int(key): body for kind, key, body in rows if kind.endswith("/id")}

    def name_of(number):
        own = named.get(number)
        if own is None:
            return "the account" if number == 0 else f"nothing ({number})"
        return f"{name_of(own['parent'])}.{own['name']}" if own["parent"] else own["name"]

    found = {}
    for collection, key, body in rows:
        kind = collection.rsplit("/", 1)[-1]
        is_deployer = body.get("properties", {}).get("deployer", False)  # stands there before any stack
        if collection.startswith("snowflake/") and kind in KINDS and "deleted_at" not in body and not is_deployer:
            words = [name_of(int(word)) if re.fullmatch(r"\d{12}", word) else word for word in key.split("\x1f")]
            # What it is like is for the plan to say, which must be empty.
            found[" ".join([kind, *words])] = name_of(body["owner"]) if body.get("owner") else ""
    return plain(found)


def state(place):
    """The addresses that the state holds; what is not finished stands out."""
    shown = place.firn("show", "--json")
    if shown.returncode != 0:
        return {"firn show": shown.stderr}
    return {one["address"]: "unfinished" if one.get("incomplete") else "whole"
            for one in json.loads(shown.stdout)["resources"]}  # fmt: skip


def everything(place):
    return {"aws": aws(place), "snowflake": snowflake(place), "state": state(place)}


def differences(wanted, found, path=""):
    """Lines that say what is too much, missing, or otherwise."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}):
            where = f"{path}/{key}"
            if key not in found:
                yield f"missing {where}: {_short(wanted[key])}"
            elif key not in wanted:
                yield f"too much {where}: {_short(found[key])}"
            else:
                yield from differences(wanted[key], found[key], where)
    elif wanted != found:
        yield f"otherwise {path}: {_short(found)}, not {_short(wanted)}"


def _short(value):
    text = json.dumps(value, default=str)
    return text if len(text) < 300 else text[:300] + " …"
