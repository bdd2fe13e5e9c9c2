"""A Dask cluster of processes that the test starts. Expected: the frames of the same run on threads here, bit by bit."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.cli.main import main
from livingdrug.course.settings import Settings
from livingdrug.foundation.errors import BadInput
from livingdrug.observation.frames import FRAMES
from livingdrug.trial import elsewhere
from livingdrug.trial.door import planned
from livingdrug.trial.elsewhere import cluster, follow_alike, likeness_here
from livingdrug.trial.run import run

WORDS = {"patients": 24, "seed": 5, "chunk": 4, "sample": 3}


@pytest.fixture(scope="module")
def here():
    return run("eliana", threads=1, **WORDS)


def same(found, here):
    assert found.manifest == here.manifest
    for frame in FRAMES:
        assert found.frames[frame].equals(here.frames[frame]), frame


@pytest.mark.filterwarnings("default")
def test_a_cluster_gives_the_same_frames_also_when_a_worker_is_killed(here, tmp_path):
    distributed = pytest.importorskip("distributed", reason="livingdrug[cluster] is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
    ) as machines:
        with distributed.Client(machines) as client:
            same(run("eliana", executor=client.get_executor(), **WORDS), here)
        # one worker is killed as soon as a chunk has come back; what it was computing is computed again, once
        killed = []
        with cluster(machines.scheduler_address) as executor:

            def kill(arm, stage, done, total):
                if done and not killed and stage == "visits":
                    killed.append(next(iter(machines.workers.values())).pid)
                    os.kill(killed[0], signal.SIGKILL)

            found = run("eliana", executor=executor, progress=kill, out=tmp_path / "run", **WORDS)
        assert killed
        same(found, here)
        assert found.frames["who"]["patient"].to_list() == list(range(1, 25))
        # the same by the command
        words = [
            "-n",
            "24",
            "--seed",
            "5",
            "--chunk",
            "8",
            "--sample",
            "3",
            "--no-report",
            "-o",
            str(tmp_path / "command"),
        ]
        assert main(["run", "eliana", *words, "--cluster", machines.scheduler_address]) == 0
        for frame in FRAMES:
            name = f"{frame}.parquet"
            assert (tmp_path / "command" / name).read_bytes() == (tmp_path / "run" / name).read_bytes(), frame


def test_nobody_at_the_address_is_told(monkeypatch, tmp_path, capsys):
    # expected: exit code 2, the address, what to start; nothing is written
    pytest.importorskip("distributed", reason="livingdrug[cluster] is not installed")
    monkeypatch.setattr(elsewhere, "CONNECT_SECONDS", 1)
    for address, word in (("nowhere", "expected the address"), ("tcp://127.0.0.1:9", "dask scheduler")):
        assert main(["run", "eliana", "-n", "2", "-o", str(tmp_path / "run"), "--cluster", address]) == 2
        told = capsys.readouterr().err
        assert word in told
        assert address in told
        assert not (tmp_path / "run").exists()


def test_without_dask_the_command_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["run", "eliana", "-n", "2", "-o", str(tmp_path / "run"), "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "livingdrug[cluster]" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_worker_with_other_code_refuses():
    # expected: the name of what differs, before anything is computed; from another process the same sentence
    _, (plan,) = planned("eliana", default_catalog())
    other = {**likeness_here(), "code": "another"}
    with pytest.raises(BadInput, match=r"code: another there(.|\n)*Install the same versions"):
        follow_alike(other, plan, np.arange(1, 3), 5, settings=Settings())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        asked = pool.submit(follow_alike, other, plan, np.arange(1, 3), 5, settings=Settings())
        with pytest.raises(BadInput, match="another there"):
            asked.result()
