"""A small world in values: a Pipeline, its Freight, what its targets hold and what they would hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gitpromote import App, Branch, Environment, Pipeline, Plain
from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import Content, EnvironmentObservation, Observation
from gitpromote.model.plan import (
    Basis,
    Engine,
    LedgerBasis,
    Plan,
    PlannedPipeline,
    PlannedSource,
    RepositoryBasis,
    Request,
    Tool,
)
from gitpromote.model.state import Content as Recorded
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState, Verified
from gitpromote.model.tree import Entry, blob_id, tree_id
from gitpromote.planning.planner import plan
from gitpromote.render.parse import parse_manifests

AS_OF = 1763600040
REPOSITORY = "git.example/acme/gitops"
HEADS = {"test": "1" * 40, "prod": "2" * 40}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop\ndata:\n  v: '{value}'\n"


class Small:
    """Makes the values that the planner takes."""

    as_of = AS_OF

    def pipeline(self, *environments: Environment, **members: Any) -> Pipeline:
        given = {"apps": [App("shop", Plain("deploy/$env"))], "target": Branch("env/$env"), **members}
        names = environments or (Environment("test"), Environment("prod"))
        return Pipeline(given.pop("name", "shop"), environments=list(names), **given)

    def freight(self, number: int = 1, *, warehouse: str = "shop", image: bool = True) -> Freight:
        """Freight number so-and-so: a commit, and an image with a digest."""
        commit = CommitArtifact(repository=REPOSITORY, commit=f"{number:040x}")
        pinned = ImageArtifact.parse(f"ghcr.io/acme/shop:1.{number}.0@sha256:{number:064x}")
        return Freight.of(warehouse, [commit, *([pinned] if image else [])], subject=f"number {number}", author="Lea")

    def config(self, name: str = "c", value: str = "1") -> str:
        return CONFIG.format(name=name, value=value)

    def content(self, files: Mapping[str, str | bytes]) -> Content:
        """What a target holds."""
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        entries = {path: Entry("100644", blob_id(one)) for path, one in data.items()}
        manifests = [m for path, one in data.items() for m in parse_manifests(one, file=path).manifests.values()]
        tree = tree_id(entries)
        return Content(tree=tree, whole=tree, files=entries, manifests=ManifestSet.from_iterable(manifests))

    def observed(
        self,
        name: str,
        before: Mapping[str, str | bytes],
        after: Mapping[str, str | bytes],
        *,
        freight: Freight | None = None,
        **members: Any,
    ) -> EnvironmentObservation:
        """An Environment whose target holds ``before`` and would hold ``after``."""
        moving = freight or self.freight()
        current, desired = self.content(before), self.content(after)
        source = PlannedSource(
            app="shop",
            repository="home",
            commit=f"{1:040x}",
            path="deploy",
            inputs="sha256:" + "0" * 64,
            renderer="plain",
        )
        given = {
            "freight": {moving.warehouse: moving},
            "head": HEADS.get(name) if before else None,
            "current": current,
            "desired": desired,
            "reads": (("", "tree" if before else "absent", current.tree if before else None),),
            "sources": (source,),
            **members,
        }
        return EnvironmentObservation(name=name, **given)

    def holding(
        self, name: str, freight: Freight, tree: str, *, at: int = AS_OF - 60, **members: Any
    ) -> EnvironmentState:
        """The state of an Environment that holds, and has verified, this Freight."""
        content = Recorded(record="r", kind="written", at=at, tree=tree, ref=f"refs/heads/env/{name}", commit="3" * 40)
        given = {
            "generation": 1,
            "freight": {freight.warehouse: freight.id},
            "content": content,
            "verified": {freight.id: Verified(at=at, record="v")},
            **members,
        }
        return EnvironmentState(name=name, **given)

    def ledger(self, *environments: EnvironmentState, freight: tuple[Freight, ...] = ()) -> LedgerState:
        states = {one.id: FreightState(freight=one, created_at=AS_OF, sequence=at) for at, one in enumerate(freight, 1)}
        return LedgerState(head="e" * 40, environments={one.name: one for one in environments}, freight=states)

    def observation(
        self,
        *environments: EnvironmentObservation,
        ledger: LedgerState | None = None,
        blobs: tuple[str | bytes, ...] = (),
    ) -> Observation:
        data = [text.encode() if isinstance(text, str) else text for text in blobs]
        refs = {f"refs/heads/env/{one.name}": one.head for one in environments}
        return Observation(
            as_of=AS_OF,
            basis=Basis(
                repositories={"home": RepositoryBasis(url="https://git.example/acme/gitops.git", refs=refs)},
                ledger=LedgerBasis(head=ledger.head if ledger else None, generations={}),
            ),
            ledger=ledger or LedgerState(),
            environments={one.name: one for one in environments},
            blobs={blob_id(one): one for one in data},
            tools=(Tool(name="kustomize", version="5.8.1"),),
        )

    def plan(
        self, pipeline: Pipeline, observation: Observation, *, request: Request | None = None, **members: Any
    ) -> Plan:
        described = PlannedPipeline(
            name=pipeline.name, definition=pipeline.to_data(), definition_digest=pipeline.definition_digest
        )
        engine = Engine(version="0.1.0")
        return plan(pipeline, request or Request(), observation, engine=engine, described=described, **members)

    def example(self) -> Plan:
        """A plan with something of everything: text and other bytes, ready and waiting, update, create and delete."""
        before = {"a.yaml": self.config("a"), "gone.yaml": self.config("gone")}
        after = {
            "a.yaml": self.config("a", "2 ☃ \u2028 é"),
            "logo.bin": b"\xff\x00\xfe",
            "new.yaml": self.config("new"),
        }
        after = {path: text for path, text in after.items() if path != "logo.bin"}
        current = self.content(before)
        first = self.freight(1)
        ledger = self.ledger(self.holding("test", first, current.tree), freight=(first,))
        environments = [
            self.observed("test", before, after, freight=self.freight(2)),
            self.observed("prod", {}, after, freight=self.freight(2)),
        ]
        return self.plan(
            self.pipeline(),
            self.observation(*environments, ledger=ledger, blobs=tuple(after.values())),
        )


@pytest.fixture(scope="session")
def small() -> Small:
    """Makes small values."""
    return Small()
