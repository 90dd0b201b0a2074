"""The ground under every test: a RIGHTLINE_HOME of its own, servers on first use, a browser if there is one.

Nothing here touches what `make run` keeps. Tests that never ask for a database start no server.
"""

import contextlib
import copy
import gc
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# What these find, they say as test files do.
pytest.register_assert_rewrite("tests.conformance.connector_suite", "tests.journeys.types.town")

# A busy machine makes any single example slow; whole tests have their timeout. `make proofs` tries more.
hypothesis.settings.register_profile("tests", deadline=None, max_examples=25)
hypothesis.settings.register_profile("proofs", deadline=None, max_examples=200)
hypothesis.settings.load_profile("tests")

TESTS = Path(__file__).parent
ALL_TESTS = pytest.Config.ArgsSource.TESTPATHS
TEST_HOME = Path(tempfile.mkdtemp(prefix="rightline-test-"))
os.environ["RIGHTLINE_HOME"] = str(TEST_HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
# Programs are started again and again: none of them compiles everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
for name in ("RIGHTLINE_ENV", "RIGHTLINE_DEBUG", "RIGHTLINE_PROCESS", "RIGHTLINE_SECRET_KEY"):
    os.environ.pop(name, None)

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from config.embedded.servers import start_servers  # noqa: E402
from config.processes.crew import Crew  # noqa: E402
from config.up.refusals import only_one  # noqa: E402

assert settings.RIGHTLINE_HOME == TEST_HOME

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root has no sandbox to offer, and a test's browser has nobody to call outside.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each process that runs tests choose a folder of its own before it reads the settings."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Read a share of the tests before all of them are collected, each process another one.

    In a fresh clone every file is compiled by whoever is the first to read it, which takes longer than to
    collect it: all processes at once, in the same order, would do it over and over.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or session.config.args_source != ALL_TESTS:
        return
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for path in sorted(TESTS.rglob("test_*.py"))[number::count]:
        name = ".".join(path.relative_to(TESTS.parent).with_suffix("").parts)
        # What is wrong with it, collecting it will tell.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays until the end, and let it look up less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    shutil.rmtree(TEST_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    """PostgreSQL and a broker for this test run, unless DATABASE_URL and REDIS_URL name others."""
    with (
        open(TEST_HOME / "servers.log", "w") as log,
        only_one(TEST_HOME) as lock,
        Crew(kept_open=[lock], show=lambda program, line: print(program, line, file=log, flush=True)) as crew,
    ):
        start_servers(crew, TEST_HOME, forgetful=True)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, servers: None) -> None:
    """Start the servers before pytest-django makes its database."""


@pytest.fixture(scope="session", autouse=True)
def hashing_passwords_in_no_time() -> Iterator[None]:
    """Make hashes of test people cheap; each says how often it was hashed, so any process can check it."""
    often = PBKDF2PasswordHasher.iterations
    PBKDF2PasswordHasher.iterations = 1_000
    yield
    PBKDF2PasswordHasher.iterations = often


@pytest.fixture(scope="session", autouse=True)
def emptying_past_append_only_triggers() -> Iterator[None]:
    """Let a test that commits be cleaned up after, although the database refuses to empty some tables.

    Most tables have no rows then; to truncate all of them nevertheless would take longer than many a test.
    """
    operations_of_postgresql = type(connection.ops)
    truncate, execute = operations_of_postgresql.sql_flush, operations_of_postgresql.execute_sql_flush

    def delete_what_is_there(operations: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        names = [operations.quote_name(table) for table in tables]
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in names))
            found = cursor.fetchone()
        return [f"DELETE FROM {name}" for name, has_rows in zip(names, found, strict=True) if has_rows]

    def execute_without_triggers(operations: Any, statements: list[str]) -> None:
        execute(operations, ["SET LOCAL session_replication_role = replica", *statements])

    operations_of_postgresql.sql_flush = delete_what_is_there  # type: ignore[method-assign]
    operations_of_postgresql.execute_sql_flush = execute_without_triggers  # type: ignore[method-assign]
    yield
    operations_of_postgresql.sql_flush = truncate  # type: ignore[method-assign]
    operations_of_postgresql.execute_sql_flush = execute  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once() -> Iterator[None]:
    """Let every test client know the static files that the first one found: to look takes long."""
    middleware = import_string("whitenoise.middleware.WhiteNoiseMiddleware")
    find = middleware.add_files_from_finders
    found: dict[str, Any] = {}

    def find_once(serving: Any) -> None:
        if not found:
            find(serving)
            found.update(serving.files)
        serving.files.update(found)

    middleware.add_files_from_finders = find_once
    yield
    middleware.add_files_from_finders = find


@pytest.fixture(scope="module", autouse=True)
def scene_of_module(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[Any]:
    """What the function SCENE of a module builds: once, in a transaction around all of its tests."""
    build = getattr(request.module, "SCENE", None)
    if build is None:
        yield None
        return
    request.getfixturevalue("django_db_setup")
    around = transaction.atomic()
    # As around the tests themselves: what is durable may still be begun inside.
    around._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        around.__enter__()
        try:
            built = build()
        except BaseException as error:
            around.__exit__(type(error), error, error.__traceback__)
            raise
    yield built
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def scene(scene_of_module: Any, db: None) -> Any:
    """A copy of the scene for one test: what it does with it, no other test sees."""
    return copy.deepcopy(scene_of_module)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium found on the PATH; without one the tests are skipped, and in CI they fail."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        sentence = "These tests need a Chromium on the PATH (Debian package chromium)."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    # Playwright's loop makes Django suspect every query of being asynchronous; ours are not.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()
