"""Which Pipelines a file defines, as far as its text says so; nothing of it is run."""

from __future__ import annotations

import pytest

from gitpromote.adapters.pipeline_names import written_names


def names(tmp_path, text):
    file = tmp_path / "pipeline.py"
    file.write_text(text)
    return written_names(file)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('from gitpromote import Pipeline\nPipeline("shop")', {"shop"}),
        ('from gitpromote import Pipeline as P\nP("shop"); P(name="pay")', {"shop", "pay"}),
        ('import gitpromote as g\na = [g.Pipeline("shop")]\nraise SystemExit(1)', {"shop"}),
        ('import os\nfrom gitpromote import *\nEphemeralPipeline("previews", x=1)', {"previews"}),
    ],
)
def test_names_that_are_written_out_are_known(tmp_path, text, found):
    assert names(tmp_path, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = (",
        "\0",
        'Pipeline("shop"); Pipeline(f"{team}")',
        'Pipeline("shop"); Pipeline(**given)',
        "Pipeline(*names)",
        'Pipeline("shop"); from teams import pipelines',
        'Pipeline("shop"); from . import pipelines',
        'Pipeline("shop"); import teams',
        'Pipeline("shop"); Pipeline.from_data({})',
        'Pipeline("shop"); Other = Pipeline',
        'class Mine(Pipeline): ...\nPipeline("shop")',
        'shop = Pipeline("shop"); pay = replace(shop, name="pay")',
        'Pipeline("shop"); exec("…")',
    ],
)
def test_where_running_the_file_may_give_others_nothing_is_said(tmp_path, text):
    assert names(tmp_path, text) is None


def test_all_files_of_a_folder_count(tmp_path):
    (tmp_path / "a.py").write_text('Pipeline("shop")')
    (tmp_path / "b.py").write_text('Pipeline("pay")')
    assert written_names(tmp_path) == {"shop", "pay"}
    (tmp_path / "c.py").write_text("Pipeline(x)")
    assert written_names(tmp_path) is None
