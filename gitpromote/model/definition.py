"""What every definition is: a frozen value that is checked when it is made, shown in one line, and plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, ValidationError
from pydantic_core import PydanticUndefined

from gitpromote.errors import Problem
from gitpromote.model import members as of_members
from gitpromote.model import wording
from gitpromote.model.base import Value
from gitpromote.model.canonical import plain_number
from gitpromote.model.literals import unfit_texts
from gitpromote.model.names import label_for, label_problem, quoted, shown
from gitpromote.model.problems import Fault, Place, current_collection, report, user_place
from gitpromote.model.substitute import unknown_names

#: What paths, branches, contexts and queries may name, beside labels.
NAMES = ("env", "app", "upstream")

__all__ = ["Definition", "from_data", "name_faults", "problem", "texts"]

_set = object.__setattr__


class _Signature:
    """The signature that a notebook shows: built when it is asked for, since few ask."""

    def __get__(self, instance: object, owner: type[Definition]) -> Signature:
        positional = owner.positional_fields()
        kinds = dict.fromkeys(positional, Parameter.POSITIONAL_OR_KEYWORD)
        return Signature(
            [
                Parameter(
                    name,
                    kinds.get(name, Parameter.KEYWORD_ONLY),
                    default=Parameter.empty if field.is_required() else field.get_default(call_default_factory=True),
                )
                for name, field in sorted(owner.model_fields.items(), key=lambda item: item[0] not in positional)
            ]
        )


class Definition(Value):
    """The base of all that a pipeline file is made of.

    One or two arguments may be given by position, the others by keyword alone. Whatever is wrong is told at once.

    :raises ConfigurationError: with every problem that was found; while a pipeline file is read nothing is raised, the
        problems are recorded and the instance is a placeholder
    """

    model_config = ConfigDict(strict=True, defer_build=True)

    __slots__ = ("_flawed", "_meant", "_place", "_unsound")

    #: The word for it in saved data.
    kind: ClassVar[str] = ""
    #: Completes "<field> takes …".
    means: ClassVar[str] = ""
    #: Members in which ``$names`` are substituted: unknown ones are an error in paths and stay as they are in queries.
    path_fields: ClassVar[tuple[str, ...]] = ()
    queries: ClassVar[tuple[str, ...]] = ()

    _positional: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, /, *arguments: Any, **members: Any) -> None:
        _set(self, "_place", user_place())
        faults = self._take_positional(arguments, members) if arguments else []
        unfit = unfit_texts(members)
        if unfit:
            faults += unfit
        else:
            try:
                self.__pydantic_validator__.validate_python(members, self_instance=self)
            except ValidationError as error:
                faults += wording.faults(type(self), error)
            else:
                faults += self._faults()
                if self.path_fields:
                    faults += self._unknown_names()
        if faults:
            self._fail(faults, members)
        elif current_collection() and _holds_flawed(self.__dict__.values()):
            _set(self, "_flawed", True)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__signature__ = _Signature()  # type: ignore[assignment]

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build what pydantic puts off until a class is used; our signature stands instead of its own."""
        done = super().model_rebuild(**options)
        cls.__signature__ = _Signature()  # type: ignore[assignment]
        return done

    @classmethod
    def positional_fields(cls) -> tuple[str, ...]:
        """The fields that may be given by position, in order."""
        known = cls.__dict__.get("_positional")
        if known is None:
            known = tuple(name for name, field in cls.model_fields.items() if field.kw_only is False)
            cls._positional = known
        return known

    @property
    def place(self) -> Place | None:
        """The file and line that made it, where that is known."""
        known = getattr(self, "_place", None)
        return Place(*known) if known else None

    @property
    def flawed(self) -> bool:
        """Whether it is a placeholder for something that could not be made, or holds one."""
        return getattr(self, "_flawed", False)

    @property
    def unsound(self) -> frozenset[str]:
        """The members of a placeholder that are not what was given: that was wrong."""
        return getattr(self, "_unsound", frozenset())

    @property
    def meant(self) -> str | None:
        """The name that a placeholder was given, however wrong it is; ``None`` where that was no text."""
        return getattr(self, "_meant", None)

    def changed(self, members: Mapping[str, Any]) -> Self:
        """A copy with other members, which are known to be sound: nothing is checked."""
        copy = type(self).__new__(type(self))
        _set(copy, "__dict__", {**self.__dict__, **members})
        for name in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
            _set(copy, name, getattr(self, name))
        return copy

    def to_data(self) -> dict[str, Any]:
        """Plain data (dict, list, str, int, bool, None): every member, defaults too, and its kind."""
        data = {name: value if type(value) in _AS_IT_IS else _plain(value) for name, value in self.__dict__.items()}
        data["kind"] = self.kind
        return data

    def __repr__(self) -> str:
        return f"<{type(self).__name__} that could not be made>" if self.flawed else self._line()

    __str__ = __repr__

    def _line(self) -> str:
        """The line of Python that makes an equal value."""
        return f"{type(self).__name__}({', '.join(self._shown())})"

    def _faults(self) -> Iterable[Fault]:
        """What is wrong although each member has the right type."""
        return ()

    def _unknown_names(self) -> Iterable[Fault]:
        for field in self.path_fields:
            for text in texts(self.__dict__[field]):
                yield from (Fault("unknown-substitution", *told, field=field) for told in unknown_names(text, NAMES))

    def _shown(self) -> list[str]:
        """The arguments that make an equal value, as Python writes them; what is default is left out."""
        positional, shown, by_position = self.positional_fields(), [], True
        for name in (*positional, *(name for name in type(self).model_fields if name not in positional)):
            field = type(self).model_fields[name]
            value = self.__dict__[name]
            if not field.is_required() and _same(value, field.get_default(call_default_factory=True)):
                by_position = False
                continue
            text = of_members.shown(field, value)
            shown.append(text if by_position and name in positional else f"{name}={text}")
        return shown

    @classmethod
    def _take_positional(cls, arguments: tuple[Any, ...], members: dict[str, Any]) -> list[Fault]:
        names = cls.positional_fields()
        if len(arguments) == 1 and names and names[0] not in members:
            members[names[0]] = arguments[0]
            return []
        faults = []
        if len(arguments) > len(names):
            takes = f"{', '.join(names)} by position" if names else "no argument by position"
            faults.append(Fault("too-many-arguments", f"takes {takes}, not {len(arguments)}", "write name=value"))
        for name, value in zip(names, arguments, strict=False):
            if name in members:
                faults.append(Fault("repeated-argument", f"{name} is given twice", f"leave {name}= out"))
            members[name] = value
        return faults

    def _fail(self, faults: Iterable[Fault], members: Mapping[str, Any]) -> None:
        """Tell every fault at the line that made this; live on as a placeholder where problems are collected."""
        faults = list(faults)
        bad = {fault.field for fault in faults}
        sound = of_members.sound_members(type(self), members, bad)
        _set(self, "__dict__", {name: sound.get(name, default) for name, default in of_members.defaults(type(self))})
        _set(self, "__pydantic_fields_set__", set(sound))
        _set(self, "__pydantic_extra__", None)
        _set(self, "__pydantic_private__", None)
        _set(self, "_flawed", True)
        if all(name in sound for name, field in type(self).model_fields.items() if field.is_required()):
            # What is said of the whole may come from a member that is not there now.
            faults += [one for one in self._faults() if one.field and one.field not in bad]
        bad |= {fault.field for fault in faults}
        _set(self, "_unsound", frozenset(bad))
        name = members.get("name")
        _set(self, "_meant", name if isinstance(name, str) else None)
        subject = self._subject({name: value for name, value in sound.items() if name not in bad})
        report([problem(self.place, fault, subject) for fault in faults])

    @classmethod
    def _subject(cls, members: Mapping[str, Any]) -> str:
        name = next((members.get(field) for field in cls.positional_fields()), None)
        return f"{cls.__name__}({quoted(name)})" if isinstance(name, str) and len(name) <= 80 else cls.__name__

    @property
    def subject(self) -> str:
        """How a message names it: ``Environment("prod")``."""
        return self._subject(self.__dict__)


def problem(place: Place | None, fault: Fault, subject: str) -> Problem:
    """A fault with its place and subject, ready to be told."""
    path, line = place or ("", 0)
    return Problem(fault.code, f"{subject}: {fault.message}", path=path, line=line, hint=fault.hint)


def texts(value: Any) -> Iterable[str]:
    """Every text in a member, one after the other."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return [item for item in value.values() if isinstance(item, str)]
    return value or ()


def name_faults(field: str, name: str) -> Iterable[Fault]:
    """What is wrong with a name that goes into refs and paths."""
    reason = label_problem(name)
    if reason is None:
        return ()
    near = label_for(name)
    return [Fault("name-invalid", f"the name {shown(name)} {reason}", f"write {quoted(near)}" if near else "", field)]


def from_data(cls: type[Definition], data: Mapping[str, Any]) -> Any:
    """A definition from its plain data; unknown members are an error."""
    members = {**data}
    members.pop("kind", None)
    for name, reader in _readers(cls).items():
        if name in members:
            members[name] = reader(members[name])
    return cls(**members)


@lru_cache(maxsize=256)
def _readers(cls: type[Definition]) -> dict[str, of_members.Reader]:
    from gitpromote.model.kinds import definition_of

    return of_members.readers(cls, definition_of)


def _same(value: object, default: object) -> bool:
    # True == 1, and a default of 1 must not swallow it.
    return value == default and type(value) is type(default) and default is not PydanticUndefined


def _holds_flawed(values: Iterable[Any]) -> bool:
    return any(
        value.flawed if isinstance(value, Definition) else isinstance(value, list | tuple) and _holds_flawed(value)
        for value in values
    )


#: Most members of a thousand Environments are of these types.
_AS_IT_IS = frozenset({str, bool, int, type(None)})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Definition):
        return value.to_data()
    if isinstance(value, float):
        return plain_number(value)
    return {key: _plain(item) for key, item in value.items()}
