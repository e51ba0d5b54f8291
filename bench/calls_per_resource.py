#!/usr/bin/env python3
"""How many calls a look at a stack takes in which nothing has changed, and how that grows.

    bench/calls_per_resource.py [--firn build/test/firn] [--env local] [--calls] [STACK …]

Applies every stack of stacks/ to an empty sandbox of its own, plans it again, and counts what the sandbox was asked for
that plan: calls of AWS and statements of Snowflake, signing in included. Then the same with a stack of 10 and of 100
tables. --calls names the calls. The figures are the same on every machine; tests/stacks/calls_test.py holds them.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "stacks"))

Counted = collections.namedtuple("Counted", "stack resources aws snowflake calls")

# One of everything that stands around a table, and so many tables.
TABLES = """\
stack: tables
naming: {{ project: tables, short: tbl }}
resources:
  lake: {{ type: snowflake.database }}
  raw: {{ type: snowflake.schema, database: "${{lake}}" }}
  table:
    type: snowflake.table
    for_each: [{names}]
    name: TABLE_${{each.key}}
    schema: ${{raw}}
    columns:
      - {{ name: ID, type: "NUMBER(38,0)", nullable: false }}
      - {{ name: BODY, type: VARIANT }}
    primary_key: [ID]
"""


def operation(entry):
    return f"{entry['service']} {entry['operation']}"


def count(firn, stack):
    """Counts one plan of a stack that has just been applied. `firn` runs the program and answers what it printed."""
    firn("apply", stack, "--yes")
    before = len(json.loads(firn("sandbox", "log", "--json")))
    plan = json.loads(firn("plan", stack, "--json"))
    changes = {step["address"]: step["action"] for step in plan["steps"] if step["action"] not in ("none", "look_up")}
    if changes:
        raise RuntimeError(f"the plan of {stack} is not empty: {changes}")
    log = json.loads(firn("sandbox", "log", "--json"))[before:]
    calls = collections.Counter((entry["cloud"], operation(entry)) for entry in log)
    of = {cloud: sum(n for (where, _), n in calls.items() if where == cloud) for cloud in ("aws", "snowflake")}
    return Counted(stack, len(plan["steps"]), of["aws"], of["snowflake"], calls)


@contextlib.contextmanager
def project(program, environment, files=()):
    """A folder with the repository's environments and these files, and how to run firn in it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-calls-"))
    try:
        shutil.copytree(ROOT / "environments", folder / "environments")
        for path, text in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")

        def firn(*words):
            target = [] if words[0] == "sandbox" else ["--env", environment]
            done = subprocess.run([program, *words, *target], cwd=folder, env=variables(folder), check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8")
            if done.returncode != 0:
                raise RuntimeError(f"firn {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
            return done.stdout

        yield firn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def variables(home):
    kept = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1",
            "AWS_EC2_METADATA_DISABLED": "true", **kept}


def grown(program, names):
    """tests/stacks/growth/stack.yaml, with so many of everything."""
    text = (ROOT / "tests/stacks/growth/stack.yaml").read_text(encoding="utf-8")
    text = text.replace("names: { type: list }", f"names: {{ type: list, default: {json.dumps(names)} }}")
    with project(program, "local", [("stacks/growth/stack.yaml", text)]) as firn:
        return count(firn, "growth")


def tables(program, number):
    names = ", ".join(f"T{i:03}" for i in range(number))
    with project(program, "local", [("stacks/tables/stack.yaml", TABLES.format(names=names))]) as firn:
        return count(firn, "tables")._replace(stack=f"{number} tables")


def every_stack(program, environment, chosen=()):
    """The stacks of the repository, each at the place where its list of changes says how it is tried."""
    os.environ["FIRN"] = program
    import lists
    import places

    for stack in lists.stacks():
        if chosen and stack not in chosen:
            continue
        changes = lists.load(stack) or lists.ChangeList(f"{stack}.yaml", NO_CHANGES.format(stack=stack))
        with places.Place(environment, changes) as place:

            def firn(*words):
                words = list(words)
                if words[0] != "sandbox":
                    words[2:2] = place.flags()
                done = place.run(*words)
                if done.returncode != 0:
                    raise RuntimeError(f"firn {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
                return done.stdout

            yield count(firn, stack)


# A stack that is tried elsewhere has no list; it takes nothing to stand.
NO_CHANGES = "stack: {stack}\nchanges: []\n"


def total(counted):
    return Counted("the pipelines", *(sum(column) for column in zip(*(one[1:4] for one in counted))), collections.Counter())


def line(one):
    calls = one.aws + one.snowflake
    return f"| {one.stack} | {one.resources} | {one.aws} | {one.snowflake} | {calls / one.resources:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--firn", default=str(ROOT / "build/test/firn"))
    parser.add_argument("--env", default="local", choices=["local", "dev", "prod"])
    parser.add_argument("--calls", action="store_true", help="name the calls")
    arguments = parser.parse_args()
    program = shutil.which(str(pathlib.Path(arguments.firn).absolute()))
    if program is None:
        sys.exit(f"there is no program {arguments.firn}: build it first, or use --firn")

    counted = list(every_stack(program, arguments.env, arguments.stacks))
    pipelines = [one for one in counted if not one.stack.startswith("bootstrap")]
    rows = [*counted, *([total(pipelines)] if len(pipelines) > 1 else [])]
    if not arguments.stacks:
        rows += [tables(program, 10), tables(program, 100)]
    print("| nothing has changed in | resources | AWS calls | Snowflake statements | calls for each resource |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for one in rows:
        print(line(one))
        if arguments.calls:
            for (_, name), number in sorted(one.calls.items(), key=lambda item: (-item[1], item[0])):
                print(f"    {number:3} {name}")


if __name__ == "__main__":
    main()
