"""What git's words mean: whether reading was refused, or writing alone."""

from __future__ import annotations

import pytest

from gitpromote.adapters.git.failures import git_failure
from gitpromote.adapters.git.process import Completed

REFUSED = (
    "remote: Permission to acme/gitops.git denied to ada.\n"
    "fatal: unable to access 'https://git.example/acme/gitops.git/': The requested URL returned error: 403\n"
)


@pytest.mark.parametrize(("doing", "writes"), [("push to", True), ("read the refs of", False), ("fetch from", False)])
def test_a_push_that_is_refused_says_what_permission_is_missing(doing, writes):
    completed = Completed(status=128, output=b"", words=REFUSED)
    error = git_failure(completed, doing=doing, where="https://git.example/acme/gitops.git", version=lambda: (2, 47))
    assert (error.exit_code, error.code) == (12, "remote-access-denied")
    assert error.hint.startswith(
        "The remote knows who asks, and does not let them write: give them write permission"
    ) is (writes)
    assert ("git ls-remote" in error.hint) is not writes
