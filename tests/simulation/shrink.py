"""Makes a random stack that fails smaller while it goes on failing."""

import copy
import json
import random
import shutil

import random_stack
import versions

TRIES = 40  # histories that a smaller stack may live: its moments are others, so another seed may be the one that fails


def fails(stacks, seed, keep_in):
    """The seed of a history that these versions do not live through; None when they all do. Stacks that cannot be made
    without a crash do not count."""
    for first, count in ([(seed, 1)] if seed else []) + [(1, TRIES)]:
        shutil.rmtree(keep_in, ignore_errors=True)
        made = versions.of_seed(0, keep_in, [("", stack) for stack in stacks])
        folders = ",".join(str(folder) for _, folder in made)
        found = []
        flags = ["--projects", folders, "--stack", random_stack.STACK, "--from", first, "--count", count]
        code, said = versions.live("firn_histories", flags, lambda again: found.append(again) or again)
        if code == 1:
            return int(found[0].split("--from ")[1].split()[0]), said
    return None


def smaller(stacks):
    """Each with a version less, or an object less in all versions."""
    for number in range(len(stacks)):
        if len(stacks) > 1:
            yield stacks[:number] + stacks[number + 1 :]
    for name in sorted({name for stack in stacks for name in stack["resources"]}):
        tried = copy.deepcopy(stacks)
        for stack in tried:
            if name in stack["resources"]:
                draw = random_stack.Draw(random.Random(0), stack["resources"])
                before = set(stack["resources"])
                draw.remove(name)
                for gone in before - set(stack["resources"]):
                    random_stack.strike(stack["resources"], gone)
            stack["outputs"] = {}
        if all(stack["resources"] for stack in tried):
            yield tried


def shrink(seed, history, keep_in):
    stacks = [stack for _, stack in random_stack.versions(seed)]
    found = fails(stacks, history, keep_in)
    if not found:
        return "It does not fail any more, so nothing was made smaller."
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for tried in smaller(stacks):
            again = fails(tried, found[0], keep_in)
            if again:
                stacks, found, is_smaller = tried, again, True
                break
    shutil.rmtree(keep_in, ignore_errors=True)
    text = "\n".join(json.dumps(stack["resources"], indent=1) for stack in stacks)
    return f"Smaller, with the history {found[0]}:\n{text}\n{found[1]}"
