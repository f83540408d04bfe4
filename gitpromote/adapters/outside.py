"""Whom gates ask, each made when the first gate needs it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitpromote.ports import Clock, Cluster, GateFunctions, Keys, Web

__all__ = ["Surroundings"]


class Surroundings:
    """A :class:`~gitpromote.ports.Outside`.

    :param cache_dir: the user's private cache
    :param folder: the pipeline file's folder, from which paths of secrets count
    """

    def __init__(self, *, cache_dir: Path, folder: Path, clock: Clock) -> None:
        self._cache_dir, self._folder, self._clock = cache_dir, folder, clock
        self._web: Web | None = None
        self._clusters: dict[str | None, Cluster] = {}
        self._lock = threading.Lock()

    @property
    def web(self) -> Web:
        """Servers over HTTP."""
        from gitpromote.adapters.secrets import Secrets
        from gitpromote.adapters.web import HttpWeb

        with self._lock:
            self._web = self._web or HttpWeb(secrets=Secrets(folder=self._folder), clock=self._clock)
            return self._web

    @property
    def keys(self) -> Keys:
        """Public keys of images."""
        from gitpromote.adapters.signing_keys import CosignKeys

        return CosignKeys()

    @property
    def functions(self) -> GateFunctions:
        """Functions of the user."""
        from gitpromote.adapters.gate_functions import ChildGates

        return ChildGates()

    def cluster(self, context: str | None) -> Cluster:
        """The cluster of a kubeconfig's context; ``None``: the current one."""
        from gitpromote.adapters.kube import KubeCluster

        with self._lock:
            if context not in self._clusters:
                self._clusters[context] = KubeCluster(context, cache_dir=self._cache_dir)
            return self._clusters[context]
