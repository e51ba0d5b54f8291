"""Everything that an AWS account holds of the kinds that firn makes, seen through boto3, in a form to compare."""

import json


def _listed(client, operation, key, **arguments):
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def _without_answer(value):
    value.pop("ResponseMetadata", None)
    return value


def tags_of(pairs, key="Key", value="Value"):
    return {pair[key]: pair[value] for pair in pairs}


def _several(value):
    return value if isinstance(value, list) else [value]


def condition_text(condition):
    """The keys of conditions are the same in upper and lower case."""
    lower = {operator: {key.lower(): value for key, value in keys.items()} for operator, keys in condition.items()}
    return f" if {json.dumps(lower, sort_keys=True)}"


def statements(document):
    """A policy as one line for each principal, action and resource, so that equal meanings look equal."""
    document = json.loads(document) if isinstance(document, str) else document
    lines = []
    for statement in document["Statement"]:
        principal = statement.get("Principal", {"": [""]})
        principals = ["*"] if principal == "*" else [item for kind in principal.values() for item in _several(kind)]
        ending = condition_text(statement["Condition"]) if "Condition" in statement else ""
        for who in principals:
            for action in _several(statement["Action"]):
                for resource in _several(statement.get("Resource", "")):
                    words = [statement["Effect"], who, action, f"on {resource}" if resource else ""]
                    lines.append(" ".join(word for word in words if word) + ending)
    return sorted(lines)


def _or_none(client, code, call, **arguments):
    try:
        return _without_answer(call(**arguments))
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return None


def _rule(rule):
    filters = rule.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    target = rule.get("TopicArn") or rule.get("QueueArn") or rule.get("LambdaFunctionArn")
    return {"to": target, "events": rule["Events"], **{item["Name"].lower(): item["Value"] for item in filters}}


def bucket(s3, name):
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    encryption = _or_none(s3, missing, s3.get_bucket_encryption, Bucket=name)
    lifecycle = _or_none(s3, "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, Bucket=name)
    block = _or_none(s3, "NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=name)
    owner = _or_none(s3, "OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, Bucket=name)
    policy = _or_none(s3, "NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=name)
    tagging = _or_none(s3, "NoSuchTagSet", s3.get_bucket_tagging, Bucket=name)
    rules = _without_answer(s3.get_bucket_notification_configuration(Bucket=name))
    return {
        "region": s3.get_bucket_location(Bucket=name)["LocationConstraint"],
        "encryption": encryption and encryption["ServerSideEncryptionConfiguration"]["Rules"],
        "public access block": block and block["PublicAccessBlockConfiguration"],
        "ownership": owner and [rule["ObjectOwnership"] for rule in owner["OwnershipControls"]["Rules"]],
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status"),
        "lifecycle": lifecycle and lifecycle["Rules"],
        "logging": s3.get_bucket_logging(Bucket=name).get("LoggingEnabled"),
        "policy": policy and statements(policy["Policy"]),
        "tags": tags_of(tagging["TagSet"]) if tagging else {},
        "rules": {rule["Id"]: _rule(rule) for kind in rules.values() for rule in kind},
    }


def topics(sns):
    found = {}
    for topic in _listed(sns, "list_topics", "Topics"):
        arn = topic["TopicArn"]
        seen = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        found[arn.rpartition(":")[2]] = {
            "policy": statements(seen["Policy"]),
            "display name": seen["DisplayName"],
            "tags": tags_of(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]),
        }
    return found


def queues(sqs):
    found = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        seen = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        found[url.rpartition("/")[2]] = {
            "retention": int(seen["MessageRetentionPeriod"]),
            "policy": statements(seen["Policy"]) if "Policy" in seen else None,
            "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
        }
    return found


def roles(iam):
    found = {}
    for role in _listed(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        inline = {}
        for policy in _listed(iam, "list_role_policies", "PolicyNames", RoleName=name):
            inline[policy] = statements(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        seen = iam.get_role(RoleName=name)["Role"]
        found[name] = {
            "trust": statements(seen["AssumeRolePolicyDocument"]),
            "policies": inline,
            "attached": [item["PolicyArn"] for item in
                         _listed(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)],
            "description": seen.get("Description", ""),
            "tags": tags_of(seen.get("Tags", [])),
        }  # fmt: skip
    return found


def functions(client):
    found = {}
    for listed in _listed(client, "list_functions", "Functions"):
        answer = client.get_function(FunctionName=listed["FunctionName"])
        seen = answer["Configuration"]
        found[listed["FunctionName"]] = {
            "runtime": seen.get("Runtime"),
            "handler": seen.get("Handler"),
            "role": seen["Role"],
            "timeout": seen["Timeout"],
            "memory": seen["MemorySize"],
            "environment": seen.get("Environment", {}).get("Variables", {}),
            "layers": [layer["Arn"] for layer in seen.get("Layers", [])],
            "code sha256": seen["CodeSha256"],
            "tags": answer.get("Tags", {}),
        }
    return found


def log_groups(logs):
    return {
        group["logGroupName"]: {
            "retention": group.get("retentionInDays"),
            "tags": logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"],
        }
        for group in _listed(logs, "describe_log_groups", "logGroups")
    }


def machines(states):
    found = {}
    for listed in _listed(states, "list_state_machines", "stateMachines"):
        arn = listed["stateMachineArn"]
        seen = states.describe_state_machine(stateMachineArn=arn)
        logging = seen["loggingConfiguration"]
        found[listed["name"]] = {
            "definition": json.loads(seen["definition"]),
            "role": seen["roleArn"],
            "type": seen["type"],
            "tracing": seen["tracingConfiguration"]["enabled"],
            "log level": logging["level"],
            "log group": [item["cloudWatchLogsLogGroup"]["logGroupArn"] for item in logging.get("destinations", [])],
            "tags": tags_of(states.list_tags_for_resource(resourceArn=arn)["tags"], "key", "value"),
        }
    return found


def schedules(scheduler):
    found = {}
    for listed in _listed(scheduler, "list_schedules", "Schedules"):
        seen = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
        found[listed["Name"]] = {
            "group": seen["GroupName"],
            "expression": seen["ScheduleExpression"],
            "state": seen["State"],
            "window": seen["FlexibleTimeWindow"],
            "target": seen["Target"],
        }
    return found


def users(iam):
    found = {}
    for listed in _listed(iam, "list_users", "Users"):
        name = listed["UserName"]
        found[name] = {
            "path": listed["Path"],
            "attached": [item["PolicyArn"] for item in
                         _listed(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name)],
            "inline": iam.list_user_policies(UserName=name)["PolicyNames"],
            "keys": len(iam.list_access_keys(UserName=name)["AccessKeyMetadata"]),
        }  # fmt: skip
    return found


def keys(kms):
    """Those that firn made and that live: one that waits for its deletion is gone."""
    found = {}
    for listed in _listed(kms, "list_keys", "Keys"):
        seen = kms.describe_key(KeyId=listed["KeyId"])["KeyMetadata"]
        tags = tags_of(kms.list_resource_tags(KeyId=listed["KeyId"])["Tags"], "TagKey", "TagValue")
        if seen["KeyState"] != "PendingDeletion" and "firn:stack" in tags:
            found[listed["KeyId"]] = seen["Description"]
    return found


def access(moto, region):
    """Users, providers, secrets and keys."""
    return {
        "users": users(moto.client("iam")),
        "providers": moto.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "secrets": [item["Name"] for item in
                    _listed(moto.client("secretsmanager", region=region), "list_secrets", "SecretList")],
        "keys": keys(moto.client("kms", region=region)),
        "aliases": [item["AliasName"] for item in _listed(moto.client("kms", region=region), "list_aliases", "Aliases")
                    if not item["AliasName"].startswith("alias/aws/")],
    }  # fmt: skip
def schedule_groups(scheduler):
    return {
        listed["Name"]: {"tags": tags_of(scheduler.list_tags_for_resource(ResourceArn=listed["Arn"])["Tags"])}
        for listed in _listed(scheduler, "list_schedule_groups", "ScheduleGroups")
        if listed["Name"] not in ("default", "somebodys-group")
    }


def repositories(ecr):
    found = {}
    for seen in _listed(ecr, "describe_repositories", "repositories"):
        name = seen["repositoryName"]
        policy = _or_none(ecr, "RepositoryPolicyNotFoundException", ecr.get_repository_policy, repositoryName=name)
        lifecycle = _or_none(ecr, "LifecyclePolicyNotFoundException", ecr.get_lifecycle_policy, repositoryName=name)
        images = ecr.describe_images(repositoryName=name)["imageDetails"]
        found[name] = {
            "mutability": seen["imageTagMutability"],
            "scan on push": seen["imageScanningConfiguration"]["scanOnPush"],
            "encryption": seen["encryptionConfiguration"],
            "policy": policy and statements(policy["policyText"]),
            "lifecycle": lifecycle and [rule["selection"] for rule in json.loads(lifecycle["lifecyclePolicyText"])["rules"]],
            "images": {image["imageDigest"]: sorted(image.get("imageTags", [])) for image in images},
            "tags": tags_of(ecr.list_tags_for_resource(resourceArn=seen["repositoryArn"])["tags"]),
        }
    return found


def rules(events):
    found = {}
    for bus in events.list_event_buses()["EventBuses"]:
        for seen in events.list_rules(EventBusName=bus["Name"])["Rules"]:
            targets = events.list_targets_by_rule(Rule=seen["Name"], EventBusName=bus["Name"])["Targets"]
            found[seen["Name"]] = {
                "bus": bus["Name"],
                "pattern": json.loads(seen["EventPattern"]) if "EventPattern" in seen else None,
                "schedule": seen.get("ScheduleExpression"),
                "state": seen["State"],
                "targets": {target["Id"]: {**target, "Id": None} for target in targets},
                "tags": tags_of(events.list_tags_for_resource(ResourceARN=seen["Arn"])["Tags"]),
            }
    return found


def alarms(cloudwatch):
    found = {}
    for seen in cloudwatch.describe_alarms()["MetricAlarms"]:
        members = ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold",
                   "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions", "Metrics")  # fmt: skip
        found[seen["AlarmName"]] = {
            **{member: seen[member] for member in members if seen.get(member)},
            "dimensions": {one["Name"]: one["Value"] for one in seen.get("Dimensions", [])},
            "tags": tags_of(cloudwatch.list_tags_for_resource(ResourceARN=seen["AlarmArn"])["Tags"]),
        }
    return found


def picture(moto):
    s3 = moto.client("s3")
    return {
        "buckets": {item["Name"]: bucket(s3, item["Name"]) for item in s3.list_buckets()["Buckets"]},
        "topics": topics(moto.client("sns")),
        "queues": queues(moto.client("sqs")),
        "roles": roles(moto.client("iam")),
        "managed policies": [item["Arn"] for item in
                             _listed(moto.client("iam"), "list_policies", "Policies", Scope="Local")],
        "functions": functions(moto.client("lambda")),
        "log groups": log_groups(moto.client("logs")),
        "machines": machines(moto.client("stepfunctions")),
        "schedules": schedules(moto.client("scheduler")),
        "schedule groups": schedule_groups(moto.client("scheduler")),
        "repositories": repositories(moto.client("ecr")),
        "event rules": rules(moto.client("events")),
        "alarms": alarms(moto.client("cloudwatch")),
    }  # fmt: skip
