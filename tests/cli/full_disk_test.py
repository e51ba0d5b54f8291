"""A disk that fills up in the middle of a run: nothing that changes a cloud starts without its intent on
the disk, the run ends with exit code 1 and says why, and the next one, with room, finishes the job.

The state lies on a file system of some hundred KiB, mounted in a namespace of the test's own (unshare);
the sandbox lies elsewhere. Where that cannot be had the test is left out, loudly; CI insists on it.
"""
import os
import shutil
import subprocess
import sys
import unittest

from firn_case import FirnCase
from road_case import LOCAL, ROAD, STACK

OWN_SPACE = "FIRN_TEST_IN_OWN_MOUNT_SPACE"
SKIPPED = 77


def move_into_own_space():
    """Starts this program again where it may mount."""
    command = ["unshare", "--map-root-user", "--mount"]
    can = shutil.which("unshare") and subprocess.run(
        [*command, "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    if can:
        os.environ[OWN_SPACE] = "yes"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])
    print("SKIPPED: unshare cannot mount a file system of our own here, so a full disk is not tried",
          file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else SKIPPED)


class FullDisk(FirnCase):
    def setUp(self):
        super().setUp()
        self.disk = self.scratch / "disk"
        self.disk.mkdir()
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False,
                        stderr=subprocess.DEVNULL)

    def mount(self, kib):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", self.disk], check=True)

    def make_room(self):
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk], check=True)

    def unmount(self):
        subprocess.run(["umount", self.disk], check=True)

    def on_disk(self, command, stack, *more, **options):
        return self.firn(command, stack, *more, "--state", self.disk / "state.db", **options)

    def story(self, stack, kib):
        """An apply on a disk of this size, room, an apply; True when the first one did not finish."""
        shutil.rmtree(self.project / ".firn", ignore_errors=True)
        self.mount(kib)
        first = self.on_disk("apply", stack, "--yes")
        if first.code != 0:
            self.assertEqual(first.code, 1, f"{kib} KiB: {first}")
            self.assertRegex(first.err, r"the disk is full|No space left on device",
                             f"{kib} KiB: {first}")
            self.assertIn("free some space on that disk, then run the command again", first.err,
                          f"{kib} KiB: {first}")
            self.assertNotIn("Traceback", first.err)
        self.make_room()
        second = self.on_disk("apply", stack, "--yes")
        self.assertEqual(second.code, 0, f"{kib} KiB: {first}\n{second}")
        planned = self.on_disk("plan", stack, "--detailed-exitcode")
        self.assertEqual(planned.code, 0, f"{kib} KiB: {planned}")
        checked = self.firn("state", "check", stack, "--state", self.disk / "state.db")
        self.assertEqual(checked.code, 0, f"{kib} KiB: {checked}")
        self.assertIn("is sound", checked.out)
        known = {line.split()[0] for line in self.firn(
            "state", "list", stack, "--state", self.disk / "state.db").out.splitlines()}
        # Without its first line, which is the time.
        things = self.firn("sandbox", "status").out.split("\n", 1)[1]
        destroyed = self.on_disk("destroy", stack, "--yes")
        self.assertEqual(destroyed.code, 0, f"{kib} KiB: {destroyed}")
        left = self.firn("sandbox", "status")
        self.assertIn("It is empty.", left.out, f"{kib} KiB: something was orphaned: {left}")
        self.unmount()
        return first.code != 0, things, known

    def sweep(self, stack, sizes):
        _, things, known = self.story(stack, 64 * 1024)
        cut_short = 0
        for kib in sizes:
            was_cut, now_things, now_known = self.story(stack, kib)
            cut_short += was_cut
            self.assertEqual(now_known, known, f"{kib} KiB")
            self.assertEqual(now_things, things, f"{kib} KiB")
        print(f"{stack}: {cut_short} of {len(sizes)} runs met a full disk", file=sys.stderr)
        return cut_short

    def test_a_short_stack_at_many_sizes(self):
        self.project.mkdir()
        self.write(STACK, ROAD)
        self.write("environments/local.yaml", LOCAL)
        sizes = [4, 32, 60, *range(80, 400, 20)]
        self.assertGreater(self.sweep("road", sizes), 8)

    def test_finance(self):
        self.new_project()
        self.assertGreater(self.sweep("finance", [200, 400, 800, 1600, 3200]), 2)

    def test_a_second_run_that_cannot_keep_its_copy_does_not_begin(self):
        self.project.mkdir()
        self.write(STACK, ROAD)
        self.write("environments/local.yaml", LOCAL)
        self.mount(64 * 1024)
        self.assertEqual(self.on_disk("apply", "road", "--yes").code, 0)
        self.edit(STACK, "type: VARCHAR }", "type: VARCHAR }\n      - { name: AT, type: DATE }")
        (self.disk / "state.db-wal").touch()
        # Room for the lease, and for no copy of the state.
        free = os.statvfs(self.disk)
        filler = self.disk / "filler"
        filler.write_bytes(b"x" * (free.f_bavail * free.f_bsize - 48 * 1024))
        requests = len(self.log())
        refused = self.on_disk("apply", "road", "--yes")
        self.assertEqual(refused.code, 1, str(refused))
        self.assertIn("error: cannot keep a copy of the state in ", refused.err)
        self.assertIn("the disk is full", refused.err)
        changing = [entry["operation"] for entry in self.log()[requests:]
                    if entry["operation"].startswith(("ALTER", "CREATE", "Put", "Create"))]
        self.assertEqual(changing, [])
        filler.unlink()
        self.assertEqual(self.on_disk("apply", "road", "--yes").code, 0)
        copies = list((self.disk / "state.db.backups").iterdir())
        self.assertEqual(len(copies), 1, copies)
        self.unmount()


if __name__ == "__main__":
    if OWN_SPACE not in os.environ:
        move_into_own_space()
    unittest.main()
