"""The `serve` command from outside: what it prints, when it refuses to start, and what it leaves behind."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from commands import preparing
from commands.cluster import Unavailable
from commands.listeners import listen
from commands.preparing import prepared, prepared_apart
from commands.serve import greeting, main
from settings import Settings, variable
from tests.support.clusters import becomes_left

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-m", "commands.serve"]
LIMITED = ["sh", "-c", 'ulimit -n "$0"; exec "$@"']  # followed by the number of descriptors, and a command
JSON = {"content-type": "application/json"}


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COHORTE_")}
    return kept | {"COHORTE_DATA": str(folder), "COHORTE_PORT": "0"} | settings


@pytest.fixture
def refused(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Yields a function that runs the command, which must refuse to start, and returns its error output."""

    def run(**settings: str) -> str:
        monkeypatch.setattr(os, "environ", environment(folder, **settings))
        monkeypatch.setattr(sys, "argv", ["cohorte"])
        monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handler would outlive the test
        assert main() == 1
        assert list(folder.iterdir()) == []
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err

    return run


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Yields the running command and the lines that it printed at start-up."""
    with started(SERVE, environment(folder, **settings)) as running:
        yield running


@contextmanager
def started(command: list[str], settings: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line == "Press Ctrl-C to stop.\n":
                    break
            yield process, lines
        finally:
            process.kill()


LARGE = ("alembic", "commands.seed", "commands.demo", "opendp", "rdflib")


def test_what_takes_memory_and_is_seldom_used_is_not_loaded_to_serve() -> None:
    """To migrate, to create the demonstration, to publish, and for the catalogue's files."""
    asked = (
        "import sys\n"
        "from app import create_app\n"
        "from commands.serve import graph_of\n"
        "from settings import Settings\n"
        "settings = Settings(database_url='postgresql://owner@localhost/none')\n"
        "create_app(settings, None, graph_of(settings))\n"
        f"print([name for name in sys.modules if name.startswith({LARGE})])\n"
    )
    found = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert found.stdout == "['commands.seeded']\n", found.stderr


def test_a_busy_port_is_reported_in_one_sentence(refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert refused(COHORTE_PORT=port) == (
            f"Cannot listen on 127.0.0.1 port {port} (Address already in use). Set COHORTE_HOST or COHORTE_PORT.\n"
        )


def test_a_response_body_does_not_wait_until_its_head_is_acknowledged() -> None:
    with listen(Settings(port=0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_invalid_setting_is_reported_in_one_sentence(refused: Callable[..., str]) -> None:
    assert refused(COHORTE_SCALE="big") == (
        "COHORTE_SCALE is not valid: expected a number above 0 and at most 10, such as 0.05.\n"
    )


def test_help_names_every_variable_and_starts_nothing(folder: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--help"], cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=60, check=True
    )
    named = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  COHORTE_")]
    assert named == [variable(name) for name in Settings.model_fields if name != "limits"]
    assert list(folder.iterdir()) == []


def test_an_unreachable_database_is_reported_without_its_password(refused: Callable[..., str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # not listening
        url = f"postgresql://me:secret@127.0.0.1:{closed.getsockname()[1]}/cohorte"
        assert refused(COHORTE_DATABASE_URL=url) == (
            "Cannot connect to the database of COHORTE_DATABASE_URL: nothing listens at its host and port "
            "(ConnectionRefusedError).\n"
        )


@pytest.mark.slow
def test_serve_reports_an_error_in_its_exit_status_and_in_no_traceback(folder: Path) -> None:
    settings = environment(folder, COHORTE_SCALE="big")
    done = subprocess.run(SERVE, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.slow
def test_ctrl_c_while_modules_are_imported_ends_in_no_traceback() -> None:
    pressed = """
import runpy, signal, sys

class Pressed:
    def find_spec(self, name, *_):
        if name == "resolvers.heap":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Pressed())
runpy.run_module("commands.serve", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", pressed], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_misspelt_setting_is_named_in_the_log(refused: Callable[..., str]) -> None:
    printed = refused(COHORTE_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/cohorte", COHORTE_POOLSIZE="7")
    assert "COHORTE_POOLSIZE is no setting and has no effect: is COHORTE_POOL_SIZE meant?\n" in printed


@pytest.mark.slow
def test_serve_stops_completely_and_says_so(folder: Path) -> None:
    folder.chmod(0o711)
    with served(folder, COHORTE_DEMO="0") as (process, lines):
        assert not any("demo.example" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "\nCohorte has stopped.\n"
        assert process.returncode == 0
    assert becomes_left(folder / "postgresql")


def test_a_database_is_prepared_by_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def prepare(dsn: str, settings: Settings) -> None:
        raise Unavailable(str(os.getpid()))

    monkeypatch.setattr(preparing, "prepare", prepare)
    done_by = prepared_apart("postgresql://owner@localhost/none", Settings())
    assert done_by is not None
    assert int(done_by) != os.getpid()
    assert prepared("postgresql://owner@localhost/none", Settings()) == str(os.getpid())


IN_A_DESTRUCTOR = """
import signal, sys
from commands import serve

class Last:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

def create_app(*given, made=serve.create_app, **options):
    Last()
    return made(*given, **options)

serve.create_app = create_app
sys.exit(serve.main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_whose_exception_is_lost_ends_the_start(workers: str, folder: Path) -> None:
    folder.chmod(0o711)
    settings = environment(folder, COHORTE_DEMO="0", COHORTE_WORKERS=workers)
    done = subprocess.run(
        [sys.executable, "-c", IN_A_DESTRUCTOR], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Cohorte has stopped.")
    assert "Cohorte is ready." not in done.stdout
    assert becomes_left(folder / "postgresql")


def flood(address: tuple[str, int], number: int) -> list[socket.socket]:
    """Connections that send nothing; as many as the server's kernel takes."""
    made = []
    for _ in range(number):
        one = socket.socket()
        one.settimeout(1)
        with contextlib.suppress(OSError):
            one.connect(address)
        made.append(one)
    return made


@pytest.mark.slow
def test_a_flood_of_connections_leaves_descriptors_for_the_database_and_for_others(folder: Path) -> None:
    folder.chmod(0o711)
    few = environment(folder, COHORTE_DEMO="0", COHORTE_POOL_SIZE="1", COHORTE_CONNECTIONS_FROM="1000")
    with started([*LIMITED, "260", *SERVE], few) as (_, lines):
        (said,) = [line for line in lines if line.startswith("Up to ")]
        connections = int(said.split()[2])
        assert 20 <= connections < 260
        assert f"may have 260 file descriptors and keeps {260 - connections}." in said
        [url] = [line.split()[-1].removesuffix("/graphql") for line in lines if line.startswith("GraphQL:")]
        host, port = url.removeprefix("http://").split(":")
        silent = flood((host, int(port)), 400)
        try:
            for _ in range(5):  # each of which may open a connection to the database
                with urlopen(f"{url}/readyz", timeout=10) as answer:
                    assert answer.status == 200
                question = Request(f"{url}/graphql", b'{"query": "{ communities { nodes { slug } } }"}', JSON)
                with urlopen(question, timeout=10) as answer:
                    assert answer.read() == b'{"data":{"communities":{"nodes":[]}}}'
        finally:
            for each in silent:
                each.close()


@pytest.mark.slow
def test_too_few_descriptors_are_reported_at_once(folder: Path) -> None:
    done = subprocess.run(
        [*LIMITED, "200", *SERVE],
        cwd=ROOT,
        env=environment(folder, COHORTE_DEMO="0"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, list(folder.iterdir())) == (1, "", [])
    assert done.stderr.startswith("The process may have 200 file descriptors and needs at least ")


@pytest.mark.slow
def test_serve_repeats_interrupted_seeding_and_stops_completely(folder: Path) -> None:
    folder.chmod(0o711)
    settings = {"COHORTE_DEMO": "1", "COHORTE_SCALE": "0.02"}
    for blow, status in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
        with subprocess.Popen(
            SERVE, cwd=ROOT, env=environment(folder, **settings), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            while process.stdout.readline() != "Creating the demonstration network ...\n":
                assert process.poll() is None
            process.send_signal(blow)
            assert process.wait(timeout=60) == status
        assert becomes_left(folder / "postgresql")  # by the process that seeds, too
    for start, blow in enumerate([signal.SIGINT, signal.SIGTERM]):
        with served(folder, **settings) as (process, lines):
            assert ("Creating the demonstration network ..." in lines) == (start == 0)
            assert any("patient@demo.example" in line for line in lines)
            [address] = [line.split()[-1] for line in lines if line.startswith("GraphQL:")]
            with urlopen(address.removesuffix("graphql") + "readyz", timeout=10) as answer:
                assert answer.status == 200
            process.send_signal(blow)
            assert process.communicate(timeout=60)[0] == "\nCohorte has stopped.\n"
            assert process.returncode == 0
        assert becomes_left(folder / "postgresql")


def test_demonstration_accounts_are_printed_only_if_there_are_any() -> None:
    assert greeting("http://127.0.0.1:8000", demo=False) == (
        "\n"
        "Cohorte is ready.\n"
        "Pages:     http://127.0.0.1:8000/\n"
        "GraphQL:   http://127.0.0.1:8000/graphql\n"
        "GraphiQL:  http://127.0.0.1:8000/graphiql\n"
        "\n"
        "Press Ctrl-C to stop."
    )
    said = greeting("http://127.0.0.1:8000", demo=True)
    assert [line.split()[0] for line in said.splitlines() if "@demo.example" in line] == ["patient", "buyer", "manager"]
    assert said.count("@demo.example") == 11
