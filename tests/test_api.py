"""The public API is what tests/api.txt says: names, signatures, fields. `python tests/test_api.py` writes it anew."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec
import pytest

import refkit

PAGE = Path(__file__).with_name("api.txt")
WHAT_TO_DO = """
The public API of refkit is no longer what tests/api.txt says:

{diff}

If a line was removed or changed so that programs that used it break (a name, an option, a field, a default, a type),
this is the next major version (before 1.0: minor), and CHANGELOG.md must say under "Changed" or "Removed" what to write
instead; better keep the old name as well, with a DeprecationWarning. If lines were only added, it is the next minor
version, and CHANGELOG.md must say so under "Added". Then run `python tests/test_api.py`, and commit both files.
"""


def api() -> str:
    """Return the public API as text, one line for each thing that a program may use."""
    return "".join(f"{line}\n" for name in sorted(refkit.__all__) for line in lines_of(name, getattr(refkit, name)))


def lines_of(name: str, thing: Any) -> Iterator[str]:
    if inspect.isclass(thing):
        yield from lines_of_class(name, thing)
    elif callable(thing):
        yield f"def {name}{signature(thing)}"
    else:
        yield f"{name}: {type(thing).__name__}"


def lines_of_class(name: str, thing: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in thing.__bases__)
    yield f"class {name}({bases})"
    if issubclass(thing, enum.Enum):
        yield from (f"    {member.name} = {member.value!r}" for member in thing)
    elif issubclass(thing, msgspec.Struct):
        config = thing.__struct_config__
        yield f"    frozen={config.frozen}, order={config.order}"
        yield from (f"    {field.name}: {annotation(thing, field.name)}{default(field)}" for field in fields(thing))
    elif "__init__" in vars(thing):
        yield f"    __init__{signature(thing.__init__)}"
    for own, value in sorted(vars(thing).items()):
        yield from lines_of_member(own, value, thing)


def fields(thing: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(thing)


def annotation(thing: type, name: str) -> str:
    return str(inspect.get_annotations(thing)[name])


def default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return f" = {field.default_factory.__name__}()"
    return "" if field.default is msgspec.NODEFAULT else f" = {field.default!r}"


def lines_of_member(name: str, value: Any, owner: type) -> Iterator[str]:
    if name.startswith("_") or name in getattr(owner, "__struct_fields__", ()):
        return
    if isinstance(value, property):
        yield f"    @property {name}{signature(value.fget)}"
    elif isinstance(value, classmethod):
        yield f"    @classmethod {name}{signature(value.__func__)}"
    elif inspect.isfunction(value):
        yield f"    def {name}{signature(value)}"
    elif isinstance(value, int | str) and not issubclass(owner, enum.Enum):
        yield f"    {name} = {value!r}"


def signature(function: Any) -> str:
    """Return a signature, of which the defaults that are things of this run are left open."""
    found = inspect.signature(function)
    odd = {
        name: parameter.replace(default=...)
        for name, parameter in found.parameters.items()
        if parameter.default is not parameter.empty
        and not isinstance(parameter.default, int | float | str | tuple | None)
    }
    return str(found.replace(parameters=[odd.get(name, each) for name, each in found.parameters.items()]))


def test_the_public_api_is_the_one_that_was_promised() -> None:
    told, now = PAGE.read_text(encoding="utf-8").splitlines(), api().splitlines()
    diff = "\n".join(unified_diff(told, now, "tests/api.txt", "refkit", lineterm="", n=1))
    if diff:
        pytest.fail(WHAT_TO_DO.format(diff=diff), pytrace=False)


def test_every_public_name_is_there_has_a_docstring_and_one_home() -> None:
    assert sorted(refkit.__all__) == sorted({*refkit._HOME_OF, "__version__"})
    assert dir(refkit) == sorted(refkit.__all__)
    for name in set(refkit.__all__) - {"__version__"}:
        thing = getattr(refkit, name)
        assert thing.__module__ == refkit._HOME_OF[name]
        assert inspect.getdoc(thing), name


def test_a_change_is_seen_and_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def works(resolutions: object, *, themes: bool = True) -> list[object]:
        return [resolutions, themes]

    monkeypatch.setattr(refkit, "works", works)
    with pytest.raises(pytest.fail.Exception) as caught:
        test_the_public_api_is_the_one_that_was_promised()
    for told in ("-def works(", "+def works(resolutions: 'object', *", "CHANGELOG.md", "python tests/test_api.py"):
        assert told in str(caught.value)


if __name__ == "__main__":
    PAGE.write_text(api(), encoding="utf-8")
