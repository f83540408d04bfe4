"""Secrets in files that a ConfigMap holds."""

from __future__ import annotations

import pytest

from gitpromote.policy.packs.secret_values import in_file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("spring:\n  datasource:\n    password: s3cr3tPassw0rd\n", "a secret, by its name: password, line 3"),
        ("a=1\ndb.password=s3cr3tPassw0rd\n", "a secret, by its name: db.password, line 2"),
        ('{\n  "password": "s3cr3tPassw0rd",\n}', "a secret, by its name: password, line 2"),
        ("password: ${DB_PASSWORD}\n", ""),
        ("password:\n  from: vault\n", ""),
        ("password: ENC(abc)\n", ""),
        ("host: db\n", ""),
        ("", ""),
    ],
)
def test_a_line_is_judged_by_its_name(text, found):
    assert in_file(text, ()) == found


def test_names_that_are_ignored_hold_none():
    assert in_file("db.password=s3cr3tPassw0rd", ("password",)) == ""
