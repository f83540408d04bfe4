"""What the engine asks of the world: Protocols, one word each for port, adapter and fake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:  # ports are signatures: what they speak of is imported by who uses it
    from gitpromote.errors import GitpromoteError
    from gitpromote.model.candidate import ChartFacts, ImageFacts
    from gitpromote.model.policy_base import Policy
    from gitpromote.model.record import Record
    from gitpromote.model.render import Rendered, RendererTool, RenderJob
    from gitpromote.model.secret import Secret
    from gitpromote.model.state import LedgerState
    from gitpromote.model.tree import Entry
    from gitpromote.policy.judged import Judged
    from gitpromote.policy.scene import Scene
    from gitpromote.render.memo import Memo

T = TypeVar("T")


class Clock(Protocol):
    """The time. Whole epoch seconds."""

    def now(self) -> int:
        """The wall clock."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a test's clock may only count."""
        ...


class Reporter(Protocol):
    """Who is told what goes on: a terminal, an event stream, a notebook, or nobody."""

    def event(self, kind: str, **data: Any) -> None:
        """Something happened; ``data`` is JSON-able. Never raises, never prints by itself."""
        ...


class SilentReporter:
    """A Reporter that tells nobody."""

    def event(self, kind: str, **data: Any) -> None:
        """Nothing."""


class CommitFacts(NamedTuple):
    """A commit as it was read. Times are epoch seconds.

    :ivar trailers: the last one of each name wins
    """

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    committed_at: int
    subject: str
    message: str
    trailers: Mapping[str, str]
    committer: str = ""


class NewCommit(NamedTuple):
    """A commit to be made without a work tree.

    :ivar parent: an id, the place of an earlier commit of the same call, or ``None`` for a root commit
    :ivar changes: path to (mode, bytes), or ``None`` to remove; everything else stays as in the parent
    """

    parent: str | int | None
    changes: Mapping[str, tuple[str, bytes] | None]
    message: str
    identity: str
    at: int


class RefChange(NamedTuple):
    """A ref to be moved by compare-and-swap.

    :ivar new: ``None`` deletes it
    :ivar expected: the id that it must have; ``None``: it must not exist
    """

    ref: str
    new: str | None
    expected: str | None


#: ``written`` is ours; ``same``: the ref had that id already, so look; ``lost``: another id was there;
#: ``refused``: a hook or a rule said no; ``untried``: left out because another one of the batch failed.
PushStatus = Literal["written", "same", "lost", "refused", "untried", "apart"]


class PushAnswer(NamedTuple):
    """What a remote said about one ref; ``words`` are its own, ``code`` says in kebab-case why it refused.

    ``apart``: nothing was moved, since the remote cannot move all of them at once.
    """

    status: PushStatus
    words: str = ""
    code: str = ""


class Repository(Protocol):
    """One Git repository: its refs as the remote has them, its objects, and writes by compare-and-swap."""

    key: str
    url: str

    @property
    def object_format(self) -> str:
        """``sha1`` or ``sha256``."""
        ...

    @property
    def canonical(self) -> str:
        """Host and path in the one spelling that counts for Freight."""
        ...

    def fetch(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """The remote's refs that the patterns name, now; with their objects."""
        ...

    def refs(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """The remote's refs that the patterns name, now; nothing is fetched."""
        ...

    def default_ref(self) -> str | None:
        """The full name of the ref that the remote's ``HEAD`` names, as last fetched."""
        ...

    def resolve(self, revision: str) -> str:
        """A branch, tag or (short) commit id as a full commit id."""
        ...

    def ensure(self, commits: Iterable[str]) -> None:
        """Have these commits here, whether a ref leads to them or not."""
        ...

    def listing(self, commit: str) -> Mapping[str, Entry]:
        """Every file and folder of a commit, by path."""
        ...

    def trees(self, expressions: Sequence[str]) -> Sequence[Mapping[str, Entry] | None]:
        """The direct entries of trees, by expressions such as ``<commit>:<path>``; ``None`` where there is none."""
        ...

    def folders(self, places: Sequence[tuple[str, str]], *, keep: Collection[str]) -> Sequence[str | None]:
        """The id of the folder at each (commit, path), the kept names in it left out.

        The empty tree's where there is no folder; ``None`` where something is kept further down.
        """
        ...

    def files(self, places: Sequence[tuple[str, str]]) -> Sequence[Mapping[str, Entry]]:
        """The files below the folder at each (commit, path), by their path in it; none where there is no folder."""
        ...

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of files by their ids, verbatim."""
        ...

    def texts(self, expressions: Sequence[str]) -> Sequence[bytes | None]:
        """The bytes of files by expressions such as ``<commit>:<path>``; ``None`` where there is none."""
        ...

    def commits(self, oids: Sequence[str]) -> Mapping[str, CommitFacts]:
        """What is known of these commits."""
        ...

    def log(
        self,
        head: str,
        *,
        since: str | None = None,
        paths: Sequence[str] = (),
        limit: int | None = None,
        first_parent: bool = False,
    ) -> Sequence[CommitFacts]:
        """The commits that lead to ``head``, newest first.

        :param first_parent: those alone that the branch itself went through; one that joins others counts for all that
            it brought
        """
        ...

    def changed_paths(self, head: str, since: str | None) -> Sequence[str]:
        """The files that differ between two commits, deleted ones too; a rename is two. ``None``: all of ``head``."""
        ...

    def peeled(self, oids: Iterable[str]) -> Mapping[str, str | None]:
        """The commit that each tag leads to, or ``None`` where it leads to something else; a commit is its own."""
        ...

    def is_ancestor(self, commit: str, head: str) -> bool:
        """Whether ``head`` contains ``commit``."""
        ...

    def unsigned(self, commits: Sequence[str], *, allowed: bytes) -> Mapping[str, str]:
        """Of these commits those without a sound signature by an allowed signer, each with why not."""
        ...

    def write(self, commits: Iterable[NewCommit]) -> Sequence[str]:
        """Make commits; no ref of the remote changes. From an iterator each is written while the next one is made."""
        ...

    def push(
        self, changes: Sequence[RefChange], *, atomic: bool = True, in_turn: bool = True
    ) -> Mapping[str, PushAnswer]:
        """Move refs, all or none if ``atomic``.

        :param in_turn: where the remote cannot do that: the last one after all the others; otherwise none is moved
        """
        ...


class SignatureBlob(NamedTuple):
    """Bytes that a registry keeps as an image's signature.

    :ivar media_type: of the bytes
    :ivar signature: base64, where it stands beside the bytes and not in them
    :ivar certified: whether a certificate stands beside it, so that no key of ours made it
    """

    media_type: str
    body: bytes
    signature: str = ""
    certified: bool = False


class Registry(Protocol):
    """Registries of images and charts: reads only. What was read is kept, and asked for again by its ETag or digest."""

    def tags(self, repository: str) -> Sequence[str]:
        """All tags of an image's repository, or of a chart's behind ``oci://``, in no order that counts.

        :raises GitpromoteError: it cannot be reached, refuses, or answers with something else
        """
        ...

    def image(self, repository: str, tag: str, *, platform: str | None = None, fresh: bool = True) -> ImageFacts:
        """What a tag names now. The labels and the time are of the given platform, or of the first that is real.

        :param fresh: otherwise what it named when it was first seen will do, which costs no request
        """
        ...

    def seen(self, repository: str, tag: str) -> str | None:
        """The digest that a tag, or a chart's version, had when it was last asked for. Nothing is asked."""
        ...

    def charts(self, repository: str, *, name: str | None) -> Sequence[ChartFacts]:
        """Every version of a chart that the index of a chart repository lists, in its order."""
        ...

    def chart(self, repository: str, version: str, *, fresh: bool = True) -> ChartFacts:
        """One version of a chart behind ``oci://``; ``+`` of a version is ``_`` in its tag."""
        ...

    def archive(self, address: str, version: str, *, digest: str | None) -> bytes:
        """The archive of one version of a chart, proven by its digest; asked for once, then it is kept.

        :param address: of the chart, its name included
        :param digest: of the manifest (``oci://``) or of the archive; ``None``: whatever it was when it was first seen
        :raises GitpromoteError: it is not there, is another one now, or is no chart of this name and version
        """
        ...

    def signatures(self, repository: str, digest: str) -> Sequence[SignatureBlob]:
        """Everything that is stored beside an image as its signature, in whatever format; nothing is verified."""
        ...

    def together(self, questions: Sequence[Callable[[], T]]) -> Sequence[T | GitpromoteError]:
        """Ask many questions at once, each a call of these methods; a failure stands in its place."""
        ...


class Ledger(Protocol):
    """The Pipeline's history in its home repository."""

    ref: str

    def read(self, head: str | None) -> LedgerState:
        """The state at a commit of the ledger: what follows from its log."""
        ...

    def published(self, head: str) -> LedgerState:
        """The state that the tree of a commit of the ledger shows, for people and for other programs."""
        ...

    def records(self, head: str | None, *, since: str | None = None) -> Sequence[Record]:
        """The Records between two commits of the ledger, oldest first."""
        ...

    def plan_bytes(self, head: str | None, plan: str) -> bytes | None:
        """A plan document that was recorded, by its full digest."""
        ...

    def plans(self, head: str | None) -> Sequence[str]:
        """The full digests of all recorded plans."""
        ...

    def prepare(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> tuple[Sequence[NewCommit], LedgerState]:
        """The commits that append Records, each once, and the state after them."""
        ...

    def commits(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> Iterator[NewCommit]:
        """The same commits, each made when it is asked for."""
        ...


class KeptRender(NamedTuple):
    """A render as the cache keeps it: ids and facts, the bytes beside it by their ids.

    :ivar files: path to mode and blob id
    :ivar sensitive: paths with a value that must not be shown
    :ivar secrets: titles of Secrets whose values can be read by anyone
    :ivar random: path to the places in its object that a second render gave differently
    """

    files: Mapping[str, Entry]
    random: Mapping[str, tuple[tuple[str | int, ...], ...]]
    sensitive: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class RenderCache(Protocol):
    """Renders by their key, private to the user."""

    def get(self, key: str) -> KeptRender | None:
        """The render of a key, if it is whole."""
        ...

    def put(self, key: str, kept: KeptRender, contents: Mapping[str, bytes]) -> None:
        """Keep a render and the bytes of its files by blob id."""
        ...

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of rendered files; ids that are not there are left out."""
        ...

    def memo(self, name: str) -> Memo:
        """What the last plan of this name learnt; empty if there was none."""
        ...

    def keep_memo(self, name: str, memo: Memo) -> None:
        """Keep it for the next plan."""
        ...


class Signing(Protocol):
    """SSH signatures, made and checked by the user's own tools."""

    def sign(self, data: bytes, *, key: str | None) -> str:
        """An armoured signature, by this key or the one that git signs with."""
        ...

    def verify(self, data: bytes, signature: str, *, identity: str, allowed: bytes | None) -> str | None:
        """The fingerprint of the key that signed, if it is allowed for that identity; otherwise ``None``.

        :param allowed: the allowed signers; ``None``: any key, as long as the signature is sound
        """
        ...


class Rendering(Protocol):
    """The renderers of this machine."""

    def tools(self, names: Iterable[str], *, versions: Mapping[str, str]) -> tuple[RendererTool, ...]:
        """The tools of these names, in the versions that are asked for."""
        ...

    def render(
        self, jobs: Sequence[RenderJob], *, on_done: Callable[[str], None] | None = None
    ) -> Sequence[Rendered | Exception]:
        """Run many renders; a failed one is an error in its place."""
        ...


# -- what gates ask


class WebRequest(NamedTuple):
    """A question to a server that a definition names.

    :ivar doing: what it is for, as errors say it
    :ivar headers: texts, or references that are resolved where the question is sent
    :ivar auth: a bearer token
    :ivar timeout: for the whole answer, in seconds
    :ivar limit: bytes that the answer may have
    :ivar follows: whether redirects within the same server are followed; otherwise one is the answer
    """

    url: str
    doing: str
    headers: Mapping[str, str | Secret]
    auth: Secret | None
    timeout: float
    method: str = "GET"
    limit: int = 1 << 20
    follows: bool = True


class WebAnswer(NamedTuple):
    """What came back, whatever its status. Headers by names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web(Protocol):
    """Servers that definitions name. Asked once per call; credentials go to the named host alone."""

    def ask(self, request: WebRequest) -> WebAnswer:
        """The answer.

        :raises GitpromoteError: there is none, or a secret is not there
        """
        ...


class Keys(Protocol):
    """Public keys of those who sign images."""

    def made_by(self, key: bytes, signature: bytes, signed: bytes, *, hashed: bool) -> bool:
        """Whether a signature is sound and by this key, a PEM file's bytes.

        :param hashed: ``signed`` is the sha256 of what was signed
        :raises ConfigurationError: it is no key, or the library that reads keys is not there
        """
        ...


class JobFacts(NamedTuple):
    """A Job in a cluster. ``words`` are the cluster's own.

    :ivar state: ``suspended``: somebody has to let it run; ``ending``: somebody deleted it, and it is there still
    """

    state: Literal["running", "complete", "failed", "absent", "suspended", "ending"]
    words: str = ""


class Cluster(Protocol):
    """One cluster, as a kubeconfig's context names it."""

    def job(self, namespace: str, name: str) -> JobFacts:
        """What a Job has come to.

        :raises GitpromoteError: the cluster cannot be reached, or refuses
        """
        ...

    def start_job(self, manifest: Mapping[str, Any]) -> JobFacts:
        """Create a Job, or find that it is there already."""
        ...


class GateFunctions(Protocol):
    """Functions of the user that judge: run in a Python of their own, over plain data."""

    def call(self, function: str, *, file: str, code: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it said: ``status``, ``message``, ``operands``.

        :param file: where it stands, ``code``: the digest of that file's bytes
        :raises GitpromoteError: it raised, took too long, or gave something else
        """
        ...


class Outside(Protocol):
    """Whom gates ask. Each is made when the first gate needs it."""

    @property
    def web(self) -> Web:
        """Servers over HTTP."""
        ...

    @property
    def keys(self) -> Keys:
        """Public keys of images."""
        ...

    @property
    def functions(self) -> GateFunctions:
        """Functions of the user."""
        ...

    def cluster(self, context: str | None) -> Cluster:
        """The cluster of a kubeconfig's context; ``None``: the current one."""
        ...


# -- what policies ask


class PolicyPrograms(Protocol):
    """Programs and functions outside of this process that judge what would be written."""

    def judge(self, policy: Policy, scene: Scene, texts: Mapping[str, str]) -> Judged:
        """What it said.

        :param texts: path to text of the policy's own files
        :raises GitpromoteError: it is not here, hangs, fails, or says what nobody can read
        """
        ...
