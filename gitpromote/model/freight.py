"""Freight: an immutable set of artifacts that travel together, addressed by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property

from pydantic import Field

from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact, canonical_repository
from gitpromote.model.base import Document
from gitpromote.model.canonical import canonical

_DOMAIN = b"gitpromote-freight-v1\n"

#: What provenance tells: who made it, from which commit of which source, and in which run of CI.
PROVENANCE = ("author", "commit", "source", "ci-run")

_FIRST = (
    "able agile amber ample azure bold brave brisk bright calm candid clean clear clever cosy crisp "
    "daring deft eager early even fair fast fine firm fleet fond frank free fresh gentle glad golden "
    "grand happy hardy honest humble ideal jolly keen kind level light lively loyal lucid lucky mellow "
    "merry mild modest neat noble open patient plain polite prime proud quick quiet rapid ready robust "
    "royal sharp silver simple smart snug solid spry stable steady sturdy sunny sure swift tidy trim true "
    "upright vivid warm wise witty young zesty"
).split()
_SECOND = (
    "adder alder aspen badger beech birch bison bream cedar cobra condor coral crane curlew daisy deer "
    "dingo dove duck eagle egret elk elm falcon fern ferret finch fir fox gecko goose grouse gull hare "
    "hawk hazel heron holly ibex ibis iris ivy jackal jay kestrel kite koala lark larch lemur lily linden "
    "lion lizard llama lotus lynx magpie maple marten mole moose moth newt oak olive orca oriole osprey "
    "otter owl panda petrel pine plover poplar poppy puffin quail rabbit raven robin rook rose sable "
    "salmon seal shrew skylark snipe sparrow spruce squid stag stoat stork swan swift tapir teal tern "
    "thrush tiger toad trout tulip turtle viper vole walnut weasel whale willow wolf wren yew"
).split()


class Freight(Document):
    """What one Warehouse yields: images with digests, charts, commits.

    :ivar id: 64 hex digits, see :func:`freight_id`; the same artifacts have the same id on every machine
    :ivar alias: two words and four hex digits, drawn from the id
    :ivar warehouse: the name of the Warehouse that it came from
    :ivar subject: the first line of the source commit's message, for people; not part of the id
    :ivar author: who wrote that commit; not part of the id
    :ivar inputs: the digest of the source paths that the renders read at that commit; it tells a new commit that
        changes nothing for us from one that does; not part of the id
    :ivar labels: what people say of it; not part of the id
    :ivar provenance: where it comes from, as its image or its maker says, by the words of :data:`PROVENANCE`; not part
        of the id
    :ivar older_than: while the ledger does not have it: the id of the Freight in front of which it belongs there, by
        the history of its sources, although it comes later; not part of the id
    """

    id: str
    alias: str
    warehouse: str
    artifacts: tuple[Artifact, ...]
    subject: str = ""
    author: str = ""
    inputs: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    provenance: dict[str, str] = Field(default_factory=dict)
    older_than: str | None = Field(default=None, exclude_if=lambda older_than: older_than is None)

    @classmethod
    def of(
        cls,
        warehouse: str,
        artifacts: Sequence[Artifact],
        *,
        subject: str = "",
        author: str = "",
        inputs: str = "",
        labels: Mapping[str, str] | None = None,
        provenance: Mapping[str, str] | None = None,
    ) -> Freight:
        """Freight of these artifacts, its id and alias computed, in the canonical order."""
        ordered = tuple(sorted(artifacts, key=identity_of))
        identifier = freight_id(warehouse, ordered)
        return cls(
            id=identifier,
            alias=alias_of(identifier),
            warehouse=warehouse,
            artifacts=ordered,
            subject=subject,
            author=author,
            inputs=inputs,
            labels=dict(labels or {}),
            provenance=dict(provenance or {}),
        )

    @cached_property
    def type(self) -> str:
        """``image``, ``config`` or ``mixed``: what kinds of artifacts it holds."""
        kinds = {"config" if artifact.kind == "commit" else "image" for artifact in self.artifacts}
        return kinds.pop() if len(kinds) == 1 else "mixed"

    @property
    def images(self) -> tuple[ImageArtifact, ...]:
        """Its images, sorted by repository."""
        return tuple(artifact for artifact in self.artifacts if isinstance(artifact, ImageArtifact))

    @property
    def charts(self) -> tuple[ChartArtifact, ...]:
        """Its charts, sorted by repository."""
        return tuple(artifact for artifact in self.artifacts if isinstance(artifact, ChartArtifact))

    def commit_of(self, repository: str) -> str | None:
        """The commit that it holds of a repository (canonical spelling), if any."""
        for artifact in self.artifacts:
            if isinstance(artifact, CommitArtifact) and artifact.repository == repository:
                return artifact.commit
        return None


def identity_of(artifact: Artifact) -> tuple[str, ...]:
    """What of an artifact counts for the id: kind, canonical repository, tag or version, digest or commit."""
    repository = canonical_repository(artifact.repository)
    if isinstance(artifact, ImageArtifact):
        return ("image", repository, artifact.tag or "", artifact.digest or "")
    if isinstance(artifact, ChartArtifact):
        return ("chart", repository, getattr(artifact, "name", "") or "", artifact.version, artifact.digest or "")
    return ("commit", repository, artifact.commit)


def freight_id(warehouse: str, artifacts: Sequence[Artifact]) -> str:
    """sha256 over a domain word, the Warehouse's name and the sorted identities of the artifacts."""
    data = [warehouse, sorted(list(identity_of(artifact)) for artifact in artifacts)]
    return hashlib.sha256(_DOMAIN + canonical(data)).hexdigest()


def alias_of(identifier: str) -> str:
    """The name for people: the same id always has the same one."""
    number = int(identifier[:16], 16)
    first = _FIRST[number % len(_FIRST)]
    second = _SECOND[number // len(_FIRST) % len(_SECOND)]
    return f"{first}-{second}-{identifier[-4:]}"
