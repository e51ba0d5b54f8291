"""What a random stack is made of: of each type, what it needs, and what may be said of it."""

COLUMNS = [
    {"name": "ID", "type": "VARCHAR"},
    {"name": "AMOUNT", "type": "NUMBER(10,2)"},
    {"name": "AMOUNT", "type": "NUMBER(12,2)"},
    {"name": "AT", "type": "DATE"},
    {"name": "NOTE", "type": "VARCHAR(20)", "comment": "by hand"},
    {"name": "NOTE", "type": "VARCHAR(40)"},
    {"name": "RAW", "type": "VARIANT", "nullable": True},
]


class Kind:
    """`make` gives what must be said; `vary` what may be, each of which an edit says anew or, unless kept, takes out."""

    def __init__(self, make, vary=None, kept=(), many=False):
        self.make = make
        self.vary = vary or {}
        self.kept = set(kept)
        self.many = many  # may be made with for_each


def one_of(*values):
    return lambda draw, name: draw.rng.choice(values)


def tags(draw, name):
    return {key: draw.rng.choice(["orders", "a - b: c", "x"]) for key in draw.some(["team", "tier", "cost"])}


def words(draw, name):
    return draw.rng.choice(["Orders", "It's for \"them\"", "Ende", "a; b -- c"])


def schema(draw, name):
    return draw.ref(draw.one("snowflake.schema"))


# ---------------------------------------------------------------- AWS


def lifecycle(draw, name):
    return [
        {"id": rule, "prefix": f"{rule}/", "expiration_days": draw.rng.choice([7, 30])}
        for rule in draw.some(["raw", "old", "tmp"])
    ]


def is_standard(body):
    return not body.get("fifo")


def fifo_or_not(draw, name):
    return {"name": f"{name.replace('_', '-')}.fifo", "fifo": True} if draw.rng.random() < 0.2 else {}


def redrive(draw, name):
    fifo = draw.body(name).get("fifo", False)
    target = draw.one("aws.sqs_queue", lambda body: body.get("fifo", False) == fifo, beside=name, make=not fifo)
    return target and {"dead_letter_queue": draw.ref(target), "max_receive_count": draw.rng.choice([1, 5])}


def deduplication(draw, name):
    return draw.rng.choice([True, False]) if draw.body(name).get("fifo") else None


def subscription(draw, name):
    topic, queue = draw.one("aws.sns_topic", is_standard), draw.one("aws.sqs_queue", is_standard)
    draw.let("senders", of=queue, have=topic)
    made = {"topic": draw.ref(topic), "protocol": "sqs", "endpoint": draw.ref(queue)}
    return draw.only(made)


def notification(draw, name):
    bucket = draw.one("aws.s3_bucket")
    body = {"bucket": draw.ref(bucket), "prefix": f"{name}/"}
    kind = draw.rng.choice(["topic", "queue", "function"])
    if kind == "function":
        target = draw.one("aws.lambda_function")
        draw.add(
            "aws.lambda_permission",
            {"function": draw.ref(target), "principal": "s3.amazonaws.com", "source_arn": draw.ref(bucket)},
            once=True,
        )
    else:
        target = draw.one("aws.sns_topic" if kind == "topic" else "aws.sqs_queue", is_standard)
        draw.let("publishers" if kind == "topic" else "senders", of=target, have=bucket)
    return {**body, kind: draw.ref(target)}


def trusts(service):
    return lambda body: service in str(body.get("trust"))


def role(draw, name):
    return {"trust": {"service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}}


def policies(draw, name):
    made = {}
    for policy in draw.some(["files", "queues", "topics", "logs", "secrets", "own"]):
        if policy == "files":
            made[policy] = {"s3_read": {"bucket": draw.ref(draw.one("aws.s3_bucket")), "prefixes": ["in/"]}}
        elif policy == "queues":
            made[policy] = {"send_messages": {"queues": [draw.ref(draw.one("aws.sqs_queue"))]}}
        elif policy == "topics":
            made[policy] = {"publish": {"topics": [draw.ref(draw.one("aws.sns_topic"))]}}
        elif policy == "logs":
            made[policy] = {"write_logs": {"log_groups": [draw.ref(draw.one("aws.log_group"))]}}
        elif policy == "secrets":
            made[policy] = {"read_secrets": {"secrets": [draw.ref(draw.one("aws.secret"))]}}
        else:
            action = draw.rng.choice(["s3:ListAllMyBuckets", "s3:GetAccountPublicAccessBlock"])
            made[policy] = {"statements": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return made


def statements(draw, name):
    actions = ["s3:ListAllMyBuckets", *draw.some(["s3:GetBucketLocation", "sqs:ListQueues"])]
    return [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]


def function(draw, name):
    worker = draw.one("aws.iam_role", trusts("lambda"))
    return {"code": "functions/one", "handler": "main.handler", "runtime": "python3.13", "role": draw.ref(worker)}


def environment(draw, name):
    made = {"SIZE": str(draw.rng.randrange(9))}
    for variable, type_name, output in (
        ("BUCKET", "aws.s3_bucket", "name"),
        ("QUEUE", "aws.sqs_queue", "url"),
        ("TOPIC", "aws.sns_topic", "arn"),
    ):
        if draw.rng.random() < 0.3:
            made[variable] = draw.ref(draw.one(type_name), output)
    return made


def target(draw, name):
    what = draw.one("aws.sqs_queue", is_standard)
    return {
        "arn": draw.ref(what),
        "role": draw.ref(draw.one("aws.iam_role", trusts("scheduler"))),
        "retry": {"max_attempts": draw.rng.choice([0, 3])},
    }


AWS = {
    "aws.s3_bucket": Kind(
        # Versioning that was on once can only be suspended, so no edit touches it.
        lambda draw, name: {"force_destroy": True, "versioning": draw.rng.random() < 0.3},
        {
            "tags": tags,
            "lifecycle": lifecycle,
            "tls_only": one_of(True, False),
            "encryption": one_of({"type": "sse_s3"}, {"type": "sse_kms"}),
            "ownership": one_of("BucketOwnerEnforced", "BucketOwnerPreferred"),
        },
        many=True,
    ),
    "aws.sqs_queue": Kind(
        fifo_or_not,
        {
            "visibility_timeout": one_of(30, 60, 90),
            "message_retention": one_of(3600, 86400),
            "delay": one_of(0, 5),
            "tags": tags,
            "redrive": redrive,
            "content_based_deduplication": deduplication,
        },
        many=True,
    ),
    "aws.sns_topic": Kind(fifo_or_not, {"display_name": one_of("Alerts", "Orders"), "tags": tags}, many=True),
    "aws.sns_subscription": Kind(
        subscription, {"raw_delivery": one_of(True, False), "filter_policy": one_of({"kind": ["a"]}, {"kind": ["b"]})}
    ),
    "aws.s3_notification": Kind(
        notification,
        {"suffix": one_of(".csv", ".json"), "events": one_of(["s3:ObjectCreated:*"], ["s3:ObjectRemoved:*"])},
    ),
    "aws.log_group": Kind(lambda draw, name: {}, {"retention_days": one_of(7, 30), "tags": tags}, many=True),
    "aws.iam_policy": Kind(
        lambda draw, name: {"statements": statements(draw, name)},
        {"statements": statements, "path": one_of("/one/", "/two/"), "tags": tags},
        kept=["statements"],
    ),
    "aws.iam_role": Kind(
        role,
        {
            "description": words,
            "policies": policies,
            "path": one_of("/one/", "/two/"),
            "max_session_duration": one_of(3600, 7200),
            "managed_policies": lambda draw, name: [draw.ref(draw.one("aws.iam_policy"))],
            "tags": tags,
        },
    ),
    "aws.lambda_permission": Kind(
        lambda draw, name: {
            "function": draw.ref(draw.one("aws.lambda_function")),
            "principal": "events.amazonaws.com",
            "source_arn": f"arn:aws:events:eu-west-1:${{env.account}}:rule/{name}",
        }
    ),
    "aws.iam_user": Kind(lambda draw, name: {}, {"path": one_of("/one/", "/two/"), "policies": policies, "tags": tags}),
    "aws.secret": Kind(
        lambda draw, name: {"recovery_window": draw.rng.choice([0, 7])},
        {"description": words, "value": one_of("one", {"user": "two", "size": 5}), "recovery_window": one_of(0, 7)},
        kept=["recovery_window", "value"],
        many=True,
    ),
    "aws.lambda_function": Kind(
        function,
        {
            "memory": one_of(128, 256),
            "timeout": one_of(3, 60),
            "environment": environment,
            "code": one_of("functions/one", "functions/two"),
            "log_group": lambda draw, name: draw.ref(draw.one("aws.log_group")),
            "role": lambda draw, name: draw.ref(draw.one("aws.iam_role", trusts("lambda"))),
            "reserved_concurrency": one_of(1, 2),
            "tags": tags,
        },
        kept=["code", "role"],
    ),
    "aws.scheduler_group": Kind(lambda draw, name: {}, {"tags": tags}),
    "aws.scheduler_schedule": Kind(
        lambda draw, name: {"expression": "rate(10 minutes)", "target": target(draw, name)},
        {
            "expression": one_of("rate(10 minutes)", "cron(0 8 * * ? *)"),
            "state": one_of("ENABLED", "DISABLED"),
            "description": words,
            "group": lambda draw, name: draw.ref(draw.one("aws.scheduler_group")),
            "target": target,
        },
        kept=["expression", "target"],
    ),
}


# ---------------------------------------------------------------- Snowflake


def columns(draw, name):
    made = [COLUMNS[0]]
    for column in draw.some(COLUMNS[1:]):
        if all(column["name"] != other["name"] for other in made):
            made.append(column)
    return made


def query(draw, name):
    source = draw.one("snowflake.table")
    where = draw.rng.choice(["", " WHERE ID IS NOT NULL", " WHERE ID <> 'x'"])
    return f"SELECT ID FROM {draw.ref(source, 'fqn')}{where}"


def integration(draw, name):
    """With the role that it assumes: each names the other."""
    bucket = draw.one("aws.s3_bucket")
    reader = draw.new_name("reader")
    trust = {"trust": {"snowflake": draw.ref(name)}, "policies": {"files": {"s3_read": {"bucket": draw.ref(bucket)}}}}
    draw.put(reader, "aws.iam_role", trust)
    return {"role_arn": draw.ref(reader), "allowed_locations": [f"s3://{draw.ref(bucket, 'name')}/"]}


def stage(draw, name):
    lake = draw.one("snowflake.storage_integration")
    place = draw.body(lake)["allowed_locations"][0]
    return {"schema": schema(draw, name), "url": f"{place}{name}/", "storage_integration": draw.ref(lake)}


def copy(draw, name):
    return {
        "into": draw.ref(draw.one("snowflake.table")),
        "from": draw.ref(draw.one("snowflake.stage")),
        "file_format": draw.ref(draw.one("snowflake.file_format", lambda body: body["format_type"] == "JSON")),
        "match_by_column_name": "CASE_INSENSITIVE",
        "on_error": draw.rng.choice(["CONTINUE", "SKIP_FILE"]),
    }


def graph(draw, name):
    """A root, what runs after it, and the graph as a whole, all in one schema."""
    place = schema(draw, name)
    root = draw.new_name("root")
    draw.put(root, "snowflake.task", {"schema": place, "schedule": "10 MINUTE", "definition": "SELECT 1"})
    tasks = []
    for _ in range(draw.rng.randrange(3)):
        after = draw.rng.choice([root, *tasks])
        tasks.append(draw.new_name("step"))
        body = {"schema": place, "after": [draw.ref(after, "fqn")], "definition": "SELECT 2"}
        draw.put(tasks[-1], "snowflake.task", body)
    return {"root": draw.ref(root), "tasks": [draw.ref(task, "fqn") for task in tasks]}


def right(draw, name):
    """(privileges, on)."""
    kind = draw.rng.choice(["table", "view", "database", "schema", "warehouse", "stage"])
    privileges = ["SELECT"] if kind in ("table", "view") else ["USAGE"]
    return privileges, {kind: draw.ref(draw.one(f"snowflake.{kind}"))}


def receiver(draw, name):
    """A role of the grant's own, as two grants of the same to one role would be one."""
    holder = draw.new_name("holder")
    draw.put(holder, "snowflake.role", {})
    return holder


def grant(draw, name):
    privileges, on = right(draw, name)
    return {"privileges": privileges, "on": on, "to": {"role": draw.ref(receiver(draw, name))}}


def rights(draw, name):
    made = {}
    for _ in range(draw.rng.randrange(1, 4)):
        privileges, on = right(draw, name)
        made[str(on)] = {"privileges": privileges, "on": on}
    if draw.rng.random() < 0.4:
        # Of all there are or of future ones alone, who gets which depends on what is made first.
        objects = {"objects": draw.rng.choice(["TABLES", "VIEWS"]), "schema": schema(draw, name)}
        made["future"] = {"privileges": ["SELECT"], "on": {"future": objects}}
        made["all"] = {"privileges": ["SELECT"], "on": {"all": objects}}
    return list(made.values())


def road(draw, name):
    """The component s3_to_table."""
    bucket = draw.one("aws.s3_bucket")
    parameters = {"bucket": draw.ref(bucket), "prefix": f"{name}/", "schema": schema(draw, name), "columns": [COLUMNS[0]]}
    return {"component": "s3_to_table", "parameters": parameters}


def road_with(key, *values):
    def varied(draw, name):
        return {**draw.body(name)["parameters"], key: draw.rng.choice(values)}

    return varied


def road_parameters(draw, name):
    return draw.rng.choice(
        [
            road_with("via", "topic", "queue"),
            road_with("pipe_paused", True, False),
            road_with("columns", COLUMNS[:1], COLUMNS[:2], [COLUMNS[0], COLUMNS[3]]),
            road_with("on_error", "CONTINUE", "SKIP_FILE"),
        ]
    )(draw, name)


SNOWFLAKE = {
    "snowflake.warehouse": Kind(
        lambda draw, name: {"initially_suspended": True},
        {"size": one_of("XSMALL", "SMALL"), "auto_suspend": one_of(60, 120), "comment": words},
    ),
    "snowflake.database": Kind(
        lambda draw, name: {}, {"comment": words, "retention_days": one_of(0, 7)}
    ),
    "snowflake.schema": Kind(
        lambda draw, name: {"database": draw.ref(draw.one("snowflake.database"))},
        {"comment": words, "retention_days": one_of(0, 3), "managed_access": one_of(True, False)},
        many=True,
    ),
    "snowflake.table": Kind(
        lambda draw, name: {"schema": schema(draw, name), "columns": columns(draw, name)},
        {
            "columns": columns,
            "comment": words,
            "schema": schema,
            "change_tracking": one_of(True, None),
            "retention_days": one_of(0, 2),
            "primary_key": one_of(["ID"]),
            "cluster_by": one_of(["ID"]),
        },
        kept=["columns", "schema"],
        many=True,
    ),
    "snowflake.view": Kind(
        lambda draw, name: {"schema": schema(draw, name), "query": query(draw, name)},
        {"query": query, "comment": words, "schema": schema},
        kept=["query", "schema"],
    ),
    "snowflake.file_format": Kind(
        lambda draw, name: {"schema": schema(draw, name), "format_type": "JSON"},
        {"comment": words, "options": one_of({"STRIP_OUTER_ARRAY": True}, {"STRIP_NULL_VALUES": True}), "schema": schema},
        kept=["schema"],
    ),
    "snowflake.storage_integration": Kind(
        integration,
        {"comment": words, "blocked_locations": lambda draw, name: [draw.body(name)["allowed_locations"][0] + "not/"]},
    ),
    "snowflake.stage": Kind(
        stage,
        {"comment": words, "directory": one_of({"enable": True}, {"enable": False}), "schema": schema},
        kept=["schema"],
    ),
    "snowflake.pipe": Kind(
        lambda draw, name: {"schema": schema(draw, name), "copy": copy(draw, name)},
        {"copy": copy, "comment": words, "paused": one_of(True, False), "schema": schema},
        kept=["copy", "schema"],
    ),
    "snowflake.stream": Kind(
        lambda draw, name: {"schema": schema(draw, name), "table": draw.ref(draw.one("snowflake.table"))},
        {
            "mode": one_of("APPEND_ONLY", "DEFAULT"),
            "comment": words,
            "schema": schema,
            "table": lambda draw, name: draw.ref(draw.one("snowflake.table")),
        },
        kept=["schema", "table"],
    ),
    "snowflake.task": Kind(
        lambda draw, name: {"schema": schema(draw, name), "definition": "SELECT 1"},
        {
            "definition": one_of("SELECT 1", "SELECT 'it''s'", "CALL P(1)"),
            "comment": words,
            "user_task_timeout_ms": one_of(60000, 600000),
            "warehouse": lambda draw, name: draw.ref(draw.one("snowflake.warehouse")),
        },
        kept=["definition"],
    ),
    "snowflake.task_graph": Kind(graph, {"state": one_of("started", "suspended")}),
    "snowflake.role": Kind(lambda draw, name: {}, {"comment": words}, many=True),
    "snowflake.database_role": Kind(
        lambda draw, name: {"database": draw.ref(draw.one("snowflake.database"))}, {"comment": words}
    ),
    "snowflake.grant": Kind(grant),
    "snowflake.grants": Kind(
        lambda draw, name: {"role": draw.ref(receiver(draw, name)), "grants": rights(draw, name)},
        {"grants": rights},
        kept=["grants"],
    ),
    "snowflake.user": Kind(
        lambda draw, name: {},
        {
            "comment": words,
            "first_name": one_of("Ada", "Grace"),
            "disabled": one_of(True, False),
            "default_role": lambda draw, name: draw.ref(draw.one("snowflake.role")),
            "default_warehouse": lambda draw, name: draw.ref(draw.one("snowflake.warehouse")),
        },
    ),
    "s3_to_table": Kind(road, {"parameters": road_parameters}, kept=["parameters"]),
}

KINDS = {**AWS, **SNOWFLAKE}
