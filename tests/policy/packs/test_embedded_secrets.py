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
        ('{"db": {"password": "hunter2secret"}}', "a secret, by its name: password, line 1"),
        ('config: {"db": {"password": "hunter2secret"}}', "a secret, by its name: password, line 1"),
        ('{"db": {"password": "${PASSWORD}"}, "auth": {"existingSecret": "db"}}', ""),
        ("a=1\nurl=jdbc:mysql://db/x?user=a&password=hunter22", "a password in a connection string, line 2"),
        ("url=jdbc:mysql://db/x?user=a&password=${PASSWORD}", ""),
        ("dsn: host=db user=a password=hunter22", "a password in a connection string, line 1"),
        ("dsn: host=db user=a password=$PASSWORD", ""),
        ("requirepass hunter22", "a password in a connection string, line 1"),
        ("# requirepass foobared", ""),
        ("a=1\n;password = foo", ""),
        ("dsn=Server=x;User=a;Password=${P}; Pwd=hunter22", "a password in a connection string, line 1"),
        ("existingSecret: db", ""),
        ("jwt.secret=mysecretvalue", "a secret, by its name: jwt.secret, line 1"),
        ("login.password=Password", ""),
        ("login.password=password", "a secret, by its name: login.password, line 1"),
        ("", ""),
    ],
)
def test_a_line_is_judged_by_its_name(text, found):
    assert in_file(text, ()) == found


def test_names_that_are_ignored_hold_none():
    assert in_file("db.password=s3cr3tPassw0rd", ("password",)) == ""
    assert in_file('{"db": {"password": "s3cr3tPassw0rd"}}', ("password",)) == ""
