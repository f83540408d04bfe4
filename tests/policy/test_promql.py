"""How far back a query reads. The language: https://prometheus.io/docs/prometheus/latest/querying/basics/"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.policy.promql import has_bare_selector, range_of


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("errors", 300),
        ("errors offset 5m", 600),
        ("rate(errors[5m])", 300),
        ("rate(errors[10m]) > 0 and up", 600),
        ("rate(errors[1m]) / requests", 300),
        ("rate(a[5m]) / rate(b[1h30m])", 5400),
        ("rate(a[5m] offset 1h)", 3900),
        ("max_over_time(rate(a[5m])[1h:1m])", 3900),
        ("max_over_time(rate(a[5m])[1h:])", 3900),
        ("max_over_time(a[1h:1m])", 3900),
        ("rate(a[500ms])", 1),
        ('rate(a{path=~"[5d]"}[5m])', 300),
        ("rate(a[5m]) # not [5d]", 300),
        ("a[ 1w ]", 604800),
        ('sum(rate(errors{mail="a@b"}[1200]))', 1200),
        ("vector(1)", 0),
    ],
)
def test_how_far_back_a_query_reads_is_read_off_it(query, seconds):
    assert range_of(query) == seconds


@pytest.mark.parametrize(
    "query",
    [
        "errors",
        'errors{env="prod"}',
        "{job='x'}",
        '{"http.errors"}',
        "errors:rate5m",
        ":odd",
        "sum(errors)",
        "sum by (env) (errors)",
        "sum(errors) by (env)",
        "SUM BY (env) (errors)",
        "rate(a[5m]) / on (env) group_left (x) b",
        "max_over_time(a[10m:1m])",
        "a unless b[5m]",
        "5 * errors",
        "1e3 < errors",
        "absent(up)",
        "histogram_quantile(0.9, bucket)",
        "topk(3, sum)",
        "-errors",
        "rate\n(a[5m]) + b",
    ],
)
def test_a_selector_without_a_range_is_seen(query):
    assert has_bare_selector(query)


@pytest.mark.parametrize(
    "query",
    [
        "rate(errors[5m])",
        'sum(rate(errors{env="prod"} [5m])) by (env)',
        "sum by (env, pod) (rate(errors[5m]))",
        "sum without (env) (rate(errors[5m] offset 1h))",
        "rate(a[5m]) / ignoring(code) group_left rate(b[5m])",
        "rate(a[5m]) > bool 0 AND rate(b[5m]) OR rate(c[5m]) unless rate(d[5m])",
        "max_over_time(rate(a[5m])[1h:1m])",
        "avg_over_time({job='x'}[5m])",
        "vector(1e-3) + 0x1F - Inf + NaN",
        "time() - 5",
        "scalar(vector(1))",
        "rate(a[5m]) # errors",
    ],
)
def test_ranges_calls_and_words_of_the_language_are_none(query):
    assert not has_bare_selector(query)


names = st.from_regex(r"[a-z_][a-z0-9_:]{2,8}", fullmatch=True).map(lambda name: f"x{name}")


@settings(max_examples=100, deadline=None)
@given(names, st.sampled_from(["{}", "sum({})", "sum by (a) ({})", "max_over_time({}[1h:1m])", "1 + {} offset 1m"]))
def test_whatever_a_metric_is_called_and_wherever_it_stands_five_minutes_are_counted(name, around):
    assert range_of(around.format(name)) >= 300
    assert range_of(around.format(name + '{a="b"}')) >= 300
