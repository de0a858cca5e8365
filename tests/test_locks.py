"""The lock files: in step with pyproject.toml and with each other, hashed, and naming no host."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def locked(name: str) -> dict[str, str]:
    """The versions a lock file pins, by canonical name."""
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", text)
    return {str(canonicalize_name(package)): version for package, version in pins}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.lock", [*PROJECT["dependencies"], *EXTRAS["build"]]),
        (
            "requirements-test.lock",
            [*PROJECT["dependencies"], *(one for some in EXTRAS.values() for one in some)],
        ),
    ],
)
def test_a_lock_fulfils_what_the_project_asks(name: str, wanted: list[str]) -> None:
    pins = locked(name)
    for requirement in map(Requirement, wanted):
        package = str(canonicalize_name(requirement.name))
        assert package in pins, f"{package}: run `make lock`"
        assert requirement.specifier.contains(pins[package], prereleases=True), f"{package}: run `make lock`"


def test_the_tools_stand_on_the_same_versions_as_the_program() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-test.lock").items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_is_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
