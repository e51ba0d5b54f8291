"""The life of all cases together, one phase after the other, each phase in one run of firn."""

import json
import re

STEPS = ["create", "re-plan", "adopt", "refuse", "set", "change", "drift", "vanish", "import", "clear", "destroy",
         "again"]  # fmt: skip
NOTHING = ("none", "look_up")
TRIES = 40  # of a plan that refuses single objects: those are left out, and the others go on


class Failure:
    def __init__(self, title, step, detail):
        self.title, self.step, self.detail = title, step, detail.rstrip()

    def __str__(self):
        detail = "\n".join(f"    {line}" for line in self.detail.splitlines())
        return f"FAILED {self.title}, {self.step}\n{detail}"


class Stuck(Exception):
    """firn refused, and named no object that could be left out."""

    def __init__(self, step, run):
        super().__init__(step)
        self.step, self.said = step, run.stdout + run.stderr


class Life:
    def __init__(self, world, cases, needs, import_works):
        self.world = world
        self.cases = cases
        self.by_address = {}
        for case in cases:
            self.by_address.setdefault(case.address, []).append(case)
        self.needs = needs
        self.import_works = import_works
        self.failures = []
        self.left_out = set()  # addresses that failed: the others go on without them
        self.passed = {}  # (type, step) → how many
        self.failed = {}
        self.owner = {address: case for case in cases for address in case.own}
        self.resources = {}
        self.at = {}  # address → the block that it has now

    # ------------------------------------------------------------ bookkeeping

    def case_of(self, address, planned):
        """The case that an address stands for; of several in one object that which the plan speaks of."""
        cases = self.by_address.get(address, [])
        spoken_of = [case for case in cases if planned and case.shows in paths(planned)]
        return (spoken_of or cases or [self.owner.get(address)])[0]

    def fail(self, address, step, detail, planned=None, case=None):
        case = case or self.case_of(address, planned)
        title = case.title if case else f"(needed by others) {address}"
        self.failures.append(Failure(title, step, detail))
        if case:
            self.failed[case.type, step] = self.failed.get((case.type, step), 0) + 1
            self.left_out |= {case.address, *case.own}
        else:
            self.left_out.add(address)

    def ok(self, cases, step):
        for case in cases:
            if case.address not in self.left_out:
                self.passed[case.type, step] = self.passed.get((case.type, step), 0) + 1

    def can(self, case, step):
        return self.world.name != "moto" or step not in case.moto_cannot

    def alive(self, wanted=lambda case: True):
        return [case for case in self.cases if case.address not in self.left_out and wanted(case)]

    def cell(self, type_name, step):
        """How many passed, or how many failed, or nothing to do."""
        if step == "import" and not self.import_works:
            return "NOT RUN"
        bad = sum(count for (name, where), count in self.failed.items() if name == type_name and where.startswith(step))
        good = self.passed.get((type_name, step), 0)
        return f"{bad} BAD" if bad else str(good) if good else "-"

    # ------------------------------------------------------------ runs of firn

    def write(self, without_cases=False):
        resources = dict(self.needs)
        for case in self.alive():
            resources.update(case.own)
            if not without_cases:
                resources[case.address] = self.at[case.address]
                if case.is_lookup:
                    resources[f"{case.address}_seen"] = {"type": "firn.value", "input": case.all_outputs}
        self.resources = {name: block for name, block in resources.items() if name not in self.left_out or name in self.needs}
        self.world.write(self.resources)

    def blame(self, text, step):
        """Leaves out whatever objects a refusal names; whether there were any."""
        found = False
        for part in re.split(r"(?m)^(?=error: )", text):
            known = set(self.resources) - self.left_out
            names = [name for name in re.findall(r"\w+", part) if name in known]
            if part.startswith("error: ") and names:
                self.fail(names[0], step, part)
                found = True
        return found

    def plan(self, step):
        """address → planned step, of all that is not as it should be."""
        for _ in range(TRIES):
            run = self.world.run("plan", "--json")
            if run.returncode == 0:
                steps = [one for one in json.loads(run.stdout)["steps"] if one["action"] not in NOTHING]
                return {one["address"]: one for one in steps if one["address"] in self.resources}
            if not self.blame(run.stderr, step):
                break
            self.write()
        raise Stuck(step, run)

    def apply(self, step):
        for _ in range(TRIES):
            agreed = [word for address in self.by_address for word in ("--accept-loss", address)]
            run = self.world.run("apply", "--yes", "--json", *agreed)
            if run.returncode == 0:
                return
            if run.stdout.strip():
                for failure in json.loads(run.stdout)["failures"]:
                    if failure["address"] not in self.left_out:
                        self.fail(failure["address"], step, as_text(failure))
                self.write()
                return
            if not self.blame(run.stderr, step):
                break
            self.write()
        raise Stuck(step, run)

    def expect_nothing(self, step):
        """The re-plan after every phase."""
        for address, planned in self.plan("re-plan").items():
            if address not in self.left_out:
                self.fail(address, f"re-plan after {step}", planned_text(planned), planned)
        self.ok(self.alive(), "re-plan")

    def expect(self, step, wanted, check):
        """Plans, and holds it against what each case should show; nothing else may change."""
        planned = self.plan(step)
        addresses = {case.address for case in wanted}
        for case in wanted:
            if case.address in self.left_out:
                continue
            mates = {mate.shows for mate in wanted if mate.address == case.address}
            problem = check(case, planned.get(case.address), mates)
            if problem:
                self.fail(case.address, step, f"{problem}\n{planned_text(planned.get(case.address))}", case=case)
        addresses |= {f"{case.address}_seen" for case in self.cases if case.is_lookup}
        for address, one in planned.items():
            if address not in addresses and address not in self.left_out:
                self.fail(address, step, f"nobody asked for this\n{planned_text(one)}", one)
        return planned

    # ------------------------------------------------------------ phases

    def run(self):
        try:
            self.create()
            self.adopt()
            self.refuse()
            self.set_first()
            self.change()
            self.vanish()
            self.import_some()
            self.clear()
            self.destroy()
        except Stuck as error:
            self.failures.append(Failure("(everything)", error.step, error.said))

    def go(self, cases, block):
        for case in cases:
            wanted = getattr(case, block)
            if case.together and case.address in self.at:
                name = case.attribute["name"]
                self.at[case.address] = {**self.at[case.address], name: wanted.get(name)}
            else:
                self.at[case.address] = wanted

    def create(self):
        self.world.write({})
        self.plan("create")  # so that the accounts are there
        self.world.make_by_hand()
        self.before = self.world.things()
        everyone = self.alive()
        self.go(everyone, "base")
        self.write(without_cases=True)
        self.apply("create")
        self.write()
        self.apply("create")
        self.expect_nothing("create")
        self.ok(everyone, "create")

    def adopt(self):
        """The state is lost. What stands there is ours: it is taken up again, and brought to what the stack says now."""
        cases = self.alive(lambda case: not case.is_lookup and not case.nowhere and self.can(case, "adopt"))
        changed = [case for case in cases if case.attribute and not case.is_always_there and not case.keeps]
        changed = [case for case in changed if not case.is_another_afterwards and not case.unmarked]
        self.world.lose_state()
        self.world.let_time_pass()
        self.go(changed, "first")
        self.write()
        self.apply("adopt")
        self.expect_nothing("adopt")
        self.go(changed, "base")
        self.write()
        self.apply("adopt")
        self.ok(cases, "adopt")

    def refuse(self):
        """What was made for another address is not ours to take, even under the name that we want."""
        cases = self.alive(lambda case: case.can_be_anothers and not case.is_lookup and self.can(case, "refuse"))
        shown = json.loads(self.world.run("show", "--json").stdout)["resources"]
        names = {one["address"]: one["name"] for one in shown}
        self.world.keep_state("before")
        self.world.lose_state()
        self.world.let_time_pass()
        taking = {**self.needs, **{name: block for case in self.alive() for name, block in case.own.items()}}
        for address in {case.address for case in cases}:
            block = re.sub(rf"\b{address}\b", other(address), json.dumps(self.at[address]))
            taking[other(address)] = {**json.loads(block), "name": names[address]}
        self.world.write(taking)
        run = self.world.run("apply", "--yes", "--json")
        if not run.stdout.strip():
            raise Stuck("refuse", run)
        said = {failure["address"]: as_text(failure) for failure in json.loads(run.stdout)["failures"]}
        for case in cases:
            if case.address in self.left_out:
                continue
            words = said.get(other(case.address), "it was taken over")
            if "exists already" not in words or case.address not in words:
                self.fail(case.address, "refuse", f"wanted by another address: {words}", case=case)
        self.world.put_state_back("before")
        self.write()
        self.expect_nothing("refuse")
        self.ok(cases, "refuse")

    def set_first(self):
        cases = self.alive(lambda case: case.attribute and not case.is_always_there)
        self.go(cases, "first")
        self.write()
        self.expect("set", [case for case in cases if not case.is_lookup], changes_it)
        self.apply("set")
        self.expect_nothing("set")
        self.ok(cases, "set")

    def change(self):
        """In place first, and back through drift; then what replaces the object: that is no drift."""
        cases = self.alive(lambda case: case.attribute and case.first != case.second)
        stayers = [case for case in cases if not case.is_another_afterwards]
        movers = [case for case in cases if case.is_another_afterwards]
        self.world.keep_state("first")
        self.go(stayers, "second")
        self.write()
        self.expect("change", stayers, changes_it)
        self.apply("change")
        self.expect_nothing("change")
        self.ok(stayers, "change")

        self.world.put_state_back("first")
        self.go(stayers, "first")
        self.write()
        seen = [case for case in stayers if not case.unseen]
        self.expect("drift", seen, drifted)
        self.apply("drift")
        self.expect_nothing("drift")
        self.ok(seen, "drift")

        self.go(movers, "second")
        self.write()
        self.expect("change", [case for case in movers if not case.is_lookup], changes_it)
        self.apply("change")
        self.expect_nothing("change")
        self.ok(movers, "change")

    def vanish(self):
        cases = self.alive(lambda case: not case.is_lookup)
        gone = [case for case in cases if not case.nowhere]
        self.world.keep_state("before")
        self.write(without_cases=True)
        self.apply("vanish")
        self.world.put_state_back("before")
        self.write()
        self.expect("vanish", gone, is_made_anew)
        self.apply("vanish")
        self.expect_nothing("vanish")
        self.ok(gone, "vanish")

    def clear(self):
        cases = self.alive(lambda case: case.attribute and not case.is_always_there and not case.keeps)
        visible = [case for case in cases if case.value_in(self.at[case.address]) != case.default]
        were = dict(self.at)
        self.go(cases, "base")
        self.write()
        self.expect("clear", [case for case in visible if not case.is_lookup], changes_it)
        self.world.keep_state("before")
        self.apply("clear")
        self.expect_nothing("clear")
        # Cleared is no longer managed, so the re-plan is empty whatever the cloud holds. Behind the back of the state
        # from before, it shows.
        self.world.keep_state("after")
        self.world.put_state_back("before")
        self.at.update(were)
        self.write()
        shown = [case for case in visible if not case.unseen and not case.is_another_afterwards]
        planned = self.plan("clear")
        for case in shown:
            problem = drifted(case, planned.get(case.address), ())
            if problem and case.address not in self.left_out:
                said = planned_text(planned.get(case.address))
                self.fail(case.address, "clear", f"the cloud still has the old value\n{said}", case=case)
        self.world.put_state_back("after")
        self.go(cases, "base")
        self.write()
        self.ok(cases, "clear")

    def import_some(self):
        """Two objects of each type are forgotten and imported, with their marks and without. What no cloud shows, the next
        apply sets again."""
        if not self.import_works:
            return
        chosen = {}
        known = [case for case in self.alive() if not case.is_lookup and not case.nowhere and self.can(case, "import")]
        for case in known:
            if case.unseen:
                continue
            mates = chosen.setdefault(case.type, {})
            if len(mates) < 2 or case.address in mates:
                mates.setdefault(case.address, []).append(case)
        for type_name in {case.type for case in known} - set(chosen):
            self.failures.append(Failure(type_name, "import", "no object of it could be imported"))
        cases = [mate for mates in chosen.values() for of_one in mates.values() for mate in of_one]
        addresses = sorted({case.address for case in cases})
        self.take_in(addresses)
        before = self.world.picture(addresses)
        if self.world.unmark(addresses):
            self.take_in(addresses, before)
        self.ok(cases, "import")

    def take_in(self, addresses, before=None):
        """Imports them. But for their marks, everything must be as it was `before`."""
        shown = json.loads(self.world.run("show", "--json").stdout)["resources"]
        outputs = {one["address"]: one["outputs"] for one in shown}
        # Replaced ones have another name than the stack gives to a new object.
        other_names = {one["address"]: one["name"] for one in shown if one["generation"] > 1}
        self.world.forget(addresses)
        for address in addresses:
            if address in self.left_out:
                continue
            said = self.by_address[address][0].imported_by
            name = [outputs[address][said]] if said else [other_names[address]] if address in other_names else []
            run = self.world.run("import", address, *name, "--yes", "--json")
            if run.returncode != 0:
                self.fail(address, "import", run.stdout + run.stderr)
        if before is not None:
            for place in sorted(before ^ self.world.picture(addresses)):
                self.failures.append(Failure("(everything)", "import", f"more than a mark was changed: {place}"))
        planned = self.plan("import")
        for address, one in planned.items():
            shown_by_no_cloud = address in addresses and set(paths(one)) <= self.case_of(address, one).hidden
            if address not in self.left_out and not shown_by_no_cloud:
                self.fail(address, "import", f"nothing was to be changed\n{planned_text(one)}", one)
        self.apply("import")
        self.expect_nothing("import")

    def destroy(self):
        everyone = self.alive()
        self.world.keep_state("before")
        self.remove("destroy")
        self.ok(everyone, "destroy")
        left = self.world.things() - self.before
        if left:
            self.failures.append(Failure("(everything)", "destroy", "left behind: " + "\n".join(sorted(left))))
        self.remove("again")  # nothing is left
        self.world.put_state_back("before")
        self.remove("again", "--no-refresh")  # what is gone is removed once more
        self.ok(everyone, "again")

    def remove(self, step, *flags):
        run = self.world.run("destroy", "--yes", "--json", *flags)
        if run.returncode == 0:
            return
        if not run.stdout.strip():
            raise Stuck(step, run)
        for failure in json.loads(run.stdout)["failures"]:
            if failure["address"] not in self.left_out:
                self.fail(failure["address"], step, as_text(failure))


def other(address):
    """The address of somebody else who wants the same object."""
    return f"other_{address}"


# ------------------------------------------------------------ what a plan should show


def paths(planned):
    return {re.split(r"[.\[]", change["path"])[0]: change for change in planned.get("changes", [])}


def changes_it(case, planned, mates):
    if planned is None:
        return f"the plan does not see that {case.shows} changes"
    if case.attribute["name"] == "name":
        return None if planned["action"] == "replace" else "a new name must make a new object"
    if case.shows not in paths(planned):
        return f"the plan does not name {case.shows}"
    wanted = "replace" if case.must_replace else "update"
    if planned["action"] != wanted:
        return f"by the table this is to be: {wanted}"
    others = set(paths(planned)) - {case.shows, *case.also, *mates}
    return f"{', '.join(sorted(others))} was not touched" if others else None


def drifted(case, planned, _mates):
    if planned is None:
        return "the plan does not see what was changed behind our back"
    change = paths(planned).get(case.shows)
    if change is None or not change.get("drift"):
        return f"the plan does not say that {case.shows} was changed outside firn"
    wanted = "replace" if case.one_way else "update"
    return None if planned["action"] == wanted else f"this is to be mended by: {wanted}"


def is_made_anew(case, planned, _mates):
    if case.undone and planned is None and (case.attribute is None or case.is_always_there):
        return None  # it was empty before
    if planned is None or planned["action"] != ("update" if case.undone else "create"):
        return "the object is gone, and the plan does not make it anew"
    return None


# ------------------------------------------------------------ words


def planned_text(planned):
    """What the plan printed of one object."""
    if planned is None:
        return "(the plan says nothing of it)"
    lines = [f"{planned['action']}: {planned['address']}"]
    for change in planned.get("changes", []):
        marks = "".join(f"  # {word}" for word in ("drift", "forces_replace") if change.get(word))
        lines.append(f"  {change['path']}: {json.dumps(change['before'])} → {json.dumps(change['after'])}{marks}")
    lines += [f"  because {reason}" for reason in planned.get("reasons", [])]
    return "\n".join(lines)


def as_text(failure):
    return "\n".join(failure[key] for key in ("summary", "detail", "operation", "code", "remedy") if failure.get(key))
