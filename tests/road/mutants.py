#!/usr/bin/env python3
"""Breaks the roads of the five stacks in one place after the other, and holds firn trace against what happens.

    FIRN=build/test/firn tests/road/mutants.py [STACK …] [--every N] [--pairs N] [--seed N] [--verbose]
    FIRN=build/test/firn tests/road/mutants.py STACK --only N        one mutant, and what is said of it

A mutant is the stack with one change of text, or with two (--pairs). `firn trace --object` says whether an object becomes a
row. Then the mutant is applied in the sandbox, with all that refuses it waived, and the object is put into the bucket: what
Snowflake has loaded is the truth. What firn refuses to read, and what means the same, is counted apart.

Printed is the confusion matrix, and each case in which the two differ. Exit code 1 when there is one.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FIRN = os.environ.get("FIRN", str(SOURCE / "build/test/firn"))
HANGS_AFTER_S = 240


@dataclasses.dataclass(frozen=True)
class Probe:
    """One object, and the table in which it must become a row."""
    bucket: str
    key: str
    body: str
    loader: str  # address of the pipe or external table


@dataclasses.dataclass(frozen=True)
class Base:
    stack: str
    region: str
    probes: tuple
    parameters: tuple = ()
    components: tuple = ()  # files below stacks/components that are mutated, too


BASES = [
    Base("finance", "eu-west-1", (
        Probe("finance-de-lab-local-eu-west-1", "coinlore/processed/2026/a.parquet", "PAR1", "coinlore_data_pipe"),
        Probe("finance-de-lab-local-eu-west-1", "reddit/processed/2026/a.parquet", "PAR1", "reddit_data_pipe"),
    )),
    Base("events-data-lake", "us-east-2", (
        Probe("events-data-lake-local-us-east-2-lake", "demo/vehicle/2019/06/01/2019-06-01-15-17-3-events.avro", "Obj",
              "events_ext"),
    )),
    Base("weather-multi-customer", "eu-north-1", (
        Probe("open-meteo-datapipe-local-eu-north-1-target", "weather/xxx/a.json", '{"customer_id": "xxx"}',
              "readings.pipe"),
    ), ("pipe_paused=false",), ("s3_to_table.yaml",)),
    Base("flix-tweets", "sa-east-1", (
        Probe("flix-tweets-local-sa-east-1", "tweets/raw/a.json", '[{"id": "1"}]', "raw_tweets.pipe"),
        Probe("flix-tweets-local-sa-east-1", "data/customer_location_info/a.json", '{"city": "x"}',
              "customer_location.pipe"),
    ), (), ("s3_to_table.yaml",)),
    Base("convex-insurance", "ap-southeast-1", (
        Probe("convex-insurance-local-ap-southeast-1", "convex-transactions/a.json", '[{"customer_id": "1"}]',
              "transactions_pipe"),
        Probe("convex-insurance-local-ap-southeast-1", "convex-customers/a.csv", "customer_id,loyalty_score\n1,2\n",
              "customers_pipe"),
    ), ("pipe_mode=true",)),
]

# Types that a road leads over, and the components that make one.
ON_THE_ROAD = {
    "aws.s3_bucket", "aws.s3_notification", "aws.sns_topic", "aws.kms_key", "aws.iam_role",
    "snowflake.sns_subscriber", "snowflake.storage_integration", "snowflake.stage", "snowflake.pipe",
    "snowflake.external_table", "snowflake.file_format", "snowflake.table", "s3_to_table",
}


# ---------------------------------------------------------------- mutants

@dataclasses.dataclass(frozen=True)
class Mutation:
    file: str
    line: int  # from 0
    text: str  # in place of the line; None removes it
    name: str


def blocks(lines):
    """(first line, one past the last, type) of each entry below resources:."""
    start = next(number for number, line in enumerate(lines) if line.startswith("resources:"))
    begins = [number for number in range(start + 1, len(lines)) if re.match(r"  [A-Za-z_]\w*:", lines[number])]
    for at, begin in enumerate(begins):
        end = begins[at + 1] if at + 1 < len(begins) else len(lines)
        end = next((number for number in range(begin + 1, end) if re.match(r"\S", lines[number])), end)
        kind = next((match[1] for line in lines[begin:end]
                     if (match := re.match(r"    (?:type|component): (\S+)", line))), "")
        yield begin, end, kind


PATH = re.compile(r"(?<![\w$/.{:-])((?:[a-z][\w-]*/)+)(?=[\s\"'\],}*]|$)")
URL_PATH = re.compile(r"(?<=name\}/)([\w-]+/(?:[\w-]+/)*)")
WORDS = [
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bJSON\b", "CSV"), (r"\bCSV\b", "JSON"), (r"\bPARQUET\b", "JSON"),
    (r"\bAVRO\b", "JSON"), (r"ObjectCreated:\*", "ObjectRemoved:*"), (r"ObjectCreated:\*", "ObjectCreated:Copy"),
    (r"s3:GetObject\b", "s3:GetObjectAcl"), (r"s3:PutObject\b", "s3:GetObject"), (r"Effect: Allow", "Effect: Deny"),
    (r"kms:Decrypt", "kms:DescribeKey"), (r"\bs3_read\b", "s3_write"), (r"CASE_INSENSITIVE", "NONE"),
    (r"CASE_INSENSITIVE", "CASE_SENSITIVE"), (r"\bNONE\b", "CASE_INSENSITIVE"), (r"amazonaws\.com", "amazonaws.com.cn"),
    (r"snowflake: ", "service: "), (r"\$1\b", "$2"), (r"VARIANT", "NUMBER"), (r"\bqueue\b", "topic"),
    (r"\btopic\b(?=$)", "queue"), (r"\.parquet\b", ".csv"), (r"\.avro\b", ".csv"), (r"\.json\b", ".csv"),
    (r"SKIP_FILE", "CONTINUE"), (r"iam_user_arn", "fqn"), (r"arn\}", "name}"),
]


def changes_of(line, references):
    """Other texts for a line, each with what it does."""
    for pattern in (PATH, URL_PATH):
        for match in pattern.finditer(line):
            for other in ("elsewhere/", match[1] + "deeper/", match[1][:-1], match[1][:-2] + "x/", match[1].upper()):
                yield line[:match.start(1)] + other + line[match.end(1):], f"{match[1]} → {other}"
    for pattern, other in WORDS:
        for match in re.finditer(pattern, line):
            yield line[:match.start()] + other + line[match.end():], f"{match[0]} → {other}"
    for match in re.finditer(r"\$\{(\w+)([.}])", line):
        for other in references.get(match[1], ()):
            yield line[:match.start(1)] + other + line[match.end(1):], f"${{{match[1]}}} → ${{{other}}}"


def mutations_of(base, texts):
    """All single mutations of a stack, in a fixed order."""
    for file, text in texts.items():
        lines = text.splitlines()
        found = list(blocks(lines))
        by_kind = collections.defaultdict(list)
        for begin, _, kind in found:
            by_kind[kind].append(lines[begin].strip().rstrip(":").split(":")[0])
        references = {name: [other for other in names if other != name][:2] for names in by_kind.values() for name in names}
        for begin, end, kind in found:
            if kind not in ON_THE_ROAD:
                continue
            owner = lines[begin].strip().rstrip(":")
            for number in range(begin + 1, end):
                line = lines[number]
                if not line.strip() or line.strip().startswith(("#", "type:", "component:", "doc:", "comment:")):
                    continue
                for other, what in changes_of(line, references):
                    yield Mutation(file, number, other, f"{file}:{number + 1} {owner}: {what}")
                if re.match(r"\s*(- )?[\w.]+: \S", line):
                    yield Mutation(file, number, None, f"{file}:{number + 1} {owner}: without {line.strip()}")
                if kind == "aws.s3_notification" and line.strip().startswith("bucket:"):
                    indent = line[:len(line) - len(line.lstrip())]
                    for events in ("s3:ObjectRemoved:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"):
                        yield Mutation(file, number, f'{line}\n{indent}events: ["{events}"]',
                                       f"{file}:{number + 1} {owner}: events {events}")
                    yield Mutation(file, number, f"{line}\n{indent}suffix: .nothing",
                                   f"{file}:{number + 1} {owner}: suffix .nothing")
                if kind == "snowflake.storage_integration" and "role_arn:" in line:
                    indent = line[:len(line) - len(line.lstrip())]
                    for more in ("enabled: false", "external_id: of-our-own", f'blocked_locations: ["s3://{base.probes[0].bucket}/"]'):
                        yield Mutation(file, number, f"{line}\n{indent}{more}", f"{file}:{number + 1} {owner}: {more}")


def mutated(texts, mutations):
    lines = {file: text.splitlines() for file, text in texts.items()}
    for mutation in mutations:
        lines[mutation.file][mutation.line] = mutation.text
    return {file: "\n".join(line for line in those if line is not None) + "\n" for file, those in lines.items()}


# ---------------------------------------------------------------- one mutant's life

class World:
    """A project with a sandbox of its own."""

    def __init__(self, base, texts):
        self.base = base
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="firn-mutant-"))
        shutil.copytree(SOURCE / "stacks", self.root / "stacks")
        shutil.copytree(SOURCE / "environments", self.root / "environments")
        for file, text in texts.items():
            (self.root / "stacks" / file).write_text(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def firn(self, command, stack, *arguments):
        words = [FIRN, command, stack, "--env", "local", *arguments]
        if stack == self.base.stack:
            words += [word for parameter in self.base.parameters for word in ("--set", parameter)]
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, encoding="utf-8", check=False,
                              stdin=subprocess.DEVNULL, timeout=HANGS_AFTER_S,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8", "TZ": "UTC",
                                   "AWS_EC2_METADATA_DISABLED": "true"})

    def traced(self, probe):
        """What trace says of the object: (arrives, the hops that stop it); None when the stack cannot be read."""
        run = self.firn("trace", self.base.stack, probe.loader, "--object", f"s3://{probe.bucket}/{probe.key}", "--json")
        if not run.stdout.startswith("{"):
            return None, run.stderr
        told = json.loads(run.stdout)
        hops = [(hop["passage"], hop["hop"], hop["evidence"]) for road in told["roads"] for hop in road["hops"]
                if hop["passage"] != "passes"]
        return told["arrives"], hops

    def waive(self):
        """Lets the author allow everything that refuses the plan; the errors that no check tells."""
        for _ in range(12):
            run = self.firn("plan", self.base.stack)
            codes = re.findall(r"(?m)^error (FIRN\d+): .*\n  (\S+?):(\d+)(?::\d+)?(?:, in .*)?$", run.stderr)
            if run.returncode == 0 or not codes:
                return run.stderr if run.returncode != 0 else ""
            code, file, number = codes[0]
            path = self.root / file
            lines = path.read_text().splitlines()
            at = int(number) - 1
            indent = lines[at][:len(lines[at]) - len(lines[at].lstrip())]
            lines.insert(at, f"{indent}# firn: allow {code} because the truth shall be seen")
            path.write_text("\n".join(lines) + "\n")
        return "too many waivers"

    def delivered(self):
        """loader → whether its object has become a row, or would if the sandbox read its format."""
        refused = self.waive()
        run = self.firn("apply", self.base.stack, "--yes") if not refused else None
        files = {"stack": "files", "defaults": {"aws": {"region": self.base.region}}, "resources": {
            f"file_{number}": {"type": "aws.s3_object", "bucket": probe.bucket, "key": probe.key, "content": probe.body}
            for number, probe in enumerate(self.base.probes)}}
        (self.root / "stacks/files").mkdir()
        (self.root / "stacks/files/stack.yaml").write_text(json.dumps(files))
        put = self.firn("apply", "files", "--yes")
        rows = {probe.loader: False for probe in self.base.probes}
        file = self.root / ".firn/sandbox.db"
        why = refused or (run.stderr if run.returncode != 0 else "") or (put.stderr if put.returncode != 0 else "")
        if not file.exists():
            return rows, why
        with sqlite3.connect(file) as database:
            documents = [(collection, key, json.loads(body)) for collection, key, body in
                         database.execute("SELECT collection, key, body FROM document")]
        for probe in self.base.probes:
            for collection, key, body in documents:
                if re.fullmatch(r"snowflake/[^/]+/history/\d+", collection) and key == f"{probe.bucket}/{probe.key}":
                    unread = "does not read" in body["first_error"]
                    rows[probe.loader] |= body["rows"] > 0 or unread
                if re.fullmatch(r"snowflake/[^/]+/files/\d+", collection) and key == probe.key:
                    rows[probe.loader] = True
        return rows, why


@dataclasses.dataclass
class Verdict:
    name: str
    probe: str
    said: object  # True, False, None: not decided
    truth: bool
    hops: object
    why: str


def live(base, texts, mutations):
    """Verdicts on each object of a mutant; [] when firn cannot read the stack at all."""
    name = " and ".join(mutation.name for mutation in mutations)
    with World(base, mutated(texts, mutations)) as world:
        said = {}
        for probe in base.probes:
            arrives, hops = world.traced(probe)
            if arrives is None:
                return []
            undecided = not arrives and hops and all(passage == "unknown" for passage, _, _ in hops)
            said[probe.loader] = (None if undecided else arrives, hops)
        rows, why = world.delivered()
    return [Verdict(name, probe.loader, *said[probe.loader][:1], rows[probe.loader], said[probe.loader][1], why)
            for probe in base.probes]


def texts_of(base):
    files = [f"{base.stack}/stack.yaml", *(f"components/{name}" for name in base.components)]
    return {file: (SOURCE / "stacks" / file).read_text() for file in files}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    matrix = collections.Counter()
    unread = mutants = 0
    wrong = []
    jobs = []
    for base in BASES:
        if arguments.stacks and base.stack not in arguments.stacks:
            continue
        texts = texts_of(base)
        seen = set()
        singles = []
        for mutation in mutations_of(base, texts):
            if (mutation.file, mutation.line, mutation.text) in seen:
                continue
            seen.add((mutation.file, mutation.line, mutation.text))
            singles.append(mutation)
        chosen = [(number, (mutation,)) for number, mutation in enumerate(singles)]
        if arguments.only is not None:
            chosen = [chosen[arguments.only]]
        else:
            chosen = chosen[::arguments.every]
            for number in range(arguments.pairs):
                pair = tuple(chance.sample(singles, 2))
                if (pair[0].file, pair[0].line) != (pair[1].file, pair[1].line):
                    chosen.append((f"pair {number}", pair))
        jobs += [(base, texts, number, those) for number, those in chosen]
        jobs.append((base, texts, "whole", ()))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lived = pool.map(lambda job: live(job[0], job[1], job[3]), jobs)
        for (base, _, number, those), verdicts in zip(jobs, lived):
            mutants += bool(those)
            unread += not verdicts
            for verdict in verdicts:
                matrix[(verdict.said, verdict.truth)] += 1
                differs = verdict.said is not None and verdict.said != verdict.truth
                if differs:
                    wrong.append(verdict)
                if differs or arguments.verbose or arguments.only is not None:
                    print(f"{'WRONG' if differs else 'right'} {base.stack} {number}: {verdict.name or 'as it is'}\n"
                          f"  {verdict.probe}: trace says {verdict.said}, the truth is {verdict.truth}")
                    for passage, hop, evidence in verdict.hops:
                        print(f"    {passage} {hop}: {evidence.splitlines()[0] if evidence else ''}")
                    if verdict.why:
                        print("    " + "\n    ".join(verdict.why.splitlines()[:6]))
                    sys.stdout.flush()
    print(f"\n{mutants} mutants; {unread} of them firn does not take for a stack")
    print(f"{'':24}{'a row':>10}{'no row':>10}")
    for said, words in ((True, "trace: it lands"), (False, "trace: it stops"), (None, "trace: undecided")):
        print(f"{words:24}{matrix[(said, True)]:>10}{matrix[(said, False)]:>10}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
