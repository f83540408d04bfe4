"""What a render may take: ordinary limits, and those that an App says."""

from __future__ import annotations

import pytest

from gitpromote import App, Helm, Limits, Plain
from gitpromote.errors import ConfigurationError, RenderFailed
from gitpromote.model.pipeline import Pipeline
from gitpromote.planning.planfile import blob_bytes

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 0.1.0\n",
    "chart/templates/all.yaml": (
        "{{- range $at := until 30 }}\n---\napiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: 'c{{ $at }}'}\ndata: {text: '{{ repeat 100000 \"x\" }}'}\n{{- end }}\n"
    ),
}


def chart(site, **members):
    site.home.commit(CHART)
    return site.pipeline(apps=[App("shop", Helm("chart"), **members)])


def test_an_app_may_allow_itself_less(site):
    pipeline = chart(site, limits=Limits(megabytes=1))
    with pytest.raises(RenderFailed) as caught:
        site.project(pipeline).plan()
    assert caught.value.code == "render-too-large"
    assert "ended after more than 1,048,576 bytes" in caught.value.detail
    assert caught.value.hint.endswith("Or allow it more: App(…, limits=Limits(megabytes=2))")


def test_limits_change_no_output_and_stand_in_the_definition_alone_where_they_are_said(site):
    plain, limited = chart(site), chart(site, limits=Limits(seconds=300, megabytes=256))
    plans = [site.project(one).plan(env="test") for one in (plain, limited)]
    assert plans[0]["test"].writes == plans[1]["test"].writes
    assert plans[0]["test"].change_digest == plans[1]["test"].change_digest
    assert sum(len(blob_bytes(blob)) for blob in plans[1].data.blobs.values()) > 3_000_000
    assert "limits" not in plain.to_data()["apps"][0]
    assert limited.to_data()["apps"][0]["limits"] == {"kind": "limits", "seconds": 300, "megabytes": 256}
    assert Pipeline.from_data(limited.to_data()) == limited
    assert repr(limited.apps[0].limits) == "Limits(seconds=300, megabytes=256)"


@pytest.mark.parametrize("members", [{"seconds": 0}, {"megabytes": 5000}])
def test_limits_have_limits(members):
    with pytest.raises(ConfigurationError) as caught:
        App("shop", Plain("deploy"), limits=Limits(**members))
    assert caught.value.code == "limit-invalid"
