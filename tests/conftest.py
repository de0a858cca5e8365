"""What every test stands on: no network, reproducible examples, a database server where one can be had."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import loud, offline, postgres
from tests.support.stage import Stage, fill, make_stage

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "here")

RUN_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Go offline; the process that leads the run makes the folder its workers share."""
    offline.forbid_network()
    shared = getattr(config, "workerinput", {}).get("run_folder")
    config.stash[RUN_FOLDER] = Path(shared or tempfile.mkdtemp(prefix="wangge-run-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist has no types
    """Tell each worker where the run's folder is."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that leads the run ends last and clears up."""
    if not hasattr(config, "workerinput"):
        postgres.stop_shared_server(config.stash[RUN_FOLDER] / "postgres")
        shutil.rmtree(config.stash[RUN_FOLDER])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in red what this machine lacked."""
    for reason, count in loud.lacking(terminalreporter).items():
        terminalreporter.write_sep("!", f"{count} TESTS SKIPPED", red=True, bold=True)
        terminalreporter.write_line(reason, red=True, bold=True)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> postgres.Server:
    """The run's PostgreSQL server, for tests that make databases from templates of their own."""
    binaries = postgres.find_binaries()
    if binaries is None:
        loud.skip_loudly("PostgreSQL (initdb, pg_ctl)", "install it, e.g. `apt install postgresql`")
    return postgres.shared_server(request.config.stash[RUN_FOLDER] / "postgres", binaries)


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """The address of a fresh, empty PostgreSQL database, gone after the test."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def postgres_county(postgres_server: postgres.Server) -> Iterator[str]:
    """A PostgreSQL database with the sample county, to make others from."""
    name = postgres_server.create()
    fill(postgres_server.url(name))
    yield name
    postgres_server.drop(name)


@pytest.fixture
def county_url(postgres_server: postgres.Server, postgres_county: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with the sample county, gone after the test."""
    name = postgres_server.create(postgres_county)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The sample county on SQLite, with a clock moved by hand."""
    yield from make_stage(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def both_stages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """The sample county, once on SQLite and once on PostgreSQL."""
    url = request.getfixturevalue("county_url") if request.param == "postgresql" else None
    yield from make_stage(tmp_path, url)
