"""Where an organisation keeps what it asks for."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["UNREACHABLE", "VARIABLE", "OrgPlace"]

#: The code of the error where its server does not answer.
UNREACHABLE = "organisation-unreachable"

#: The variable that CI sets.
VARIABLE = "GITPROMOTE_ORG_POLICIES"


class OrgPlace(NamedTuple):
    """A branch of a repository, and a folder in it.

    :ivar url: of the repository; may hold a credential
    :ivar path: the folder that holds ``organisation.yaml``; empty: the root
    :ivar branch: empty: the repository's default branch
    """

    url: str
    path: str = ""
    branch: str = ""
