"""What is taken for a secret, and what is not."""

from __future__ import annotations

import time

import pytest

from gitpromote.model.sensitive import (
    assigned_spans,
    field_holds_secret,
    is_secret_reference,
    looks_like_token,
    name_holds_secret,
    token_spans,
)

LETTERS = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6dE9f"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ghp_" + LETTERS[:36], "a GitHub token"),
        ("github_pat_" + LETTERS, "a GitHub token"),
        ("glpat-" + LETTERS[:20], "a GitLab token"),
        ("key AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("xoxb-1234567890-abcdefghij", "a Slack token"),
        ("https://hooks.slack.com/services/T0000/B0000/abcdefgh", "a Slack webhook"),
        ("AIza" + LETTERS[:35], "a Google key"),
        ("sk_live_" + LETTERS[:24], "a Stripe key"),
        (JWT, "a JSON Web Token"),
        ("npm_" + LETTERS[:36], "an npm token"),
        ("hvs." + LETTERS[:24], "a Vault token"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "a private key"),
        ("https://lea:hunter2@example.com/x.git", "a password in a URL"),
        ("redis://:hunter2@cache:6379/0", "a password in a URL"),
        ("postgres://u:p@ss@db", "a password in a URL"),
        ("postgres://u:pa/ss@db", "a password in a URL"),
        ("Authorization: Bearer abc123def456", "a bearer token"),
        ("Authorization: Basic dXNlcjpwYXNz", "a password in a header"),
        ("AGE-SECRET-KEY-1" + LETTERS.upper(), "an age key"),
        ("sk-ant-" + LETTERS, "an API key"),
    ],
)
def test_tokens_are_told_by_their_shape(text: str, what: str) -> None:
    assert looks_like_token(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ghp_short",
        "ghcr.io/acme/shop:1.42.0@sha256:b20e" + "0" * 60,
        "https://example.com:8443/path@v2",
        "http://registry:4873/@acme",
        "https://$(USER):$(PASSWORD)@example.com",
        "https://user:${PASSWORD}@example.com",
        "Basic authentication is used",
        "the bearer of this authorization",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "eyJ is how JSON begins",
        "npm_config_registry",
        "msgSK-ASIA",
        "AKIA",
    ],
)
def test_texts_that_only_resemble_tokens_are_none(text: str) -> None:
    assert looks_like_token(text) is None


def test_certificates_are_hidden_although_they_are_no_tokens() -> None:
    text = "x -----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE----- y"
    assert [text[span.start : span.end] for span in token_spans(text)] == [text[2:-2]]


def test_a_secret_key_is_told_by_the_access_key_beside_it() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    text = f"AKIAIOSFODNN7EXAMPLE:{secret}"
    assert [text[span.start : span.end] for span in token_spans(text)] == ["AKIAIOSFODNN7EXAMPLE", secret]
    assert token_spans(secret) == []


def test_pieces_do_not_overlap() -> None:
    text = f"https://u:{JWT}@example.com"
    assert [text[span.start : span.end] for span in token_spans(text)] == [JWT]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("password: hunter2", ["hunter2"]),
        ("db.password=hunter2\nuser=app", ["hunter2"]),
        ('{"user":"app","password":"hun\\"ter2"}', ['hun\\"ter2']),
        ('{\\"token\\":\\"abc123\\"}', ["abc123"]),
        ("--db-password=hunter2 --verbose", ["hunter2"]),
        ("app --api-key hunter2 --verbose", ["hunter2"]),
        ("export DB_PASSWORD='hunter two'", ["hunter two"]),
        ("https://example.com/?token=abcdef&x=1", ["abcdef"]),
        ("Server=db;Password=hunter2;Port=1", ["hunter2"]),
        ("secretName: tls", []),
        ("password: ${DB_PASSWORD}", []),
        ("password=$(DB_PASSWORD)", []),
        ("password: {{ .Values.password }}", []),
        ("password: <path:kv/db#password>", []),
        ("secret:\n  name: x", []),
        ("password: |\n  text", []),
        ("token: true", []),
        ("the password is important", []),
        ("passwordFile: /run/secrets/db", []),
    ],
)
def test_values_behind_a_telling_name_are_found_in_texts(text: str, values: list[str]) -> None:
    assert [text[span.start : span.end] for span in assigned_spans(text)] == values


@pytest.mark.parametrize(
    ("name", "variable", "field"),
    [
        ("DB_PASSWORD", True, True),
        ("DB_PASSWORD_2", True, True),
        ("SECRET_KEY_BASE", True, False),
        ("AWS_SECRET_ACCESS_KEY", True, True),
        ("apiKey", True, True),
        ("--api-key", True, True),
        ("mysql-root-password", True, True),
        ("token", True, True),
        ("clientSecret", True, True),
        ("Authorization", True, False),
        ("existingSecret", True, False),
        ("secretKey", True, False),
        ("PWD", False, True),
        ("TOKEN_URL", False, False),
        ("PASSWORD_FILE", False, False),
        ("secretName", False, False),
        ("passwordSecretRef", False, False),
        ("automountServiceAccountToken", False, False),
        ("SSH_PUBLIC_KEY", False, False),
        ("PARTITION_KEY", False, False),
        ("COMPASS", False, False),
        ("", False, False),
    ],
)
def test_the_last_word_of_a_name_decides(name: str, variable: bool, field: bool) -> None:
    assert (name_holds_secret(name), field_holds_secret(name)) == (variable, field)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("<path:kv/data/db#password>", True),
        ("ref+vault://kv/db#password", True),
        ("vault:secret/data/db#PASSWORD", True),
        ("op://vault/db/password", True),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:db", True),
        ("$(DB_PASSWORD)", True),
        ("${DB_PASSWORD}", True),
        ("${DB_PASSWORD:=}", True),
        ("{{ .Values.password }}", True),
        ("${DB_PASSWORD:=hunter2}", False),
        ('{{ "hunter2" }}', False),
        ("<path:kv/db#password> hunter2", False),
        ("hunter2", False),
        ("", False),
    ],
)
def test_references_hold_no_secret(text: str, reference: bool) -> None:
    assert is_secret_reference(text) is reference


@pytest.mark.parametrize(
    "piece", ["a-", "password ", "://a:", "eyJ.", "--token ", "-----BEGIN X-----", "password=\\", "A+"]
)
def test_long_texts_take_time_by_their_length(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    token_spans(text)
    assigned_spans(text)
    assert time.process_time() - start < 5
