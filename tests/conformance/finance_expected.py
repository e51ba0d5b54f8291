"""What must be in the account after `apply finance`: written from the description of the pipeline, not from firn."""

import json

from aws_picture import condition_text
from support import ACCOUNT, REGION

BUCKET = "finance-de-lab-moto-eu-west-1"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
FUNCTIONS = ["getDataFromCoinloreApi", "processCoinloreData", "getDataFromRedditApi", "processRedditData"]
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:pandas:1"
ZIPPED = FUNCTIONS[:3]  # the fourth is a container
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:fdl-moto-reddit-api"
REPOSITORY = "fdl-moto-lambda-container-image"


def topic_arn(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def function_arn(name):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fdl-moto-{name}"


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:fdl-moto-scheduler-dlq"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fdl-moto-dataInjectionWorkflow"
MACHINE_LOG = "/aws/vendedlogs/states/fdl-moto-dataInjectionWorkflow"


def marks(address):
    return {"firn:stack": "finance", "firn:environment": "moto", "firn:address": address}


def _listing(prefixes):
    patterns = [f"{prefix}*" for prefix in sorted(prefixes)]
    return condition_text({"StringLike": {"s3:prefix": patterns if len(patterns) > 1 else patterns[0]}})


def reading(*prefixes):
    lines = [f"Allow s3:GetBucketLocation on {BUCKET_ARN}",
             f"Allow s3:ListBucket on {BUCKET_ARN}{_listing(prefixes)}"]  # fmt: skip
    for prefix in prefixes:
        lines += [f"Allow {action} on {BUCKET_ARN}/{prefix}*" for action in ("s3:GetObject", "s3:GetObjectVersion")]
    return lines


def writing(prefix):
    actions = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
    return [f"Allow s3:GetBucketLocation on {BUCKET_ARN}",
            f"Allow s3:ListBucket on {BUCKET_ARN}{_listing([prefix])}",
            *(f"Allow {action} on {BUCKET_ARN}/{prefix}*" for action in actions)]  # fmt: skip


def _role(address, trust, policies):
    return {
        "trust": [trust],
        "policies": {name: sorted(lines) for name, lines in policies.items()},
        "attached": [],
        "description": "",
        "tags": marks(address),
    }


def roles(user_arn, external_id, coinlore="coinlore/processed/", reddit="reddit/processed/"):
    own_account = condition_text({"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    files = {
        "getDataFromCoinloreApi": writing("coinlore/raw/"),
        "processCoinloreData": reading("coinlore/raw/") + writing(coinlore),
        "getDataFromRedditApi": writing("reddit/raw/"),
        "processRedditData": reading(coinlore, "reddit/raw/") + writing(reddit),
    }
    found = {}
    for name in FUNCTIONS:
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/fdl-moto-{name}:*"
        policies = {
            "files": files[name],
            "logs": [f"Allow {action} on {group}" for action in ("logs:CreateLogStream", "logs:PutLogEvents")],
        }
        if name == "getDataFromRedditApi":
            actions = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
            policies["secret"] = [f"Allow {action} on {SECRET}-??????" for action in actions]
        role = f"FDLMoto{name[0].upper()}{name[1:]}Role"
        found[role] = _role(f"{name}_role", "Allow lambda.amazonaws.com sts:AssumeRole", policies)
    delivery = ["CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies",
                "GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"]  # fmt: skip
    found["FDLMotoStepFunctionRole"] = _role(
        "step_function_role",
        f"Allow states.amazonaws.com sts:AssumeRole{own_account}",
        {"run": [f"Allow lambda:InvokeFunction on {function_arn(name)}" for name in FUNCTIONS]
         + [f"Allow logs:{action} on *" for action in delivery]},
    )  # fmt: skip
    found["FDLMotoSchedulerRole"] = _role(
        "scheduler_role",
        f"Allow scheduler.amazonaws.com sts:AssumeRole{own_account}",
        {"run": [f"Allow sqs:SendMessage on {QUEUE_ARN}", f"Allow states:StartExecution on {MACHINE_ARN}"]},
    )
    found["FDLMotoSnowpipeRole"] = _role(
        "snowpipe_role",
        f"Allow {user_arn} sts:AssumeRole" + condition_text({"StringEquals": {"sts:ExternalId": external_id}}),
        {"files": reading(coinlore, reddit)},
    )
    return found


def _topic(name, address, lines):
    arn = topic_arn(name)
    own = ["AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish",
           "RemovePermission", "SetTopicAttributes", "Subscribe"]  # fmt: skip
    owner = condition_text({"StringEquals": {"AWS:SourceOwner": ACCOUNT}})
    own = [f"Allow * sns:{action} on {arn}{owner}" for action in own]  # as SNS writes it by itself
    return {"policy": sorted(own + lines), "display name": "", "tags": marks(address)}


def topic(name, address, subscriber):
    arn = topic_arn(name)
    bucket = condition_text({"ArnLike": {"aws:SourceArn": BUCKET_ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}})
    lines = [f"Allow s3.amazonaws.com sns:Publish on {arn}{bucket}", f"Allow {subscriber} sns:Subscribe on {arn}"]
    return _topic(name, address, lines)


def alerts():
    arn = topic_arn("fdl-moto-alerts")
    account = condition_text({"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    lines = [f"Allow cloudwatch.amazonaws.com sns:Publish on {arn}{account}",
             f"Allow events.amazonaws.com sns:Publish on {arn}"]  # fmt: skip
    return _topic("fdl-moto-alerts", "alerts", lines)


def rule(topic_name, prefix):
    return {"to": topic_arn(topic_name), "events": ["s3:ObjectCreated:*"], "prefix": prefix}


def bucket(raw_expiry_days=7):
    return {
        "region": REGION,
        "encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}],
        "public access block": dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
        "ownership": ["BucketOwnerEnforced"],
        "versioning": None,
        "lifecycle": [
            {"ID": f"{source}-raw", "Filter": {"Prefix": f"{source}/raw/"}, "Status": "Enabled",
             "Expiration": {"Days": raw_expiry_days}}
            for source in ("coinlore", "reddit")
        ],
        "logging": None,
        "policy": sorted(
            f"Deny * s3:* on {resource}" + condition_text({"Bool": {"aws:SecureTransport": "false"}})
            for resource in (BUCKET_ARN, f"{BUCKET_ARN}/*")
        ),
        "tags": marks("data"),
        "rules": {
            "firn:finance/moto/coinlore_files": rule("fdl-moto-snowpipe-coinlore", "coinlore/processed/"),
            "firn:finance/moto/reddit_files": rule("fdl-moto-snowpipe-reddit", "reddit/processed/"),
        },
    }  # fmt: skip


def function(name, code_sha256, secret):
    environment = {"BUCKET_NAME": BUCKET}
    if name == "getDataFromRedditApi":
        environment["REDDIT_SECRET_ARN"] = secret
        environment["REDDIT_USER_AGENT"] = "finance-de-lab-moto (by /u/finance-de-lab)"
    return {
        "runtime": "python3.13" if name in ZIPPED else None,
        "handler": f"{name}.lambda_handler" if name in ZIPPED else None,
        "role": role_arn(f"FDLMoto{name[0].upper()}{name[1:]}Role"),
        "timeout": 60,
        "memory": 512,
        "environment": environment,
        "layers": [LAYER] if name in ZIPPED else [],
        "code sha256": code_sha256,
        "tags": marks(name),
    }


def machine(template):
    """`template`: the text of workflow.asl.json."""
    names = dict(zip(("get_coinlore", "process_coinlore", "get_reddit", "process_reddit"), FUNCTIONS))
    for placeholder, name in names.items():
        template = template.replace(f"${{{placeholder}}}", function_arn(name))
    return {
        "definition": json.loads(template),
        "role": role_arn("FDLMotoStepFunctionRole"),
        "type": "STANDARD",
        "tracing": False,
        "log level": "ERROR",
        "log group": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{MACHINE_LOG}:*"],
        "tags": marks("dataInjectionWorkflow"),
    }


def schedule():
    return {
        "group": "fdl-moto",
        "expression": "rate(10 minutes)",
        "state": "DISABLED",
        "window": {"Mode": "OFF"},
        "target": {
            "Arn": MACHINE_ARN,
            "RoleArn": role_arn("FDLMotoSchedulerRole"),
            "DeadLetterConfig": {"Arn": QUEUE_ARN},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 2},
        },
    }


def repository(digest, tags):
    function = condition_text({"ArnLike": {"aws:SourceArn": function_arn("processRedditData")}})
    return {
        "mutability": "IMMUTABLE",
        "scan on push": True,
        "encryption": {"encryptionType": "AES256"},
        "policy": [f"Allow lambda.amazonaws.com ecr:{action}{function}"
                   for action in ("BatchGetImage", "GetDownloadUrlForLayer")],
        "lifecycle": [{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}],
        "images": {digest: tags},
        "tags": marks("lambda_container_image"),
    }  # fmt: skip


def event_rule():
    return {
        "bus": "default",
        "pattern": {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [MACHINE_ARN]},
        },
        "schedule": None,
        "state": "ENABLED",
        "targets": {
            "alerts": {
                "Id": None,
                "Arn": topic_arn("fdl-moto-alerts"),
                "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
            }
        },
        "tags": marks("workflow_failed_rule"),
    }


def alarm(address, namespace, metric, dimensions, period=300, comparison="GreaterThanOrEqualToThreshold",
          missing="notBreaching"):
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": period,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": comparison,
        "TreatMissingData": missing,
        "AlarmActions": [topic_arn("fdl-moto-alerts")],
        "dimensions": dimensions,
        "tags": marks(address),
    }  # fmt: skip


def alarms():
    machine = {"StateMachineArn": MACHINE_ARN}
    found = {
        "fdl-moto-workflow-failed": alarm("workflow_failed", "AWS/States", "ExecutionsFailed", machine),
        "fdl-moto-no-new-files": alarm("no_new_files", "AWS/States", "ExecutionsSucceeded", machine, 1800,
                                       "LessThanThreshold", "breaching"),
    }  # fmt: skip
    for name in FUNCTIONS:
        errors = alarm(f"errors=5B=22{name}=22=5D", "AWS/Lambda", "Errors", {"FunctionName": f"fdl-moto-{name}"})
        found[f"fdl-moto-{name}-errors"] = errors
    return found


def account(user_arn, external_id, subscriber, code_sha256s, template, secret, image):
    """`image`: digest and tags of the container image."""
    return {
        "buckets": {BUCKET: bucket()},
        "topics": {
            f"fdl-moto-snowpipe-{source}": topic(f"fdl-moto-snowpipe-{source}", f"snowpipe_{source}", subscriber)
            for source in ("coinlore", "reddit")
        }
        | {"fdl-moto-alerts": alerts()},
        "queues": {
            "fdl-moto-scheduler-dlq": {"retention": 1209600, "policy": None, "tags": marks("scheduler_dlq")},
        },
        "roles": roles(user_arn, external_id),
        "managed policies": [],
        "functions": {f"fdl-moto-{name}": function(name, code_sha256s[name], secret) for name in FUNCTIONS},
        "log groups": {
            MACHINE_LOG: {"retention": 14, "tags": marks("dataInjectionWorkflow_log")},
            **{f"/aws/lambda/fdl-moto-{name}": {"retention": 14, "tags": marks(f"{name}_log")} for name in FUNCTIONS},
        },
        "machines": {"fdl-moto-dataInjectionWorkflow": machine(template)},
        "schedules": {"FDLMotoStepFunctionScheduler": schedule()},
        "schedule groups": {"fdl-moto": {"tags": marks("schedules")}},
        "repositories": {REPOSITORY: repository(*image)},
        "event rules": {"FDLMotoWorkflowFailed": event_rule()},
        "alarms": alarms(),
    }
