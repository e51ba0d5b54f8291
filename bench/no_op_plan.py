#!/usr/bin/env python3
"""How long an empty plan takes and what memory it needs, as the size of the stack grows.

    bench/no_op_plan.py [--firn build/release/firn] [--sizes 1000,10000] [--runs N]
                        [--terraform] [--keep FOLDER] [--strict]

Makes a project of small resources that touch no cloud (firn.value), half of them with two
references, once written out one by one and once by for_each. Brings its state about by a real
apply, and then measures the whole process of

    firn plan many --no-refresh

that is: read the YAML, read the state, compare, print that there is nothing to do. Time is wall
time; memory is the peak resident set that the system counted for the process.

--terraform measures the same shape of Terraform's built-in no-op resource (terraform_data) in the
same run, where a `terraform` is on the PATH, and prints the ratio; by for_each only up to 1,000,
since 10,000 would take it more than an hour.
--strict ends with exit code 1 when a target is missed.
"""

import argparse
import contextlib
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TIME_TARGETS = {2_500: 0.050, 10_000: 0.200, 100_000: 2.5}  # seconds
EXPONENT_TARGET = 1.1
BASE_KIB = 30 * 1024  # resident memory that a plan of nothing may take
KIB_PER_RESOURCE = 2.0
FORMS = ("written out", "for_each")

ENVIRONMENT = """\
environment: local
aws: { target: sandbox, account: "111122223333", region: eu-west-1 }
snowflake: { target: sandbox, account: firn-local, user: FIRN, role: FIRN }
state: { backend: sqlite }
"""


@dataclass
class Sample:
    seconds: float
    kib: int


@dataclass
class Result:
    form: str
    size: int
    best: float
    median: float
    kib: int


def write_stack_one_by_one(path, size):
    """Every second resource refers to the one before it and to one in the first half."""
    with path.open("w") as out:
        out.write("stack: many\nresources:\n")
        for i in range(size):
            out.write(f"  item_{i:06}:\n    type: firn.value\n")
            if i % 2 == 0:
                out.write(f"    input: {{ number: {i}, team: data }}\n")
            else:
                near, far = i - 1, (i // 4) * 2
                out.write(
                    f"    input: {{ near: ${{item_{near:06}.id}},"
                    f" far: ${{item_{far:06}.output.number}} }}\n"
                )


def write_stack_for_each(path, size):
    half = size // 2
    path.write_text(
        f"""\
stack: many
resources:
  plain:
    type: firn.value
    for_each: ${{range({half})}}
    input: {{ number: ${{each.value}}, team: data }}
  linked:
    type: firn.value
    for_each: ${{range({half})}}
    input: {{ near: ${{plain[each.key].id}}, far: ${{plain["0"].output.number}} }}
"""
    )


def write_terraform(path, size, form):
    with path.open("w") as out:
        if form == "for_each":
            half = size // 2
            keys = f"toset([for i in range({half}) : tostring(i)])"
            out.write(
                f"""\
resource "terraform_data" "plain" {{
  for_each = {keys}
  input    = {{ number = tonumber(each.value), team = "data" }}
}}
resource "terraform_data" "linked" {{
  for_each = {keys}
  input = {{
    near = terraform_data.plain[each.key].id
    far  = terraform_data.plain["0"].output.number
  }}
}}
"""
            )
            return
        for i in range(size):
            if i % 2 == 0:
                value = f'{{ number = {i}, team = "data" }}'
            else:
                near, far = i - 1, (i // 4) * 2
                value = (
                    f"{{ near = terraform_data.item_{near:06}.id,"
                    f" far = terraform_data.item_{far:06}.output.number }}"
                )
            out.write(f'resource "terraform_data" "item_{i:06}" {{\n  input = {value}\n}}\n')


def run(words, folder):
    """What the command said, at most 4,000 bytes of it.

    The whole of a large apply would stay in this process's memory, and the system counts the memory
    of a process from before it became another program.
    """
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(words, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
        output.seek(0)
        text = output.read(4_000).decode(errors="replace")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\n{text}")
    return text


def measured(words, folder, expected):
    """One run of the whole process: wall time and peak resident set."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(words, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read(100_000).decode()
    if process.returncode != 0 or expected not in text:
        sys.exit(f"{' '.join(map(str, words))}\n{text[:4000]}")
    return Sample(seconds, usage.ru_maxrss)


def repeated(words, folder, expected, runs):
    samples = [measured(words, folder, expected) for _ in range(runs)]
    times = [sample.seconds for sample in samples]
    return min(times), statistics.median(times), max(sample.kib for sample in samples)


def runs_for(size, runs):
    if runs:
        return runs
    return 21 if size <= 2_500 else 11 if size <= 10_000 else 5


def prepare_firn(firn, folder, form, size):
    (folder / "environments").mkdir(parents=True)
    (folder / "environments" / "local.yaml").write_text(ENVIRONMENT)
    stack = folder / "stacks" / "many" / "stack.yaml"
    stack.parent.mkdir(parents=True)
    (write_stack_one_by_one if form == "written out" else write_stack_for_each)(stack, size)
    run([firn, "apply", "many", "--yes"], folder)


def measure_firn(firn, base, form, size, runs):
    folder = base / f"firn-{form.replace(' ', '-')}-{size}"
    begun = time.perf_counter()
    if not (folder / ".firn").exists():
        prepare_firn(firn, folder, form, size)
    applied = time.perf_counter() - begun
    words = [firn, "plan", "many", "--no-refresh"]
    expected = f"Nothing to do: {size} objects are as declared."
    best, median, kib = repeated(words, folder, expected, runs_for(size, runs))
    return Result(form, size, best, median, kib), applied


def measure_terraform(base, form, size, runs):
    folder = base / f"terraform-{form.replace(' ', '-')}-{size}"
    if not folder.exists():
        folder.mkdir(parents=True)
        write_terraform(folder / "main.tf", size, form)
        run(["terraform", "init", "-input=false", "-no-color"], folder)
        run(["terraform", "apply", "-auto-approve", "-input=false", "-no-color"], folder)
    words = ["terraform", "plan", "-refresh=false", "-input=false", "-no-color", "-lock=false"]
    best, median, kib = repeated(words, folder, "No changes.", runs or (5 if size <= 1_000 else 3))
    return Result(form, size, best, median, kib)


def verdict(is_met):
    return "met" if is_met else "MISSED"


def print_firn(results):
    met = True
    print("| form | resources | best | median | target | | peak memory | above 30 MiB | |")
    print("| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | --- |")
    for result in results:
        target = TIME_TARGETS.get(result.size)
        in_time = target is None or result.median <= target
        each = max(0, result.kib - BASE_KIB) / result.size
        is_small = each <= KIB_PER_RESOURCE
        met = met and in_time and is_small
        print(
            f"| {result.form} | {result.size:,} | {result.best * 1000:,.1f} ms"
            f" | {result.median * 1000:,.1f} ms"
            f" | {f'{target * 1000:,.0f} ms' if target else ''}"
            f" | {verdict(in_time) if target else ''} | {result.kib / 1024:,.1f} MiB"
            f" | {each:.2f} KiB each | {verdict(is_small)} |"
        )
    for form in FORMS:
        rows = [result for result in results if result.form == form]
        for small, large in zip(rows, rows[1:]):
            exponent = math.log(large.median / small.median) / math.log(large.size / small.size)
            met = met and exponent <= EXPONENT_TARGET
            print(
                f"growth, {form}, {small.size:,} → {large.size:,}: time ~ n^{exponent:.2f}"
                f" (at most {EXPONENT_TARGET}: {verdict(exponent <= EXPONENT_TARGET)})"
            )
    return met


def print_ratios(results, peers):
    print()
    print(f"Beside it, in the same run: {run(['terraform', 'version'], '.').splitlines()[0]}")
    print("| form | resources | firn | terraform | ratio | firn memory | terraform memory | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    own = {(result.form, result.size): result for result in results}
    for peer in peers:
        ours = own[(peer.form, peer.size)]
        print(
            f"| {peer.form} | {peer.size:,} | {ours.median * 1000:,.1f} ms"
            f" | {peer.median * 1000:,.0f} ms | {peer.median / ours.median:,.0f} ×"
            f" | {ours.kib / 1024:,.0f} MiB | {peer.kib / 1024:,.0f} MiB"
            f" | {peer.kib / ours.kib:,.1f} × |"
        )


def machine():
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        model = next((l.split(":", 1)[1].strip() for l in lines if l.startswith("model name")), model)
    with open("/proc/meminfo") as lines:
        memory = int(next(lines).split()[1]) / 1024 / 1024
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()};"
        f" load before the run {load:.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firn", default="build/release/firn")
    parser.add_argument("--sizes", default="1000,2500,10000,100000")
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--terraform", action="store_true")
    parser.add_argument("--terraform-sizes", default="1000,10000")
    parser.add_argument("--keep", help="make the projects here and use them again next time")
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()
    firn = shutil.which(str(Path(arguments.firn).absolute()))
    if firn is None:
        sys.exit(f"there is no program {arguments.firn}: build the release first, or use --firn")
    forms = arguments.forms.split(",")
    sizes = [int(size) for size in arguments.sizes.split(",")]
    peer_sizes = [int(size) for size in arguments.terraform_sizes.split(",")]
    with_terraform = arguments.terraform
    if with_terraform and shutil.which("terraform") is None:
        print("terraform is not on the PATH: left out")
        with_terraform = False

    print(f"{run([firn, '--version'], '.').strip()}; {time.strftime('%Y-%m-%d')}; {machine()}")
    with contextlib.ExitStack() as stack:
        base = Path(arguments.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        results, peers = [], []
        for form in forms:
            for size in sizes:
                result, applied = measure_firn(firn, base, form, size, arguments.runs)
                results.append(result)
                print(f"  {form}, {size:,}: prepared in {applied:.1f} s", file=sys.stderr)
                is_patient = form == "written out" or size <= 1_000
                if with_terraform and size in peer_sizes and is_patient:
                    peers.append(measure_terraform(base, form, size, arguments.runs))
        met = print_firn(results)
        if peers:
            print_ratios(results, peers)
    if arguments.strict and not met:
        sys.exit(1)


if __name__ == "__main__":
    main()
