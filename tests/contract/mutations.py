"""Everything that can be wrong with one sample body: each member in turn, each level, and the text itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, truth or null, as it was written: `1.00` stays `1.00`."""

    written: str

    @property
    def is_text(self) -> bool:
        return self.written.startswith('"')


@dataclass(frozen=True, slots=True)
class Members:
    """An object: its members in order, whose names may repeat."""

    pairs: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]


Node = Scalar | Members | Items


class _Number(str):
    """A number as it was written."""


def read(text: str) -> Node:
    """Read JSON so that `write` gives the same back, but for blank space."""
    return _node(json.loads(text, object_pairs_hook=tuple, parse_float=_Number, parse_int=_Number))


def _node(value: object) -> Node:
    if isinstance(value, tuple):
        return Members(tuple((name, _node(inner)) for name, inner in value))
    if isinstance(value, list):
        return Items(tuple(_node(inner) for inner in value))
    return Scalar(value if isinstance(value, _Number) else json.dumps(value))


def write(node: Node) -> str:
    match node:
        case Scalar(written):
            return written
        case Members(pairs):
            return "{" + ",".join(f"{json.dumps(name)}:{write(inner)}" for name, inner in pairs) + "}"
        case Items(nodes):
            return "[" + ",".join(write(inner) for inner in nodes) + "]"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A body with one thing wrong.

    Parameters
    ----------
    kind
        What is wrong.
    names
        Which member is, by the names on the way to it. An entry of a name-value list goes by the name it holds.
    planted
        The JSON text that stands where something else was; None where nothing new does.
    """

    kind: str
    names: Names
    node: Node
    planted: str | None = None

    @property
    def body(self) -> bytes:
        return write(self.node).encode()


#: What any value is replaced by. None of it is a code, an amount, a state or a name that means anything.
PLANTS: dict[str, str] = {
    "null": "null",
    "an object": "{}",
    "a list": "[]",
    "true": "true",
    "false": "false",
    "no text": '""',
    "blank": '" \\t"',
    "a text": '"planted"',
    "negative": "-7",
    "a fraction": "0.5",
    "a fraction of a cent": "0.005",
    "huge": "1" + "0" * 30,
    "beyond any float": "1e999",
    "thousands of digits": "9" * 5_000,
    "not a number": "NaN",
    "infinite": "-Infinity",
    "not a number as a text": '"NaN"',
    "underscored": '"1_0"',
    "other digits": '"\u0661\u0660"',
    "half a character": '"\\ud800"',
    "a control character": '"\\u0000"',
    "nested": "[" * 400 + "]" * 400,
}
#: Members nobody knows, with a tale in them that must not be believed.
_TALE = (
    '{"ResultCode":0,"ResponseCode":"0","status":"succeeded","amount":1,"Amount":1,"errorCode":"404.001.03",'
    '"Item":[{"Name":"MpesaReceiptNumber","Value":"TALE"}],"id":"tale"}'
)
UNKNOWN: dict[str, Node] = {
    "an unknown object": read(_TALE),
    "an unknown number": Scalar("17"),
    "an unknown text": Scalar('"succeeded"'),
    "an unknown list": Items((read(_TALE),)),
}
#: Says the same as before, to whoever reads JSON.
SAME = frozenset({*UNKNOWN, "members in another order", "as it is"})

Place = tuple[int, ...]


def places(node: Node, place: Place = (), names: Names = ()) -> Iterator[tuple[Place, Names, Node]]:
    """Yield every value in a tree but the whole, from the outside in."""
    match node:
        case Members(pairs):
            inside: list[tuple[Names, Node]] = [((*names, name), inner) for name, inner in pairs]
        case Items(nodes):
            inside = [(names, inner) for inner in nodes]
        case Scalar():
            return
    for position, (called, inner) in enumerate(inside):
        known = (*called, *_own_name(inner))
        yield (*place, position), known, inner
        yield from places(inner, (*place, position), known)


def _own_name(node: Node) -> Names:
    if isinstance(node, Members):
        for name, inner in node.pairs:
            if name in ("Name", "Key") and isinstance(inner, Scalar) and inner.is_text:
                return (str(json.loads(inner.written)),)
    return ()


def changed(node: Node, place: Place, change: Callable[[Node], Node]) -> Node:
    """Return a tree in which one value is another."""
    if not place:
        return change(node)
    first, rest = place[0], place[1:]
    match node:
        case Members(pairs):
            name, inner = pairs[first]
            return Members((*pairs[:first], (name, changed(inner, rest, change)), *pairs[first + 1 :]))
        case Items(nodes):
            return Items((*nodes[:first], changed(nodes[first], rest, change), *nodes[first + 1 :]))
        case Scalar():
            raise IndexError(place)


def mutants(sample: Node) -> Iterator[Mutant]:
    """Yield every body that differs from a sample in one thing and is JSON, near enough."""
    yield Mutant("members in another order", (), _reversed(sample))
    yield from _unknown(sample, (), (), sample)
    for place, names, node in places(sample):
        yield from _replaced(sample, place, names, node)
        yield from _misplaced(sample, place, names)
        yield from _unknown(sample, place, names, node)
    yield Mutant("boxed", (), Items((sample,)))
    for wrapper in ("Body", "Result", "data", "object", "error"):
        yield Mutant("wrapped", (), Members(((wrapper, sample),)))
    if isinstance(sample, Members) and len(sample.pairs) == 1:
        yield Mutant("unwrapped", (), sample.pairs[0][1])


def _reversed(node: Node) -> Node:
    match node:
        case Members(pairs):
            return Members(tuple((name, _reversed(inner)) for name, inner in reversed(pairs)))
        case Items(nodes):
            return Items(tuple(_reversed(inner) for inner in nodes))
        case Scalar():
            return node


def _replaced(sample: Node, place: Place, names: Names, node: Node) -> Iterator[Mutant]:
    plants = dict(PLANTS)
    if isinstance(node, Scalar):
        plants |= _retyped(node)
    plants["boxed"] = f"[{write(node)}]"
    plants["wrapped"] = f'{{"value":{write(node)}}}'
    for kind, written in plants.items():
        if written != write(node):
            plant = Scalar(written)
            yield Mutant(kind, names, changed(sample, place, lambda _, plant=plant: plant), written)  # type: ignore[misc]


def _retyped(node: Scalar) -> dict[str, str]:
    """Return the same value as another type would write it."""
    if not node.is_text:
        number = {} if node.written in ("null", "true", "false") else {"a number as a text": f'"{node.written}"'}
        return number | ({"a whole number as a fraction": f"{node.written}.0"} if node.written.isdigit() else {})
    text = json.loads(node.written)
    spaced = {"spaced": json.dumps(f" {text} ")} if text.strip() else {}
    whole = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return spaced | ({"a text as a number": text} if whole else {})


def _misplaced(sample: Node, place: Place, names: Names) -> Iterator[Mutant]:
    """Yield bodies in which a value is missing, twice there, under another name, or one level too high."""
    *above, position = place

    def around(kind: str, change: Callable[[Node], Node], planted: str | None = None) -> Mutant:
        return Mutant(kind, names, changed(sample, tuple(above), change), planted)

    def spliced(*put: tuple[str, Node] | Node) -> Callable[[Node], Node]:
        def change(holder: Node) -> Node:
            inside: tuple[object, ...] = holder.pairs if isinstance(holder, Members) else holder.nodes  # type: ignore[union-attr]
            made = (*inside[:position], *put, *inside[position + 1 :])
            return Members(made) if isinstance(holder, Members) else Items(made)  # type: ignore[arg-type]

        return change

    yield around("missing", spliced())
    holder = _at(sample, tuple(above))
    if isinstance(holder, Items):
        node = holder.nodes[position]
        yield around("twice in a list", spliced(node, node))
        yield around("after a stray null", spliced(Scalar("null"), node), "null")
        return
    if not isinstance(holder, Members):
        return
    name, node = holder.pairs[position]
    planted = Scalar('"planted"')
    yield around("under a name in capitals", spliced((name.swapcase(), node)))
    yield around("twice the same", spliced((name, node), (name, node)))
    yield around("overridden", spliced((name, node), (name, planted)), planted.written)
    yield around("overriding", spliced((name, planted), (name, node)), planted.written)
    higher = _at(sample, tuple(above[:-1])) if above else None
    if isinstance(higher, Members) and name not in dict(higher.pairs):
        without = changed(sample, tuple(above), spliced())
        yield Mutant("a level too high", names, changed(without, tuple(above[:-1]), lambda one: _with(one, name, node)))


def _at(node: Node, place: Place) -> Node:
    for position in place:
        node = node.pairs[position][1] if isinstance(node, Members) else node.nodes[position]  # type: ignore[union-attr]
    return node


def _with(holder: Node, name: str, node: Node, *, first: bool = False) -> Node:
    assert isinstance(holder, Members)
    return Members(((name, node), *holder.pairs) if first else (*holder.pairs, (name, node)))


def _unknown(sample: Node, place: Place, names: Names, node: Node) -> Iterator[Mutant]:
    if isinstance(node, Members):
        for number, (kind, plant) in enumerate(UNKNOWN.items()):
            first = number % 2 == 0
            yield Mutant(
                kind, names, changed(sample, place, lambda one, p=plant, f=first: _with(one, "unknown", p, first=f))  # type: ignore[misc]
            )  # fmt: skip


def broken(text: str, cuts: int) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are no JSON, no UTF-8, or too much of either; `cuts` says at how many places one breaks off."""
    whole = text.encode()
    for cut in {len(whole) * step // (cuts + 1) for step in range(1, cuts + 1)}:
        yield "broken off", whole[:cut]
    yield "nothing", b""
    yield "blank space", b" \n"
    yield "null", b"null"
    yield "a text", json.dumps(text).encode()
    yield "a page", b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
    yield "twice", whole + whole
    yield "with a tail", whole + b"x"
    yield "in UTF-16", text.encode("utf-16")
    yield "no UTF-8 at all", b"\xff\xfe\x00\x80" * 9
    yield "no UTF-8 within", whole.replace(b'"', b'"\xff', 3)
    yield "with a mark of byte order", b"\xef\xbb\xbf" + whole
    yield "with zeros", whole + b"\x00"
    yield "endless lists", b"[" * 100_000
    yield "endless objects", b'{"a":' * 100_000
    yield "deep below it", whole.rstrip()[:-1] + b',"unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "a megabyte more", whole.rstrip()[:-1] + b',"unknown":"' + b"x" * 1_000_000 + b'"}'
