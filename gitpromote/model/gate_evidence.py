"""Gates that ask somebody else: a metric, a server, a forge, a Job, a signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, InstanceOf

from gitpromote.model.fields import Number, OneOrMany, Seconds
from gitpromote.model.gate import Gate
from gitpromote.model.names import clean_path, path_problem, quoted, shown
from gitpromote.model.problems import Fault
from gitpromote.model.secret import Secret
from gitpromote.model.secret_names import name_holds_secret

__all__ = ["HTTP", "Checks", "CommitSignature", "ImageSignature", "Job", "Prometheus"]

# A default is not converted: it stands here as it is kept.
_TEN_SECONDS: Any = 10
_TEN_MINUTES: Any = 600

if TYPE_CHECKING:
    Headers: TypeAlias = Mapping[str, str | Secret]
else:
    Headers = dict[str, str | InstanceOf[Secret]]


class Prometheus(Gate):
    """The value of a query stays within bounds.

    :param url: the server, ``https://…``
    :param query: PromQL; ``$env`` and ``$upstream`` are substituted, names that are not ours stay as they are
    :param over: the range that the query reads: judged once it lies wholly after the arrival upstream
    :param below: the value must be less
    :param above: the value must be more
    :param auth: a bearer token
    """

    kind: ClassVar[str] = "prometheus"
    asks: ClassVar[bool] = True
    queries: ClassVar[tuple[str, ...]] = ("url", "query")

    url: str = Field(kw_only=False)
    query: str
    over: Seconds | None = None
    below: Number | None = None
    above: Number | None = None
    auth: InstanceOf[Secret] | None = None
    name: str = "prometheus"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _url_faults(self.url)
        if not self.query.strip():
            yield Fault("expression-empty", "the query is empty", "", "query")
        if self.below is None and self.above is None:
            yield Fault("gate-invalid", "has no bound", 'write below="0.01" or above="0.99"')
        elif self.below is not None and self.above is not None and float(self.above) >= float(self.below):
            told = f"is to be above {self.above} and below {self.below}, which no number is"
            yield Fault("gate-invalid", told, "change one of them", "above")


class HTTP(Gate):
    """A server's answer has the expected status, and says what it shall.

    :param url: ``https://…``; ``$env`` and ``$upstream`` are substituted
    :param method: ``GET`` or ``POST``
    :param expect: the status
    :param success: what must be true of the answer, in CEL, such as ``"answer.ready == true"``: ``answer`` is its JSON,
        beside ``status`` and ``headers``
    :param headers: texts, or references to secrets
    :param auth: a bearer token
    :param timeout: how long to wait for the answer
    """

    kind: ClassVar[str] = "http"
    asks: ClassVar[bool] = True
    queries: ClassVar[tuple[str, ...]] = ("url",)

    url: str = Field(kw_only=False)
    method: Literal["GET", "POST", "HEAD"] = "GET"
    expect: int = 200
    success: str | None = None
    headers: Headers = Field(default_factory=dict)
    auth: InstanceOf[Secret] | None = None
    timeout: Seconds = _TEN_SECONDS
    name: str = "http"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _url_faults(self.url)
        if not 100 <= self.expect <= 599:
            yield Fault("number-invalid", f"expect is {self.expect}, which is no status", "", "expect")
        if self.success is not None and not self.success.strip():
            yield Fault("expression-empty", "success is empty", 'leave it out, or write "answer.ready"', "success")
        for name, value in self.headers.items():
            secret = name.lower() in ("authorization", "cookie") or name_holds_secret(name)
            if secret and not isinstance(value, Secret):
                hint = f'write headers={{{quoted(name)}: SecretEnv("NAME")}}'
                yield Fault("literal-secret", f"the header {quoted(name)} is written out", hint, "headers")


class Checks(Gate):
    """The forge's checks of the source commit have passed.

    :param names: the checks, as the forge names them; default: all that there are
    """

    kind: ClassVar[str] = "checks"

    names: OneOrMany = Field(default=(), kw_only=False)
    name: str = "checks"


class Job(Gate):
    """A Kubernetes Job of the sources runs to its end upstream.

    :param path: its manifest; ``$env`` and ``$upstream`` are substituted
    :param context: the kubeconfig's context; ``$env`` and ``$upstream`` are substituted; default: of upstream's agent
    :param timeout: how long it may take
    """

    kind: ClassVar[str] = "job"
    asks: ClassVar[bool] = True
    path_fields: ClassVar[tuple[str, ...]] = ("path", "context")

    path: str = Field(kw_only=False)
    context: str | None = None
    timeout: Seconds = _TEN_MINUTES
    name: str = "job"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        if reason := path_problem(self.path):
            yield Fault("path-invalid", f"the path {shown(self.path)} {reason}", "", "path")
        if self.context is not None and not self.context.strip():
            yield Fault("context-invalid", "context is empty", "leave it out for that of upstream's agent", "context")


class CommitSignature(Gate):
    """Every commit of the Freight is signed by somebody who may.

    :param signers: a file of allowed signers in the home repository; default: the Pipeline's
    """

    kind: ClassVar[str] = "commit-signature"
    asks: ClassVar[bool] = True

    signers: str | None = None
    name: str = "commit-signature"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        yield from _file_faults("signers", self.signers)


class ImageSignature(Gate):
    """Every image of the Freight is signed, by a key or by an identity.

    :param key: a public key in the home repository
    :param images: ``freight``, or ``rendered``: every image that the pods would run, those beside the Freight too; each
        needs a digest
    :param identity: who signed, for keyless signatures
    :param issuer: who vouches for the identity
    """

    kind: ClassVar[str] = "image-signature"
    asks: ClassVar[bool] = True

    key: str | None = None
    images: Literal["freight", "rendered"] = "freight"
    identity: str | None = None
    issuer: str | None = None
    name: str = "image-signature"

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        keyless = self.identity is not None and self.issuer is not None
        if (self.key is None) != keyless or (self.key is not None and (self.identity or self.issuer)):
            yield Fault("gate-invalid", "says not who signs", "give key=, or identity= and issuer=")
        yield from _file_faults("key", self.key)


def _file_faults(field: str, path: str | None) -> Iterable[Fault]:
    if path is None:
        return
    if reason := path_problem(path) or ("" if clean_path(path) else "is the repository itself"):
        yield Fault("path-invalid", f"{field} {shown(path)} {reason}", "name a file of the home repository", field)


def _url_faults(url: str) -> Iterable[Fault]:
    if not url.startswith(("https://", "http://")) or any(sign.isspace() for sign in url):
        hint = f"write {quoted('https://' + url)}" if "://" not in url and url.strip() == url and url else ""
        yield Fault("address-invalid", f"{shown(url)} is not the address of a server", hint, "url")
