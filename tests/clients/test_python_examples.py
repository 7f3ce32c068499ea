"""The examples for analysts run against the demonstration network: the notebook, and the first figure of the README."""

import asyncio
import json
import math
import re
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from cohorte import AsyncClient
from privacy.budget import SIZE_MARGIN
from privacy.precision import PRECISIONS, PRICES
from tests.clients.processes import ROOT, output_of
from tests.clients.test_python_client import key_of
from tests.support.network import Network

READ = ROOT / "examples/read.R"
NOTEBOOK = ROOT / "examples/arthritis.ipynb"
README = ROOT / "clients/python/README.md"
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


async def environment(network: Network) -> dict[str, str]:
    """The environment of an analyst of the demonstration's laboratory, with a new API key."""
    key = await key_of(network, await network.ask.sign_in("laboratory"))
    return {"COHORTE_URL": str(network.ask.http.base_url), "COHORTE_API_KEY": key}


@pytest.mark.slow
async def test_the_readme_draws_a_first_figure_at_no_cost_and_publishes_a_plan(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, search, plan, *_ = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert code.count("\n") <= 12
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    for name, value in (await environment(network)).items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    try:
        await asyncio.to_thread(exec, code, names)
        assert "0 True\n" in capsys.readouterr().out
        await asyncio.to_thread(exec, search, names)
        assert "ACTIVE_DRUG_TRIAL_ARM" in capsys.readouterr().out
        assert (tmp_path / "arms.png").read_bytes().startswith(b"\x89PNG")
        await asyncio.to_thread(exec, plan, names)
    finally:
        names["client"].close()
    assert " True ()\n" in capsys.readouterr().out
    assert [each.variable for each in names["tables"]] == [each.variable for each in names["plan"]]
    assert names["tables"][-1].kind == "MEANS"


def test_the_notebook_is_stored_without_its_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_the_notebook_knows_the_noise_of_sizes_and_counts() -> None:
    source = NOTEBOOK.read_text(encoding="utf-8")
    assert f"members (±{SIZE_MARGIN})" in source
    assert "sigma = (months.margin_of_error + 0.5) / 1.96" in source
    for precision in PRECISIONS:
        assert (precision.margin + 0.5) / 1.96 == pytest.approx(math.sqrt(1e6 / 2 / PRICES[precision]), rel=0.01)


@pytest.mark.slow
async def test_the_notebook_goes_from_the_key_to_the_trials_result(network: Network, tmp_path: Path) -> None:
    given: dict[str, Any] = await environment(network) | {
        "PYTHONPATH": str(ROOT / "clients/python"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }
    await output_of(sys.executable, "-c", EXECUTE, str(NOTEBOOK), str(tmp_path / "done.ipynb"), **given)
    done = json.loads((tmp_path / "done.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in done["cells"] for output in cell.get("outputs", ())]
    text = "".join(part for output in outputs for part in text_of(output))
    assert re.search(r"Drug minus placebo: [+-]\d\.\d\d, from [+-]\d\.\d\d to [+-]\d\.\d\d", text)
    assert "vouches for the table" in text
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    assert [output for output in outputs if output["output_type"] == "stream" and output["name"] == "stderr"] == []


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R with jsonlite: apt-get install r-cran-jsonlite")
async def test_the_lines_of_r_read_the_same_figures(network: Network, tmp_path: Path) -> None:
    given: dict[str, Any] = await environment(network)
    async with AsyncClient(given["COHORTE_API_KEY"], given["COHORTE_URL"]) as client:
        [trial] = await client.catalogue(community="rheumatoid-arthritis")
        id = max(await client.published(trial.id), key=lambda each: len(each.by)).id
        stat = await client.json_stat(id)
    (tmp_path / "profile.R").write_text("options(width = 1000)\n")  # a row in one line; R ignores an unended line
    given["R_PROFILE_USER"] = str(tmp_path / "profile.R")
    label, _, header, *lines = (await output_of("Rscript", str(READ), id, **given)).splitlines()
    assert label == f'[1] "{stat["label"]}"'
    names = stat["id"][:-1]
    codes = [stat["dimension"][name]["category"]["index"] for name in stat["id"]]
    assert header.split() == [*names, *codes[-1]]
    expected = dict(zip(product(*codes), stat["value"], strict=True))
    found = {
        (*line[: len(names)], figure): None if text == "NA" else float(text)
        for line in map(str.split, lines)
        for figure, text in zip(codes[-1], line[len(names) :], strict=True)
    }
    assert found == {
        place: value if value is None else pytest.approx(value, rel=1e-4) for place, value in expected.items()
    }


def text_of(output: dict[str, Any]) -> list[str]:
    found = output.get("text", ())
    return [found] if isinstance(found, str) else list(found)
