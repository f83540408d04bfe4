"""Apps: what is rendered for each Environment, and where from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import Field, InstanceOf

from gitpromote.model.definition import Definition, name_faults
from gitpromote.model.edits import Edit, Pin
from gitpromote.model.fields import Many, OneOrMany
from gitpromote.model.limits import Limits
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Renderer
from gitpromote.model.subscription import address_faults

__all__ = ["App"]


class App(Definition):
    """One thing that is rendered per Environment: a chart, an overlay, a folder.

    :param name: an RFC 1123 label
    :param renderer: what makes its manifests
    :param edits: how the Freight's versions get into its sources; kustomize images are set without one
    :param after: Apps that are synced and healthy before this one, within an Environment
    :param repo: the repository of its sources; default: the home repository
    :param pin: what of an image is written; default: the Pipeline's
    :param allow_plaintext_secrets: let Secrets with readable values be written to Git
    :param limits: what a render of it may take; default: two minutes, 64 MiB
    """

    kind: ClassVar[str] = "app"
    means: ClassVar[str] = 'an App such as App("shop", Kustomize("deploy/overlays/$env"))'

    name: str = Field(kw_only=False)
    renderer: InstanceOf[Renderer] = Field(kw_only=False)
    edits: Many[InstanceOf[Edit]] = ()
    after: OneOrMany = ()
    repo: str | None = None
    pin: Pin | None = None
    allow_plaintext_secrets: bool = False
    limits: InstanceOf[Limits] | None = None

    def to_data(self) -> dict[str, Any]:
        """Plain data; limits only where there are any, so that definitions without keep their digests."""
        data = super().to_data()
        if data["limits"] is None:
            del data["limits"]
        return data

    def _faults(self) -> Iterable[Fault]:
        yield from name_faults("name", self.name)
        if self.repo is not None:
            yield from address_faults(self.repo)
