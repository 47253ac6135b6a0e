"""Settings from the environment, and what the server starts with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from sessionhours.config import Config, Settings, load_config, load_settings
from sessionhours.errors import ConfigFaults

ROOT = Path(__file__).parents[1]
SCHEDULE = ROOT / "schedule.toml"
WHATSAPP = {
    "WHATSAPP_ACCESS_TOKEN": "an-access-token",
    "WHATSAPP_APP_SECRET": "old-secret, new-secret",
    "WHATSAPP_VERIFY_TOKEN": "a-verify-token",
}


def faults(environ: Mapping[str, str], schedule: Path = SCHEDULE) -> dict[str, str]:
    with pytest.raises(ConfigFaults) as refused:
        load_config(schedule, environ)
    return {fault.field: f"{fault.why}; {fault.allowed}" for fault in refused.value.faults}


def start(tmp_path: Path, schedule: Path = SCHEDULE, **environ: str) -> Config:
    return load_config(schedule, {"SESSIONHOURS_DATA_DIR": str(tmp_path / "data"), **WHATSAPP, **environ})


def words(secrets: tuple[SecretStr, ...]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def test_defaults_are_those_of_the_surfaces() -> None:
    settings = load_settings({})
    assert settings.database_url == "sqlite:///data/sessionhours.db"
    assert settings.data_dir == Path("data")
    assert settings.graph_url == "https://graph.facebook.com/v26.0"
    assert (settings.log, settings.public_url, settings.trusted_proxies) == ("console", None, ())


def test_every_variable_is_read() -> None:
    settings = load_settings(
        {
            "SESSIONHOURS_DATABASE_URL": "postgresql+psycopg://user@db/sessionhours",
            "SESSIONHOURS_DATA_DIR": "/srv/hours",
            "SESSIONHOURS_PUBLIC_URL": "https://hours.example.org/",
            "SESSIONHOURS_SECRET_KEY": "k" * 32,
            "SESSIONHOURS_TRUSTED_PROXIES": "10.0.0.5, 192.168.0.0/16, ::1",
            "SESSIONHOURS_LOG": "json",
            "WHATSAPP_GRAPH_URL": "http://127.0.0.1:9000/v26.0/",
            **WHATSAPP,
        }
    )
    assert settings.database_url == "postgresql+psycopg://user@db/sessionhours"
    assert settings.public_url == "https://hours.example.org"
    assert settings.trusted_proxies == ("10.0.0.5/32", "192.168.0.0/16", "::1/128")
    assert settings.graph_url == "http://127.0.0.1:9000/v26.0"
    assert words(settings.app_secrets) == ["old-secret", "new-secret"]


def test_the_database_lies_in_the_data_folder_unless_said_otherwise() -> None:
    assert (
        load_settings({"SESSIONHOURS_DATA_DIR": "/srv/x"}).database_url == "sqlite:////srv/x/sessionhours.db"
    )


def test_each_variable_may_be_a_file(tmp_path: Path) -> None:
    for name, value in WHATSAPP.items():
        (tmp_path / name).write_text(f"{value}\n")
    settings = load_settings({f"{name}_FILE": str(tmp_path / name) for name in WHATSAPP})
    assert words(settings.app_secrets) == ["old-secret", "new-secret"]
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "an-access-token"


def test_no_secret_shows(tmp_path: Path) -> None:
    config = start(tmp_path, SESSIONHOURS_SECRET_KEY="k" * 40)
    shown = f"{config!r} {config.settings} {config.settings.model_dump()}"
    assert [
        secret for secret in ("an-access-token", "old-secret", "a-verify-token", "kkkk") if secret in shown
    ] == []


def test_a_bad_secret_is_not_repeated_in_its_fault() -> None:
    told = str(
        faults({**WHATSAPP, "SESSIONHOURS_SECRET_KEY": "hunter2", "WHATSAPP_ACCESS_TOKEN": "pass word"})
    )
    with pytest.raises(ValidationError) as refused:
        Settings(access_token=SecretStr("pass word"), graph_url="hunter2")
    assert "hunter2" not in told + str(refused.value)
    assert "pass word" not in told + str(refused.value)


def test_all_faults_of_environment_and_file_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    bad = tmp_path / "schedule.toml"
    bad.write_text(
        SCHEDULE.read_text(encoding="utf-8").replace("Europe/Berlin", "Europe/Bonn"), encoding="utf-8"
    )
    told = faults(
        {
            "SESSIONHOURS_DATABASE_URL": "mysql://db",
            "SESSIONHOURS_PUBLIC_URL": "https://example.org/path",
            "SESSIONHOURS_SECRET_KEY": "short",
            "SESSIONHOURS_TRUSTED_PROXIES": "10.0.0.1, proxy",
            "SESSIONHOURS_LOG": "xml",
            "WHATSAPP_GRAPH_URL": "graph.facebook.com",
            "WHATSAPP_APP_SECRET": "one,two,three",
            "WHATSAPP_ACCESS_TOKEN": "a token with blanks",
            "SESSIONHOURS_DATA_DIR_FILE": str(tmp_path / "nowhere"),
            "WHATSAPP_VERIFY_TOKEN_FILE": str(tmp_path / "empty"),
        },
        bad,
    )
    assert sorted(told) == [
        "SESSIONHOURS_DATABASE_URL",
        "SESSIONHOURS_DATA_DIR_FILE",
        "SESSIONHOURS_LOG",
        "SESSIONHOURS_PUBLIC_URL",
        "SESSIONHOURS_SECRET_KEY",
        "SESSIONHOURS_TRUSTED_PROXIES",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_GRAPH_URL",
        "WHATSAPP_VERIFY_TOKEN_FILE",
        "timezone",
    ]
    assert "sqlite:///FILE" in told["SESSIONHOURS_DATABASE_URL"]
    assert "console | json" in told["SESSIONHOURS_LOG"]


def test_what_is_missing_is_named() -> None:
    assert sorted(faults({"WHATSAPP_APP_SECRET": " "})) == [
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_VERIFY_TOKEN",
    ]


def test_what_is_missing_says_where_it_comes_from() -> None:
    told = faults({})
    assert "Meta" in told["WHATSAPP_ACCESS_TOKEN"]
    assert "Meta" in told["WHATSAPP_APP_SECRET"]
    assert "of your own" in told["WHATSAPP_VERIFY_TOKEN"]


def test_a_variable_and_its_file_are_not_both_set(tmp_path: Path) -> None:
    told = faults({**WHATSAPP, "WHATSAPP_VERIFY_TOKEN_FILE": str(tmp_path)})
    assert "so is WHATSAPP_VERIFY_TOKEN_FILE" in told["WHATSAPP_VERIFY_TOKEN"]


@pytest.mark.proves("F45")
def test_a_secret_in_a_fifo_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret")
    told = faults({**WHATSAPP, "SESSIONHOURS_SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert "cannot be read" in told["SESSIONHOURS_SECRET_KEY_FILE"]


def test_settings_are_frozen() -> None:
    settings = load_settings({})
    with pytest.raises(ValidationError):
        settings.log = "json"


def test_tests_and_the_demo_may_pass_settings() -> None:
    settings = Settings(
        access_token=SecretStr("t"), app_secrets=(SecretStr("s"),), public_url="http://localhost:8000"
    )
    assert (settings.public_url, words(settings.app_secrets)) == ("http://localhost:8000", ["s"])


def test_the_data_folder_is_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    start(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_a_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)
    assert len(first.secret_key.get_secret_value()) >= 32
    assert first.secret_key == second.secret_key
    assert start(tmp_path / "other").secret_key != first.secret_key


def test_a_given_secret_key_is_not_written_down(tmp_path: Path) -> None:
    config = start(tmp_path, SESSIONHOURS_SECRET_KEY="k" * 32)
    assert config.secret_key.get_secret_value() == "k" * 32
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("content", ["", "short", "\xff" * 40])
def test_a_damaged_key_file_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_key").write_text(content, encoding="latin-1")
    with pytest.raises(ConfigFaults, match="SESSIONHOURS_SECRET_KEY"):
        start(tmp_path)


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigFaults, match="SESSIONHOURS_DATA_DIR"):
        start(tmp_path)


def test_a_line_names_variables_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "schedule.toml"
    own = 'approval = true\ntoken_env = "AMT_TOKEN"\nsecret_env = "AMT_SECRET"'
    file.write_text(SCHEDULE.read_text(encoding="utf-8").replace("approval = true", own), encoding="utf-8")
    told = faults({"WHATSAPP_VERIFY_TOKEN": "v"}, file)
    assert sorted(told) == ["AMT_SECRET", "AMT_TOKEN"]
    config = start(tmp_path, file, AMT_TOKEN="their-token", AMT_SECRET="their-secret")
    token = config.token(config.schedules[0].lines[0])
    assert token is not None
    assert token.get_secret_value() == "their-token"
    assert words(config.app_secrets) == ["old-secret", "new-secret", "their-secret"]


def test_a_line_without_variables_has_the_common_token(tmp_path: Path) -> None:
    config = start(tmp_path)
    token = config.token(config.schedules[0].lines[0])
    assert token is not None
    assert token.get_secret_value() == "an-access-token"


MAIL = {
    "SESSIONHOURS_SMTP_URL": "smtp://hour:p%40ss@mail.example.org",
    "SESSIONHOURS_MAIL_FROM": "Rathaus <hour@example.org>",
}


def test_mail_is_handed_in_where_the_settings_say(tmp_path: Path) -> None:
    config = start(tmp_path, SCHEDULE, **MAIL)
    assert config.mailbox is not None
    assert (config.mailbox.host, config.mailbox.port, config.mailbox.password) == (
        "mail.example.org",
        587,
        "p@ss",
    )
    assert config.sender == ("Rathaus", "hour@example.org")
    assert "p%40ss" not in repr(config)
    assert (start(tmp_path).mailbox, start(tmp_path).sender) == (None, None)


def test_mail_settings_may_lie_in_files(tmp_path: Path) -> None:
    for name, value in MAIL.items():
        (tmp_path / name).write_text(f"{value}\n")
    config = start(tmp_path, SCHEDULE, **{f"{name}_FILE": str(tmp_path / name) for name in MAIL})
    assert config.mailbox is not None
    assert config.mailbox.user == "hour"


@pytest.mark.parametrize(
    ("url", "sender", "field", "why"),
    [
        (
            "mail.example.org:25",
            "hour@example.org",
            "SESSIONHOURS_SMTP_URL",
            "is no address of a mail server",
        ),
        ("smtp://hour@mail.example.org", "hour@example.org", "SESSIONHOURS_SMTP_URL", "without a password"),
        ("smtp://mail.example.org", "Rathaus", "SESSIONHOURS_MAIL_FROM", "is no mail address"),
        (
            "smtp://mail.example.org",
            "",
            "SESSIONHOURS_MAIL_FROM",
            "is missing, and SESSIONHOURS_SMTP_URL is set",
        ),
    ],
)
def test_bad_mail_settings_stop_the_start_and_say_nothing_secret(
    url: str, sender: str, field: str, why: str
) -> None:
    found = faults({**WHATSAPP, "SESSIONHOURS_SMTP_URL": url, "SESSIONHOURS_MAIL_FROM": sender})
    assert list(found) == [field]
    assert why in found[field]
    assert url not in found[field]
