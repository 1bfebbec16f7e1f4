"""What is published, as it is published: built, installed into a clean folder, and tried there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

USE = """
from patchbay import AsyncPatchbay, NotFoundError, Patchbay, models, webhooks

def use(client: Patchbay) -> models.Account | None:
    client.triggers.deploy(id="x")  # type: ignore[call-arg]
    for account in client.accounts.list(app="slack", limit=10):
        account.app.name_slug.upper()
    try:
        return client.accounts.retrieve("apn_1", options={"timeout": 5})
    except NotFoundError:
        return None

async def awaited(client: AsyncPatchbay) -> list[str]:
    outcome = await client.actions.run(id="x", external_user_id="ada", configured_props={"slack": {"authProvisionId": "apn_1"}})
    return [a.id async for a in client.accounts.list()] + [str(outcome.ret)]
"""


def run(*args: str, cwd: str | Path) -> str:
    done = subprocess.run(args, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{args}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    def test_installed_from_its_wheel_in_a_clean_folder(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            source = Path(place) / "source"
            source.mkdir()
            for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
                (source / name).write_bytes((ROOT / name).read_bytes())
            (source / "patchbay").mkdir()
            for file in (ROOT / "patchbay").glob("*"):
                if file.is_file():
                    (source / "patchbay" / file.name).write_bytes(file.read_bytes())
            run(sys.executable, "-m", "build", "--no-isolation", "--outdir", place, cwd=source)
            (wheel,) = Path(place).glob("*.whl")
            self.assertEqual(len(list(Path(place).glob("*.tar.gz"))), 1)
            self.assertTrue(any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist()))
            held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith("patchbay-")}
            self.assertEqual(held, {f"patchbay/{f.name}" for f in (ROOT / "patchbay").glob("*") if f.is_file()})
            self.assertIn("patchbay/py.typed", held)
            clean = str(Path(place) / "clean")
            run(
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "--no-index",
                "--no-deps",
                "--target",
                clean,
                str(wheel),
                cwd=place,
            )
            say = f"import sys; sys.path.insert(0, {clean!r}); import patchbay as p; print(p.__file__, p.Patchbay.__name__, p.__version__)"
            self.assertEqual(
                run(sys.executable, "-I", "-c", say, cwd=place).split(), [f"{clean}/patchbay/__init__.py", "Patchbay", "0.2.0"]
            )
            (Path(clean) / "use.py").write_text(USE)
            run(sys.executable, "-m", "mypy", "--strict", "--no-incremental", "use.py", cwd=clean)


if __name__ == "__main__":
    unittest.main()
