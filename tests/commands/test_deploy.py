"""The files to deploy with hold together: with each other, with the settings, and when their steps are carried out."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import asyncpg
import pytest
import yaml  # type: ignore[import-untyped]

from commands.cluster import ALWAYS
from commands.databases import at, create_missing
from commands.preparing import prepare
from commands.serve import FINISHING_SECONDS
from models.quiet_log import QUIET, loud_settings
from server.telemetry.readings import readings
from settings import FILE, Settings, variable
from tests.server.test_metrics import KNOWN
from tests.server.test_planted_values import free_port
from tests.support.clusters import open_roles_quickly

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (ROOT / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
NGINX = (DEPLOY / "nginx.conf").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text()
README = (ROOT / "README.md").read_text()
SETTINGS = {variable(name) for name, field in Settings.model_fields.items() if field.description}
SECRETS = {variable(name) for name in Settings.secrets()}
KEY = "0123456789abcdef" * 4
VALUES = {
    "owner_password": "secret",
    "owner_url": "postgresql://cohorte:secret@database:5432/cohorte",
    "role_key": KEY,
    "log_key": KEY[::-1],
    "second_factor_key": KEY[1:] + "0",
    "mail_url": "smtps://USER:PASSWORD@mail.example:465",
}


# Settings and documents


def named_in(text: str) -> set[str]:
    """Every variable that a text names; `_PATIENT` after COHORTE_COST_PUBLIC is another of the same prefix."""
    found = set(re.findall(r"COHORTE_[A-Z_]*[A-Z]", text))
    return found - {"COHORTE_X", "COHORTE_X_FILE"}


def test_the_readme_has_a_row_for_every_setting() -> None:
    rows = [row.split("|")[1] for row in README.splitlines() if row.startswith("| `COHORTE_")]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    listed = [name if name.startswith("COHORTE_") else f"COHORTE_COST{name}" for name in listed]
    assert sorted(listed) == sorted(SETTINGS)


@pytest.mark.parametrize(
    "path",
    ["README.md", "docs/operating.md", "Containerfile", *(f"deploy/{path.name}" for path in sorted(DEPLOY.iterdir()))],
)
def test_every_variable_that_a_file_names_is_a_setting(path: str) -> None:
    assert named_in((ROOT / path).read_text()) - SETTINGS - {f"{name}{FILE}" for name in SECRETS} == set()


def test_the_operating_guide_names_every_secret_and_every_metric() -> None:
    assert named_in(OPERATING) >= SECRETS
    # Counters are served, and documented, with the suffix that their families lack.
    counters = {
        *("cohorte_documents_read", "cohorte_operations", "cohorte_pool_waits", "cohorte_pool_wait_seconds"),
        *("cohorte_kept_reads", "cohorte_kept_drops"),
    }
    of_standbys = {  # served where there are some
        "cohorte_standby_lag_seconds",
        "cohorte_standby_reads_total",
        "cohorte_primary_silent_seconds",
        "cohorte_outage_reads_total",
    }
    served = {f"{name}_total" if name in counters else name for name in KNOWN}
    assert set(re.findall(r"`(cohorte_\w+)`", OPERATING)) == served | of_standbys
    assert {f"`{name}`" for name in QUIET} - set(re.findall(r"`[\w.]+`", OPERATING)) == set()
    assert "has not been built" in OPERATING
    assert readings.__module__ == "server.telemetry.readings"


def test_no_file_names_a_registry() -> None:
    images = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.M)
    images += [service["image"] for service in COMPOSE["services"].values()]
    assert [image for image in images if "/" in image or "." in image.partition(":")[0]] == []
    for path in (ROOT / "Containerfile", *DEPLOY.iterdir()):
        assert re.findall(r"(?i)https?://(?!cohorte|127\.0\.0\.1)\S+", path.read_text()) == [], path.name


# Compose


def environment_of(service: str, folder: Path) -> dict[str, str]:
    """A service's variables, with the files of its secrets in `folder`."""
    given: dict[str, str] = COMPOSE["services"][service]["environment"]
    for name in COMPOSE["services"][service]["secrets"]:
        (folder / name).write_text(VALUES[name])
    return {name: value.replace("/run/secrets", str(folder)) for name, value in given.items()}


def test_compose_gives_each_service_settings_that_are_accepted_and_only_its_own_secrets(tmp_path: Path) -> None:
    migrate = Settings.from_environment(environment_of("migrate", tmp_path))
    served = Settings.from_environment(image_environment() | environment_of("server", tmp_path))
    assert migrate.database_url == VALUES["owner_url"]
    assert (migrate.role_key, served.role_key) == (KEY, KEY)
    url = urlsplit(str(served.database_url))
    assert (url.username, url.password) == (None, None)
    assert (served.migrate, served.demo, served.host, served.log_format) == (False, False, "0.0.0.0", "json")
    assert served.log_key is not None
    assert served.second_factor_key == VALUES["second_factor_key"]
    services = COMPOSE["services"]
    assert set(services["server"]["secrets"]) & {"owner_url", "owner_password"} == set()
    used = {name for service in services.values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"]) == set(VALUES)
    plain = " ".join(str(service.get("environment", {})) for service in services.values())
    assert re.findall(r"://[^ /]*:[^ /]*@", plain) == []


def test_compose_starts_in_order_and_opens_the_proxy_alone() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"database", "migrate", "server", "proxy"}
    conditions = {
        name: {other: wait["condition"] for other, wait in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    assert conditions == {
        "database": {},
        "migrate": {"database": "service_healthy"},
        "server": {"migrate": "service_completed_successfully"},
        "proxy": {"server": "service_healthy"},
    }
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert set(services["database"]["networks"]) == {"inside"}
    assert COMPOSE["networks"]["inside"]["internal"]
    # One network only, so that the proxy's address is one of those that are trusted.
    (shared,) = set(services["proxy"]["networks"]) & set(services["server"]["networks"])
    (subnet,) = COMPOSE["networks"][shared]["ipam"]["config"]
    assert subnet["subnet"] == services["server"]["environment"]["COHORTE_TRUSTED_PROXIES"]
    assert int(services["server"]["stop_grace_period"].rstrip("s")) >= FINISHING_SECONDS + 5
    for name in ("migrate", "server"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists() or source == "./tls"


# PostgreSQL


def settings_of_postgresql() -> dict[str, str]:
    lines = (DEPLOY / "postgresql.conf").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("'") for name, _, value in pairs}


def test_both_postgresqls_keep_what_members_write_out_of_their_logs() -> None:
    embedded = dict(option.split("=", 1) for option in ALWAYS)
    for name, accepted in QUIET.items():
        if "." not in name:
            assert settings_of_postgresql()[name] in accepted, name
            assert embedded[name] in accepted, name


@pytest.mark.slow
async def test_postgresql_knows_every_setting_of_the_file(admin: asyncpg.Connection) -> None:
    for name, value in settings_of_postgresql().items():
        row = await admin.fetchrow("SELECT * FROM pg_settings WHERE lower(name) = $1", name)
        assert row is not None, name
        assert row["enumvals"] is None or value in row["enumvals"], name


@pytest.mark.slow
async def test_a_server_warns_of_each_setting_of_postgresql_that_logs_what_members_write(
    fresh: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url=fresh, data=tmp_path / "data", ledger_heads=(str(tmp_path / "heads"),))
    await prepare(fresh, settings)
    assert [record for record in caplog.records if record.name == "cohorte.serve"] == []
    owner = await asyncpg.connect(fresh)
    loud = {"log_min_error_statement": "error", "log_min_duration_statement": "250", "log_statement": "all"}
    loud |= {"log_min_messages": "warning", "log_parameter_max_length_on_error": "-1", "log_lock_waits": "on"}
    try:
        name = await owner.fetchval("SELECT current_database()")
        for setting, value in loud.items():
            await owner.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
    finally:
        await owner.close()
    assert await loud_settings(fresh) == sorted(loud)
    await prepare(fresh, settings)
    (warning,) = [record.getMessage() for record in caplog.records if record.name == "cohorte.serve"]
    assert all(setting in warning for setting in loud)


# systemd


def unit(name: str) -> dict[str, list[tuple[str, str]]]:
    """A unit's sections, each with its settings in order: some stand there more than once."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in (DEPLOY / name).read_text().splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            current.append((key, value))
    return sections


def environment_of_unit(name: str, folder: Path) -> dict[str, str]:
    service = unit(name)["Service"]
    for key, value in service:
        if key == "LoadCredential":
            secret = value.partition(":")[0]
            (folder / secret).write_text(VALUES[secret])
    words = [word for key, value in service if key == "Environment" for word in shlex.split(value)]
    return {word.partition("=")[0]: word.partition("=")[2].replace("%d", str(folder)) for word in words}


def test_the_units_give_settings_that_are_accepted(tmp_path: Path) -> None:
    served = Settings.from_environment(environment_of_unit("cohorte.service", tmp_path))
    assert (served.migrate, served.demo, served.host, served.role_key) == (False, False, "127.0.0.1", KEY)
    assert served.second_factor_key == VALUES["second_factor_key"]
    migrate = Settings.from_environment(environment_of_unit("cohorte-migrate.service", tmp_path))
    assert (migrate.database_url, migrate.role_key) == (VALUES["owner_url"], KEY)
    credentials = [value for key, value in unit("cohorte.service")["Service"] if key == "LoadCredential"]
    assert not any("owner" in credential for credential in credentials)
    hardened = dict(unit("cohorte.service")["Service"])
    assert (hardened["DynamicUser"], hardened["ProtectSystem"], hardened["NoNewPrivileges"]) == ("yes", "strict", "yes")
    assert int(hardened["TimeoutStopSec"]) >= FINISHING_SECONDS + 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", ["cohorte.service", "cohorte-migrate.service"])
def test_systemd_accepts_the_units(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / name).read_text().replace("/opt/cohorte/environment/bin/python", sys.executable)
    (tmp_path / name).write_text(text.replace("WorkingDirectory=/opt/cohorte", f"WorkingDirectory={tmp_path}"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if name in line] == []


# nginx


def test_the_proxy_passes_on_what_the_server_needs() -> None:
    assert NGINX.count("{") == NGINX.count("}")
    lines = [line.strip() for line in NGINX.splitlines() if line.strip() and not line.strip().startswith("#")]
    directives = {" ".join(line.rstrip(";").split()) for line in lines if line.endswith(";")}
    assert directives >= {
        "proxy_set_header x-forwarded-for $remote_addr",
        "proxy_set_header x-request-id $request_id",
        "proxy_set_header upgrade $http_upgrade",
        "proxy_set_header connection $connection_upgrade",
        "proxy_set_header host $host",
        "proxy_http_version 1.1",
        "proxy_buffering off",
        "large_client_header_buffers 4 8k",
        "client_max_body_size 256k",
        "server server:8000",
        "limit_conn address 100",
        "limit_conn_status 429",
        "limit_req zone=requests burst=5000 nodelay",
        "limit_req_status 429",
    }
    # A house behind one address has as much as a few callers, of whom each is limited by the server.
    settings = Settings()
    (rate,) = re.findall(r"limit_req_zone \$binary_remote_addr zone=requests:10m rate=(\d+)r/s;", NGINX)
    assert int(rate) == 5 * settings.requests_a_second
    assert 5 * settings.requests_at_once == 5_000
    (log,) = re.findall(r"log_format .*?;", NGINX, re.S)
    logged = set(re.findall(r"\$\w+", log))
    assert (
        logged & {"$request", "$request_uri", "$args", "$query_string", "$uri", "$remote_addr", "$http_referer"}
        == set()
    )
    assert "$request_id" in logged


def proxy_in(tmp_path: Path, port: int) -> list[str]:
    """The command that runs the proxy with its files in a folder and HTTPS at a port."""
    text = NGINX.replace("server server:8000", "server 127.0.0.1:8000").replace("/etc/nginx/tls", str(tmp_path))
    text = text.replace("listen 80", f"listen {free_port()}").replace("listen 443", f"listen 127.0.0.1:{port}")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cohorte.invalid", "-days", "1"]
    made = [*make, "-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(made, check=True, capture_output=True)
    folders = (f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = text.replace("http {", "http { " + " ".join(folders), 1)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\n{text}")
    return ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    done = subprocess.run([*proxy_in(tmp_path, free_port()), "-t"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_refuses_what_one_address_sends_too_fast(tmp_path: Path) -> None:
    port = free_port()
    command = proxy_in(tmp_path, port)
    configured = tmp_path / "nginx.conf"
    configured.write_text(configured.read_text().replace("rate=1000r/s", "rate=1r/m").replace("burst=5000", "burst=4"))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    trusting.check_hostname = False
    with subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        try:
            statuses: list[int] = []
            while len(statuses) < 8:
                connection = HTTPSConnection("127.0.0.1", port, context=trusting, timeout=10)
                with contextlib.suppress(ConnectionRefusedError):  # until it listens
                    connection.request("GET", "/healthz")
                    statuses.append(connection.getresponse().status)
                connection.close()
                time.sleep(0.01)
        finally:
            run.terminate()
    assert statuses == [502] * 5 + [429] * 3  # nothing serves behind it


# The image


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", CONTAINERFILE)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def image_environment() -> dict[str, str]:
    words = [word for name, rest in instructions() if name == "ENV" for word in shlex.split(rest)]
    return {word.partition("=")[0]: word.partition("=")[2] for word in words}


def test_the_image_has_the_server_and_nothing_that_it_does_not_need() -> None:
    steps = instructions()
    copied = {word for name, rest in steps if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]}
    assert [word for word in copied if not (ROOT / word).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    assert copied == packages | {path.name for path in ROOT.glob("*.py")} | {
        "LICENSE",
        "locales",
        "locks/server.lock",
        "locks/web.lock",
        "web",
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == copied
    installs = [rest for name, rest in steps if name == "RUN" and "pip install" in rest]
    for install, lock in zip(installs, ("server", "web"), strict=True):
        assert f"--no-deps --require-hashes --only-binary :all: -r locks/{lock}.lock" in install
    assert ("COPY", "--from=pages /opt/cohorte/web/dist web/dist") in steps
    assert [rest for name, rest in steps if name == "USER"] == ["10001:10001"]
    assert [name for name, _ in steps][-1] == "CMD"
    assert Settings.from_environment(image_environment()).demo is False


UNREACHABLE = re.compile("No matching distribution|Temporary failure|Connection|Could not fetch")


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", "dist", "screenshots")  # as .dockerignore has it


class Image:
    """Carries out a Containerfile's steps in a folder that stands for the root of each stage's file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages: dict[str, Path] = {}
        self.root = self.work = folder
        self.environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
        self.command: list[str] = []
        (folder / "bin").mkdir()
        (folder / "bin/python").symlink_to(sys.executable)
        self.proxy = {name: value for name, value in os.environ.items() if re.match("(?i)pip_|https?_proxy|ssl_", name)}

    def inside(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.work / path

    def carry_out(self, name: str, rest: str) -> None:
        if name == "FROM":
            base, _, stage = rest.partition(" AS ")
            self.root = self.stages[stage or "last"] = self.folder / (stage or "last")
            if base in self.stages:  # whose working folder it starts in, too
                shutil.copytree(self.stages[base], self.root, symlinks=True)
                self.work = self.root / self.work.relative_to(self.stages[base])
            else:
                self.root.mkdir()
        elif name == "WORKDIR":
            self.work = self.inside(rest)
            self.work.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            self.copy(rest.split())
        elif name == "RUN" and "useradd" not in rest:  # an account of this machine
            done = run(["sh", "-c", rest], self.work, self.environment | {"HOME": str(self.folder)} | self.proxy)
            if done.returncode and UNREACHABLE.search(done.stderr):
                pytest.skip("the packages cannot be downloaded here")
            assert done.returncode == 0, done.stderr
        elif name == "CMD":
            self.command = json.loads(rest)

    def copy(self, words: list[str]) -> None:
        sources, target = words[:-1], self.inside(words[-1])
        origin = ROOT
        if sources[0].startswith("--from="):
            origin = self.stages[sources.pop(0).partition("=")[2]]
        for source in sources:
            path = origin / source.lstrip("/")
            to = target / path.name if words[-1].endswith("/") else target
            to.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, to, symlinks=True, ignore=None if origin != ROOT else IGNORED)
            else:
                shutil.copy(path, to)


def ask(address: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    request = Request(address, content, {"content-type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        return answer.status, json.loads(answer.read())


@contextlib.contextmanager
def running(image: Image, environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    with log.open("w") as file:
        options: dict[str, Any] = {"cwd": image.work, "env": environment, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen(image.command, stderr=file, **options)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "Press Ctrl-C to stop.\n":
                break
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
async def test_the_steps_of_the_files_lead_to_a_server_that_answers(server: str, tmp_path: Path) -> None:
    """The Containerfile's stages, then compose's services: migrate as the owner, serve as the roles, stop."""
    image = Image(tmp_path)
    for name, rest in instructions():
        image.carry_out(name, rest)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    database = "deployed"
    await create_missing(server, database)
    owner = at(server, database)
    url = urlsplit(owner)
    bin_folder = image.work / "environment/bin"
    base = image_environment() | {"PATH": f"{bin_folder}:{os.defpath}", "COHORTE_DATA": str(tmp_path / "state")}
    given = environment_of("migrate", secrets)
    (secrets / "owner_url").write_text(owner)
    command = COMPOSE["services"]["migrate"]["command"]
    done = run(command, image.work, base | given)
    assert done.returncode == 0, done.stderr
    port, metrics = str(free_port()), str(free_port())
    served = base | environment_of("server", secrets)
    served |= {"COHORTE_DATABASE_URL": f"postgresql://{url.path}?{url.query}", "COHORTE_HOST": "127.0.0.1"}
    served |= {"COHORTE_PORT": port, "COHORTE_METRICS_HOST": "127.0.0.1", "COHORTE_METRICS_PORT": metrics}
    (secrets / "owner_url").unlink()
    address, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    try:
        with running(image, served, log) as process:
            assert ask(f"{address}/readyz") == (200, {"ready": True})
            who = {"data": {"viewer": {"audience": "PUBLIC"}}}
            assert ask(f"{address}/graphql", {"query": "{ viewer { audience } }"}) == (200, who)
            with urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10) as answer:
                assert b'cohorte_operations_total{code="OK",type="query",view="public"} 1.0' in answer.read()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        with pytest.raises(URLError):
            ask(f"{address}/readyz")
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [line["status"] for line in lines if line["logger"] == "cohorte.operations"] == [200]
        assert not any("secret" in json.dumps(line) for line in lines)
    finally:
        connection = await asyncpg.connect(server)
        await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await connection.close()
        await open_roles_quickly(server)  # whose passwords the deployed server has changed, for other tests
