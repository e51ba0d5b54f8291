"""The house rules of .github/workflows, for what a linter does not know: no logic in them, nothing
pasted into scripts, and no job with more rights or secrets than its scripts need."""
import re

import plain_yaml

PINNED = re.compile(r"^\s*(?:- )?uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
LOCAL = re.compile(r"^\./\.github/workflows/[\w-]+\.yml$")
CALL = re.compile(r"^(\.ci/run|scripts/[\w/-]+\.sh)((?: --[a-z-]+| \"\$[A-Z_]+\")*)$")
EXPRESSIONS = {
    "github.ref", "github.sha", "github.token", "github.workspace", "inputs.branch",
    "inputs.environment", "inputs.stack", "inputs.typed", "secrets.SNOWFLAKE_PRIVATE_KEY",
    "steps.plan.outputs.changes", "!cancelled()", "always()",
}
TOP = {"name", "on", "permissions", "concurrency", "jobs"}
EVENTS = {"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}
JOB = {"runs-on", "container", "timeout-minutes", "environment", "permissions", "outputs", "env",
       "needs", "if", "steps"}
CALLING_JOB = {"permissions", "uses", "with", "secrets"}
CONDITIONS = {"needs.plan.outputs.changes != ''", "${{ !cancelled() }}", "${{ always() }}"}

# What a script needs of its job, beside the right to read the repository.
RIGHTS = {
    "scripts/deploy/plan.sh": {"id-token": "write"},
    "scripts/deploy/apply.sh": {"id-token": "write"},
    "scripts/deploy/finish.sh": {"id-token": "write"},
    "scripts/deploy/comment.sh": {"pull-requests": "write"},
    "scripts/deploy/drift.sh": {"issues": "write"},
}
SECRETS = {
    "scripts/deploy/plan.sh": {"SNOWFLAKE_PRIVATE_KEY": "${{ secrets.SNOWFLAKE_PRIVATE_KEY }}"},
    "scripts/deploy/apply.sh": {"SNOWFLAKE_PRIVATE_KEY": "${{ secrets.SNOWFLAKE_PRIVATE_KEY }}"},
    "scripts/deploy/comment.sh": {"GITHUB_TOKEN": "${{ github.token }}"},
    "scripts/deploy/drift.sh": {"GITHUB_TOKEN": "${{ github.token }}"},
}


def scripts_of(job):
    found = []
    for step in job.get("steps", []):
        call = CALL.match(step.get("run", ""))
        if call:
            found.append(call[1])
    return found


def rights_of(job):
    rights = {"contents": "read"}
    for script in scripts_of(job):
        rights.update(RIGHTS.get(script, {}))
    return rights


def problems(files, exists):
    """What is wrong in workflows (name → text); `exists` tells whether a path is a script."""
    found = []
    workflows = {}
    for name, text in files.items():
        try:
            workflows[name] = plain_yaml.load(text)
        except plain_yaml.NotPlain as problem:
            found.append(f"{name}: {problem}")
    versions = {}
    for name, text in files.items():
        found += [f"{name}: {one}" for one in of_text(text, versions)]
    for name, workflow in workflows.items():
        found += [f"{name}: {one}" for one in of_workflow(workflow)]
        for key, job in workflow.get("jobs", {}).items():
            if "uses" in job:
                found += [f"{name}: {key}: {one}" for one in of_call(job, workflows)]
            else:
                found += [f"{name}: {key}: {one}" for one in of_job(job, exists)]
    return found


def of_text(text, versions):
    for line in text.splitlines():
        if re.match(r"\s*(- )?uses: (?!\./)", line):
            pinned = PINNED.match(line)
            if not pinned:
                yield f"not pinned by a commit, with its version: {line.strip()}"
            elif versions.setdefault(pinned[1], pinned.groups()) != pinned.groups():
                yield f"{pinned[1]} has two versions"
        for expression in re.findall(r"\$\{\{\s*(.*?)\s*\}\}", line):
            if expression not in EXPRESSIONS:
                yield f"an expression that no rule knows: {expression}"


def of_workflow(workflow):
    for key in workflow.keys() ^ TOP:
        if key != "concurrency":
            yield f"{key} must{'' if key in TOP else ' not'} be there"
    events = workflow.get("on") or {}
    for event in events.keys() - EVENTS:
        yield f"{event} must not set it off"
    if workflow.get("permissions") != {}:
        yield "permissions of all jobs together: write permissions: {}"
    is_called = set(events) == {"workflow_call"}
    if is_called == ("concurrency" in workflow):
        yield "concurrency belongs to the workflow that is set off"
    jobs = workflow.get("jobs", {})
    changes = any("apply.sh" in script for job in jobs.values() for script in scripts_of(job)) or any(
        str(job.get("uses")).endswith("/deploy.yml") for job in jobs.values())
    if not is_called and changes and workflow.get("concurrency", {}).get("cancel-in-progress"):
        yield "what changes a cloud must not be broken off by the next run"


def of_call(job, workflows):
    for key in job.keys() - CALLING_JOB:
        yield f"unexpected {key}"
    if not LOCAL.match(job["uses"]):
        yield f"calls {job['uses']}"
        return
    called = workflows.get(job["uses"].rsplit("/", 1)[1], {"on": {}, "jobs": {}})
    if "workflow_call" not in called["on"]:
        yield f"calls {job['uses']}, which cannot be called"
        return
    rights = {}
    for inner in called["jobs"].values():
        rights.update(inner.get("permissions") or {})
    if job.get("permissions") != rights:
        yield f"permissions are {job.get('permissions')}, and the called jobs need {rights}"
    inputs = called["on"]["workflow_call"].get("inputs", {})
    if job.get("with", {}).keys() != inputs.keys():
        yield f"gives {sorted(job.get('with', {}))}, and {sorted(inputs)} are wanted"


def of_job(job, exists):
    for key in job.keys() - JOB:
        yield f"unexpected {key}"
    if (job.get("runs-on"), job.get("container")) != ("ubuntu-24.04", "debian:12"):
        yield "runs elsewhere than the project does"
    if not 0 < job.get("timeout-minutes", 0) <= 60:
        yield "has no limit of an hour at most"
    if job.get("permissions") != rights_of(job):
        yield f"permissions are {job.get('permissions')}, and its scripts need {rights_of(job)}"
    scripts = scripts_of(job)
    place = job.get("environment")
    wanted = None
    if "scripts/deploy/plan.sh" in scripts:
        wanted = "${{ inputs.environment }}-plan"
    if "scripts/deploy/apply.sh" in scripts:
        wanted = "${{ inputs.environment }}"
        if job.get("needs") != "plan":
            yield "applies what no other job has planned"
        last = [step for step in job["steps"] if "apply.sh" in step.get("run", "")
                or "finish.sh" in step.get("run", "")][-1]
        if "finish.sh" not in last.get("run", "") or last.get("if") != "${{ always() }}":
            yield "leaves an apply that is broken off to itself"
    if place != wanted:
        yield f"its environment is {place}, not {wanted}"
    if job.get("if", "needs.plan.outputs.changes != ''") not in CONDITIONS:
        yield f"a condition with logic: {job['if']}"
    for step in job.get("steps", []):
        yield from of_step(step, job, exists)


def of_step(step, job, exists):
    label = step.get("run", step.get("uses"))
    if step.get("if", "${{ always() }}") not in CONDITIONS:
        yield f"{label}: a condition with logic: {step['if']}"
    environment = dict(step.get("env", {}))
    if "run" not in step:
        if str(step.get("uses")).startswith("actions/checkout@"):
            if step.get("with", {}).get("persist-credentials") is not False:
                yield f"{label}: leaves GitHub's token in the checkout"
        if environment:
            yield f"{label}: an action gets variables"
        return
    call = CALL.match(step["run"])
    if not call:
        yield f"not the call of one script: {step['run']}"
        return
    if not exists(call[1]):
        yield f"there is no script {call[1]}"
    if environment != SECRETS.get(call[1], {}):
        yield f"{label}: gets {sorted(environment)}"
    for name in re.findall(r"\$([A-Z_]+)", call[2]):
        if name not in job.get("env", {}):
            yield f"{label}: ${name} is not set"
