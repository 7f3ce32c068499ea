"""The process that draws noise: what it loads and inherits, when it ends, and that what it loses is not drawn again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from privacy import noise, thresholds
from resolvers.insight.drawing import NoiseFailed, NoiseUnavailable, drawn, drawn_apart
from resolvers.insight.noise_process import DrawingFailed, NoiseProcess, ProcessEnded
from tests.support.eventually import eventually, has_ended

ROOT = Path(__file__).parents[2]
SECRET = "COHORTE_ROLE_KEY"


@pytest.fixture(scope="module")
def process() -> Iterator[NoiseProcess]:
    """Yields a process that has drawn; another one starts if a test ends it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(SECRET, "secret")
        made = NoiseProcess()
        made.call(noise.draw, [1], 754)
        yield made
    made.close()


def pid_of(process: NoiseProcess) -> int:
    assert process.child is not None
    return process.child.process.pid


def test_it_draws_what_a_thread_would(process: NoiseProcess) -> None:
    noisy = process.call(noise.draw, [1_000] * 50, 754)
    assert len(set(noisy)) > 1
    assert all(abs(count - 1_000) < 20 * noise.noise_for(754).sigma for count in noisy)
    assert process.call(noise.noise_for, 754, 3) == noise.noise_for(754, 3)
    threshold = process.call(thresholds.noisy_threshold, 100)
    assert abs(threshold - 100) < 50 * thresholds.scale()
    assert process.call(thresholds.has_reached, 2**30, threshold) is True


def test_it_loads_opendp_and_nothing_of_the_server(process: NoiseProcess) -> None:
    process.call(noise.draw, [1], 754)
    maps = Path(f"/proc/{pid_of(process)}/maps").read_text()
    assert "opendp" in maps
    assert not [name for name in ("asyncpg", "pydantic_core", "uvloop", "cryptography") if name in maps]


def test_it_inherits_its_pipe_and_no_setting(process: NoiseProcess, tmp_path: Path) -> None:
    with (tmp_path / "inherited").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        process.end()
        process.call(noise.draw, [1], 754)
    folder = Path(f"/proc/{pid_of(process)}/fd")
    opened = sorted(str(each.readlink()) for each in folder.iterdir())
    assert opened[:3] == ["/dev/null"] * 3
    assert [name.partition(":")[0] for name in opened[3:]] == ["socket"]
    assert os.environ[SECRET].encode() not in Path(f"/proc/{pid_of(process)}/environ").read_bytes()


def test_an_error_is_its_class_without_a_count(process: NoiseProcess) -> None:
    pid = pid_of(process)
    with pytest.raises(DrawingFailed, match=r"^ValueError$"):
        process.call(noise.draw, [12345, -1], 754)
    assert (len(process.call(noise.draw, [1], 754)), pid_of(process)) == (1, pid)


def test_signals_to_the_whole_group_do_not_end_it(process: NoiseProcess) -> None:
    pid = pid_of(process)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    process.call(noise.draw, [1], 754)
    assert pid_of(process) == pid


def test_one_that_was_killed_while_idle_is_replaced(process: NoiseProcess) -> None:
    pid = pid_of(process)
    child = process.child
    assert child is not None
    child.process.kill()
    eventually(lambda: child.process.poll() is not None)
    assert len(process.call(noise.draw, [1], 754)) == 1
    assert pid_of(process) != pid


def test_one_that_is_killed_while_it_draws_is_not_asked_again(process: NoiseProcess) -> None:
    pid = pid_of(process)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        drawing = thread.submit(lambda: process.call(noise.draw, [1], 754))
        eventually(process.turn.locked)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ProcessEnded):
            drawing.result(20)
    assert process.child is None
    assert len(process.call(noise.draw, [1], 754)) == 1


def test_one_that_hangs_is_killed(process: NoiseProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = pid_of(process)
    os.kill(pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(process, "drawing_seconds", 0.05)
        with pytest.raises(ProcessEnded):
            process.call(noise.draw, [1] * 1_000_000, 754)  # more than fits into the pipe
    assert has_ended(pid)
    assert len(process.call(noise.draw, [1], 754)) == 1


def test_it_ends_when_it_is_idle_even_after_an_error() -> None:
    process = NoiseProcess(idle_seconds=0.01)
    for counts in ([1], [-1]):
        with suppress(DrawingFailed):
            process.call(noise.draw, counts, 754)
        eventually(lambda: process.child is None)
    assert process.idle is None
    process.close()


def test_closing_ends_who_waits_and_starts_none() -> None:
    process = NoiseProcess()
    process.call(noise.draw, [1], 754)
    pid = pid_of(process)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        drawing = thread.submit(lambda: process.call(noise.draw, [1], 754))
        eventually(process.turn.locked)
        process.close()
        with pytest.raises(ProcessEnded):
            drawing.result(20)
    assert has_ended(pid)
    with pytest.raises(ProcessEnded):
        process.call(noise.draw, [1], 754)
    assert process.child is None


def test_it_ends_with_its_parent_which_has_not_loaded_opendp() -> None:
    asked = (
        "import sys\n"
        "from pathlib import Path\n"
        "from privacy import noise\n"
        "from resolvers.insight.noise_process import NoiseProcess\n"
        "process = NoiseProcess()\n"
        "process.call(noise.draw, [1], 754)\n"
        "loaded = 'opendp' in sys.modules or 'opendp' in Path('/proc/self/maps').read_text()\n"
        "print(loaded, process.child.process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", asked]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        loaded, pid = parent.stdout.readline().split()
        assert (loaded, has_ended(int(pid))) == ("False", False)
        parent.kill()
    eventually(lambda: has_ended(int(pid)))


async def test_what_serves_has_noise_drawn_apart_and_others_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "opendp", None)  # of this process: whatever draws here fails
    noise._measurement.cache_clear()
    with drawn_apart() as process:
        assert len(await drawn(noise.draw, [1, 2], 754)) == 2
        with pytest.raises(NoiseFailed, match=r"^ValueError$") as failed:
            await drawn(noise.draw, [-1], 754)
        assert not isinstance(failed.value, NoiseUnavailable)
        process.closed = True
        with pytest.raises(NoiseUnavailable, match=r"^ProcessEnded$") as failed:
            await drawn(noise.draw, [1], 754)
        assert failed.value.__context__ is None
    with pytest.raises(NoiseFailed, match=r"^TypeError$"):
        await drawn(noise.draw, [1], 754)
