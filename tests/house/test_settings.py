"""Settings: safe or refused, and the parts that must agree with each other do."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from config import addresses, env
from config.celery import QUEUES, SWEEPS, app
from config.checks import messages_outlive_their_tasks
from config.production import shortcomings
from config.up.refusals import only_one

PROJECT = Path(__file__).resolve().parents[2]
SAFE = {
    "RIGHTLINE_ENV": "production",
    "RIGHTLINE_SECRET_KEY": "k" * 64,
    "RIGHTLINE_ALLOWED_HOSTS": "rightline.example.com",
    "RIGHTLINE_PROXY_HEADER": "X-Forwarded-Proto",
    "DATABASE_URL": "postgresql://rightline:word@db.example.com/rightline?sslmode=require",
    "REDIS_URL": "redis://broker.example.com/0",
}


@pytest.fixture
def safe(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RIGHTLINE_DEBUG", raising=False)
    return monkeypatch


def test_a_safe_production_environment_has_no_shortcoming(safe: pytest.MonkeyPatch) -> None:
    assert list(shortcomings()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RIGHTLINE_SECRET_KEY", ""),
        ("RIGHTLINE_SECRET_KEY", "short"),
        ("RIGHTLINE_ALLOWED_HOSTS", ""),
        ("RIGHTLINE_ALLOWED_HOSTS", "*"),
        ("RIGHTLINE_PROXY_HEADER", ""),
        ("RIGHTLINE_DEBUG", "1"),
        ("RIGHTLINE_OIDC_ISSUER", "http://id.example.com"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
    ],
)
def test_one_unsafe_setting_is_named_in_one_sentence(safe: pytest.MonkeyPatch, name: str, value: str) -> None:
    safe.setenv(name, value)
    sentences = list(shortcomings())
    assert len(sentences) == 1
    assert sentences[0].startswith(name)


def test_production_does_not_start_when_unsafe(tmp_path: Path) -> None:
    refused = run_check(tmp_path, {"RIGHTLINE_ENV": "production"})
    assert refused.returncode == 1
    assert "RIGHTLINE_SECRET_KEY is missing" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_starts_when_safe_and_django_finds_nothing_to_deploy_better(tmp_path: Path) -> None:
    started = run_check(tmp_path, SAFE, "--deploy", "--fail-level", "ERROR", "--tag", "security")
    assert started.returncode == 0, started.stderr


def test_a_word_that_is_none_of_those_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTLINE_MFA", "sometimes")
    with pytest.raises(env.UnusableSetting, match="RIGHTLINE_MFA must be required, approvers or optional"):
        env.choice("RIGHTLINE_MFA", "optional", ("required", "approvers", "optional"))


def test_production_asks_approvers_for_a_second_factor_and_a_trial_asks_nobody(tmp_path: Path) -> None:
    words = "from django.conf import settings; print(settings.SECOND_FACTOR)"
    asked = [
        run_manage(tmp_path, environment, "shell", "--no-imports", "--command", words).stdout.strip()
        for environment in (SAFE, {})
    ]
    assert asked == ["approvers", "optional"]


def test_a_secret_that_somebody_put_there_is_read_and_none_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert env.kept_secret("oidc_client_secret", tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "oidc_client_secret").write_text("from a file\n")
    assert env.kept_secret("oidc_client_secret", tmp_path) == "from a file"
    monkeypatch.setenv("RIGHTLINE_OIDC_CLIENT_SECRET", "given")
    assert env.kept_secret("oidc_client_secret", tmp_path) == "given"


def test_an_unreadable_variable_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTLINE_DEBUG", "perhaps")
    with pytest.raises(env.UnusableSetting, match="must be 1 or 0"):
        env.flag("RIGHTLINE_DEBUG")
    monkeypatch.setenv("PORT", "-1")
    with pytest.raises(env.UnusableSetting, match="whole number"):
        env.number("PORT", 8000)


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "secrets"
    first = env.secret("portal_key", folder)
    assert len(first) >= 64
    assert env.secret("portal_key", folder) == first
    assert [path.name for path in folder.iterdir()] == ["portal_key"]
    assert stat.S_IMODE((folder / "portal_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_a_database_url_is_taken_apart_with_its_options() -> None:
    found = env.database("postgresql://bea:s%40fe@db.example.com:5433/right?sslmode=require")
    assert found == {
        "NAME": "right",
        "USER": "bea",
        "PASSWORD": "s@fe",
        "HOST": "db.example.com",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.django_db
def test_postgresql_is_told_to_order_four_joins_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW join_collapse_limit")
        assert cursor.fetchone() == ("4",)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite:///x", "postgresql://host", "postgresql://host/x?color=red"]
)
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(env.UnusableSetting, match="DATABASE_URL"):
        env.database(url)


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        ("redis://host:6380", "redis://host:6380/0", "redis://host:6380/1"),
        ("rediss://u:p@host/3?x=y", "rediss://u:p@host/3?x=y", "rediss://u:p@host/4?x=y"),
    ],
)
def test_the_cache_lies_beside_the_broker_not_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, broker: str, cache: str
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    assert addresses.redis_url(tmp_path, database=0) == broker
    assert addresses.redis_url(tmp_path, database=1) == cache


def test_a_deep_home_gets_a_short_socket_address_of_our_own(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 5)
    short = addresses.short_path(deep)
    assert len(os.fsencode(short)) <= addresses.LONGEST_SOCKET_FOLDER
    assert short.readlink() == deep
    assert addresses.short_path(deep) == short
    short.unlink()


def test_a_short_socket_address_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["another-rather-long-folder-name"] * 5)
    short = addresses.short_path(deep)
    short.unlink()
    short.symlink_to(tmp_path)
    with pytest.raises(env.UnusableSetting, match="somebody else"):
        addresses.short_path(deep)
    short.unlink()


def test_every_sweep_has_a_queue_the_worker_reads_and_expires() -> None:
    assert {queue.name for queue in app.conf.task_queues} == set(QUEUES)
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["queue"] in QUEUES
        assert entry["options"]["expires"] <= max(2 * entry["schedule"], 2)


def test_every_sweep_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert set(SWEEPS) <= set(app.tasks)


def test_a_task_that_would_wait_in_the_broker_is_refused() -> None:
    @app.task(name="tests.house.nothing")
    def nothing() -> None:
        """Do nothing."""

    for waiting in ({"countdown": 5}, {"eta": "2030-01-01T00:00:00Z"}):
        with pytest.raises(ValueError, match="write a row with a due time"):
            nothing.apply_async(**waiting)


def test_a_message_outlives_its_task() -> None:
    assert messages_outlive_their_tasks(None) == []
    with override_settings(CELERY_TASK_TIME_LIMIT=100):
        assert [each.id for each in messages_outlive_their_tasks(None)] == ["house.E001"]


def test_pages_carry_a_policy_that_allows_no_inline_code(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_view_that_names_no_permission_is_closed() -> None:
    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == ["config.rest.PermissionMustBeNamed"]


def test_people_reach_it_where_it_runs_unless_the_settings_say_another_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIGHTLINE_ADDRESS", raising=False)
    monkeypatch.setenv("PORT", "9000")
    assert addresses.public_address(tmp_path) == "http://127.0.0.1:9000"
    with only_one(tmp_path):
        addresses.address_note(tmp_path).write_text("http://127.0.0.1:8123\n")
        assert addresses.public_address(tmp_path) == "http://127.0.0.1:8123"
        monkeypatch.setenv("RIGHTLINE_ADDRESS", "https://rightline.example/")
        assert addresses.public_address(tmp_path) == "https://rightline.example"


def test_what_a_killed_product_noted_of_its_address_counts_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIGHTLINE_ADDRESS", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    with only_one(tmp_path):
        addresses.address_note(tmp_path).write_text("http://127.0.0.1:8123\n")
    assert addresses.public_address(tmp_path) == "http://127.0.0.1:8000"


def run_check(home: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_manage(home, environment, "check", *arguments)


def run_manage(home: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SAFE}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=inherited | {"RIGHTLINE_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
