"""The lock files: in step with pyproject.toml and with each other, hashed, and naming no host."""

import re
import tomllib
from importlib import metadata
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


def entries(name: str) -> list[str]:
    """The entries of a lock file, without what folds them."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.partition(" --hash")[0].strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_every_entry_is_one_exact_version(name: str) -> None:
    """No range, no file, no address, no option: nothing but what was looked at can be installed."""
    read = [Requirement(one) for one in entries(name)]
    assert len(read) > 20
    loose = [str(one) for one in read if one.url or [spec.operator for spec in one.specifier] != ["=="]]
    assert loose == []
    exact = {(canonicalize_name(one.name), str(one.marker)) for one in read}
    assert len(exact) == len(read), "a package pinned twice"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_holds_everything_its_packages_need(name: str) -> None:
    """Looked up in what is installed here, without a network: nothing is left for pip to choose."""
    pins, missing = locked(name), []
    for one in map(Requirement, entries(name)):
        if one.marker is not None and not one.marker.evaluate():
            continue
        try:
            needed = metadata.requires(one.name) or []
        except metadata.PackageNotFoundError:
            continue
        extras = ["", *one.extras]
        for wish in map(Requirement, needed):
            asked = wish.marker is None or any(wish.marker.evaluate({"extra": extra}) for extra in extras)
            version = pins.get(str(canonicalize_name(wish.name)))
            if asked and (version is None or not wish.specifier.contains(version, prereleases=True)):
                missing.append(f"{one.name} needs {wish}")
    assert missing == [], "run `make lock`"


def test_the_build_stands_on_locked_tools() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    pins = locked("requirements.lock")
    assert all(Requirement(one).specifier.contains(pins[canonicalize_name(Requirement(one).name)]) for one in build)
