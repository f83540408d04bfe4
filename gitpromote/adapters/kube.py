"""Clusters, by the one dynamic client: Jobs looked at and created, nothing else.

What the client learns of a cluster's kinds is kept in the user's private cache, never in its shared default place.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from gitpromote.errors import AccessDenied, ConfigurationError, GitpromoteError, RemoteFailed
from gitpromote.ports import JobFacts

__all__ = ["KubeCluster"]

T = TypeVar("T")
_SECONDS = 30  # for one question
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_UNFIT = (400, 422)
#: Of what is forbidden: that nobody gave the right to. Quotas and webhooks forbid in other words.
_LACKING = " cannot "


class KubeCluster:
    """A :class:`~gitpromote.ports.Cluster`. Safe to share between threads.

    :param context: of the kubeconfig; ``None``: the current one, or the cluster that this runs in
    :param cache_dir: the user's private cache
    """

    def __init__(self, context: str | None, *, cache_dir: Path) -> None:
        self._context = context
        self._cache_dir = cache_dir
        self._jobs: Any = None
        self._lock = threading.Lock()

    def job(self, namespace: str, name: str) -> JobFacts:
        """What a Job has come to.

        :raises GitpromoteError: ``cluster-unknown``, ``cluster-unreachable``, ``cluster-access-denied``,
            ``cluster-refused``
        """

        def look() -> JobFacts:
            found = self._client().get(name=name, namespace=namespace, _request_timeout=_SECONDS)
            return _facts(found.to_dict())

        return self._asked(f"look at the Job {namespace}/{name}", look, {_NOT_FOUND: JobFacts(state="absent")})

    def start_job(self, manifest: Mapping[str, Any]) -> JobFacts:
        """Create a Job; what it has come to. Where one of its name is there, somebody else was faster with the same."""
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]

        def create() -> JobFacts | None:
            made = self._client().create(body=dict(manifest), namespace=namespace, _request_timeout=_SECONDS)
            return _facts(made.to_dict())

        made = self._asked(f"start the Job {namespace}/{name}", create, {_CONFLICT: None})
        return made if made is not None else self.job(namespace, name)

    def _client(self) -> Any:
        with self._lock:
            return self._opened()

    def _opened(self) -> Any:
        if self._jobs is None:
            from kubernetes.dynamic import DynamicClient

            client = _api_client(self._context)
            folder = self._cache_dir / "kubernetes"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            server = hashlib.sha256(client.configuration.host.encode()).hexdigest()[:32]
            dynamic: Any = _untyped(DynamicClient)(client, cache_file=str(folder / f"kinds-{server}.json"))
            self._jobs = dynamic.resources.get(api_version="batch/v1", kind="Job")
        return self._jobs

    def _asked(self, doing: str, question: Callable[[], T], expected: Mapping[int, T]) -> T:
        from kubernetes.client.exceptions import ApiException
        from kubernetes.config.config_exception import ConfigException
        from kubernetes.dynamic.exceptions import DynamicApiError, ResourceNotFoundError
        from urllib3.exceptions import HTTPError

        where = f"the context {self._context}" if self._context else "the current context"
        try:
            return question()
        except ConfigException as error:
            raise ConfigurationError(
                "The cluster of a gate is not known here",
                code="cluster-unknown",
                detail=f"{doing}\n  {where}: {_one_line(error)}",
                hint="Compare KUBECONFIG:\n  kubectl config get-contexts",
            ) from None
        except (ApiException, DynamicApiError) as error:
            status = int(error.status or 0)
            if status in expected:
                return expected[status]
            raise _refused(doing, where, status, _words(error)) from None
        except ResourceNotFoundError:
            raise _refused(doing, where, 0, "it knows no Jobs of batch/v1") from None
        except (ValueError, LookupError, TypeError, AttributeError):  # how the library fails at what is no API
            raise _refused(doing, where, 0, "what answers there is not Kubernetes") from None
        except (HTTPError, OSError) as error:
            raise RemoteFailed(
                "A cluster cannot be reached",
                code="cluster-unreachable",
                detail=f"{doing}\n  {where}: {_cause(error)}",
                hint="Compare the context, the network and the proxy settings, and try again.",
            ) from None


def _api_client(context: str | None) -> Any:
    from kubernetes import client, config

    settings = client.Configuration()
    if context is None and "KUBERNETES_SERVICE_HOST" in os.environ and not os.environ.get("KUBECONFIG"):
        _untyped(config.load_incluster_config)(client_configuration=settings)
    else:
        # The library reads the variable once, when it is imported.
        file = os.environ.get("KUBECONFIG") or None
        load = _untyped(config.load_kube_config)
        load(config_file=file, context=context, client_configuration=settings, persist_config=False)
    settings.retries = False  # who asks asks again
    return client.ApiClient(settings)


def _untyped(callable_: Any) -> Any:
    """What the library does not annotate, for the type checker."""
    return callable_


def _facts(job: Mapping[str, Any]) -> JobFacts:
    """What the conditions of a Job say: ``Complete`` and ``Failed`` are its ends, all others come and go.

    https://kubernetes.io/docs/concepts/workloads/controllers/job/
    """
    conditions = (job.get("status") or {}).get("conditions") or ()
    true = {one.get("type"): one for one in conditions if one.get("status") == "True"}
    if "Failed" in true:
        words = ": ".join(str(true["Failed"][key]) for key in ("reason", "message") if true["Failed"].get(key))
        return JobFacts(state="failed", words=words[:300])
    if "Complete" in true:
        return JobFacts(state="complete")
    if (job.get("metadata") or {}).get("deletionTimestamp"):
        return JobFacts(state="ending")
    suspended = "Suspended" in true or bool((job.get("spec") or {}).get("suspend"))
    return JobFacts(state="suspended" if suspended else "running")


def _refused(doing: str, where: str, status: int, words: str) -> GitpromoteError:
    detail = f"{doing}\n  {where}: {words}" + (f" ({status})" if status else "")
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        hint = "The identity needs get and create on jobs.batch there." if _LACKING in words else ""
        hint = "Its credentials are not accepted: log in there again." if status == _UNAUTHORIZED else hint
        return AccessDenied("A cluster denies access", code="cluster-access-denied", detail=detail, hint=hint)
    hint = "Mend the Job's manifest: the cluster takes none like it." if status in _UNFIT else ""
    return RemoteFailed("A cluster refuses", code="cluster-refused", detail=detail, hint=hint)


def _words(error: Any) -> str:
    """The server's own message."""
    body = error.body
    try:
        told = json.loads(body if isinstance(body, str | bytes) else "")
    except ValueError:
        told = None
    message = told.get("message") if isinstance(told, dict) else None
    return " ".join(str(message or error.reason or "no reason is given").split())[:300]


def _cause(error: BaseException) -> str:
    """The operating system's words, below what libraries wrap around them."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        if not isinstance(seen, BaseException):
            break
    return _one_line(error)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
