"""Every mutant of a source text: one small change each, made by mutmut's operators and a few of our own.

mutmut's own run changes the bodies of functions without decorators. Most of a model is elsewhere: tables, bounds of
fields, defaults, properties, validators. So its operators are applied here to the whole text, and ours do what they
have no word for: take a row out of a table, a constraint off a type, make a bound narrower, a condition always or never
true.

Of each kind the hardest to notice is made. A text is changed once, not three times; a number is moved by one each way,
which no test notices that would not notice the bound's absence; a named argument with another value is left out, and
any other becomes None; what is assigned becomes None where nothing else of it is changed. Nothing is made of what
decides nothing: imports, annotations that are only types, the words of a raised error, and the members in `MUTE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import libcst as cst
from libcst import matchers as m
from mutmut.mutation import mutators

#: Arguments that document, or decide only when checks are built.
MUTE = frozenset({"examples", "title", "defer_build"})
_DISPLAY = (cst.Set, cst.List, cst.Tuple, cst.Dict)
_CHANGED_ITSELF = (*_DISPLAY, cst.SimpleString, cst.Integer, cst.BaseComp)
_OURS_INSTEAD = (mutators.operator_string, mutators.operator_arg_removal, mutators.operator_assignment)
_OPERATORS = [(kind, make) for kind, make in mutators.mutation_operators if make not in _OURS_INSTEAD]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed source text.

    Parameters
    ----------
    where
        The function or class that holds the change, by its qualified name; empty for the module.
    function
        The outermost function whose body alone is changed; None when something outside of bodies is.
    was, now
        The lines that differ, stripped and joined.
    """

    where: str
    function: str | None
    line: int
    was: str
    now: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """Return every mutant of a module's text, in its order."""
    module = cst.parse_module(source)
    visitor = _Visitor(module)
    module.visit(visitor)
    seen: set[str] = {source}
    found: list[Mutant] = []
    for mutant in visitor.mutants:
        if mutant.source not in seen:
            seen.add(mutant.source)
            found.append(mutant)
    return found


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in _OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)
    if isinstance(node, cst.Integer):
        yield cst.Integer(str(node.evaluated_value - 1)) if node.evaluated_value else cst.parse_expression("-1")
    if isinstance(node, cst.SimpleString):
        yield from islice(mutators.operator_string(node), 1)
    if isinstance(node, cst.Call):
        yield from _arguments(node)
    if isinstance(node, cst.Assign | cst.AnnAssign) and isinstance(node.value, cst.Name | cst.Attribute):
        yield from mutators.operator_assignment(node)
    if isinstance(node, _DISPLAY):
        yield from (_without(node, place) for place in range(len(node.elements)))
    if isinstance(node, cst.If):
        yield from (node.with_changes(test=cst.Name(answer)) for answer in ("False", "True"))


def _arguments(node: cst.Call) -> Iterator[cst.Call]:
    for place, arg in enumerate(node.args):
        others = node.args[:place], node.args[place + 1 :]
        if arg.keyword:
            if arg.keyword.value not in MUTE and not isinstance(arg.value, cst.Integer):
                yield node.with_changes(args=[*others[0], *others[1]])
        elif not arg.star and not isinstance(arg.value, _CHANGED_ITSELF) and not m.matches(arg.value, m.Name("None")):
            yield node.with_changes(args=[*others[0], arg.with_changes(value=cst.Name("None")), *others[1]])


def _without(node: cst.Set | cst.List | cst.Tuple | cst.Dict, place: int) -> cst.CSTNode:
    left = [*node.elements[:place], *node.elements[place + 1 :]]
    if isinstance(node, cst.Set) and not left:
        return cst.parse_expression("set()")
    if isinstance(node, cst.Tuple) and len(left) == 1:
        left = [left[0].with_changes(comma=cst.Comma())]
    return node.with_changes(elements=left)


class _Visitor(cst.CSTVisitor):
    def __init__(self, module: cst.Module) -> None:
        self.mutants: list[Mutant] = []
        self._module = module
        self._lines = module.code.splitlines()
        self._parts = [module.code_for_node(statement) for statement in module.body]
        self._place = -1
        self._scope: list[str] = []
        self._functions = 0
        self._bodies: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._place + 1 < len(self._parts) and node is self._module.body[self._place + 1]:
            self._place += 1
        if isinstance(node, cst.Import | cst.ImportFrom | cst.Decorator):
            return False
        if isinstance(node, cst.Arg) and node.keyword and _said_by_leaving_it_out(node.keyword.value, node.value):
            return False
        if isinstance(node, cst.Annotation):
            if not self._functions:
                self._annotation(node)
            return False
        if (
            isinstance(node, cst.Raise)
            and node.exc
            and m.matches(node.exc, m.Call(func=m.Name(m.MatchIfTrue(_is_class))))
        ):
            for arg in cst.ensure_type(node.exc, cst.Call).args:
                if arg.keyword:
                    arg.value.visit(self)
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return self._definition(node)
        self._change(node)
        return True

    def _definition(self, node: cst.FunctionDef | cst.ClassDef) -> bool:
        self._scope.append(node.name.value)
        if isinstance(node, cst.FunctionDef):
            self._functions += 1
            node.params.visit(self)
            self._bodies.append(".".join(self._scope))
            node.body.visit(self)
            self._bodies.pop()
            self._functions -= 1
        else:
            node.body.visit(self)
        self._scope.pop()
        return False

    def _annotation(self, node: cst.CSTNode) -> None:
        """Change the constraints that an annotation holds, and leave its types."""
        if isinstance(node, cst.Call):
            node.visit(self)
            return
        if m.matches(node, m.Subscript(value=m.Name("Annotated"))):
            self._constraints(cst.ensure_type(node, cst.Subscript))
        for child in node.children:
            self._annotation(child)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        """Take constraints off an `Annotated` that is given a name."""
        if m.matches(node.value, m.Name("Annotated")):
            self._constraints(node)

    def _constraints(self, node: cst.Subscript) -> None:
        for place in range(1, len(node.slice)):
            if m.matches(node.slice[place], m.SubscriptElement(m.Index(m.Call(func=m.Name("Field"))))):
                continue
            left = [*node.slice[:place], *node.slice[place + 1 :]]
            if len(left) > 1:
                self._add(node, node.with_changes(slice=left))
            else:
                self._add(node, cst.ensure_type(left[0].slice, cst.Index).value)

    def _change(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Subscript):
            self.visit_Subscript(node)
        for changed in _changes(node):
            self._add(node, changed)

    def _add(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        statement = self._module.body[self._place].deep_replace(node, changed)
        parts = [*self._parts[: self._place], self._module.code_for_node(statement), *self._parts[self._place + 1 :]]
        source = self._module.code.replace("".join(self._parts), "".join(parts))
        try:
            compile(source, "mutant", "exec")
        except (SyntaxError, ValueError):
            return
        first, was, now = _difference(self._lines, source.splitlines())
        function = self._bodies[0] if self._bodies else None
        self.mutants.append(Mutant(".".join(self._scope), function, first, was, now, source))


def _said_by_leaving_it_out(name: str, value: cst.BaseExpression) -> bool:
    return name in MUTE or m.matches(value, m.SimpleString() | m.Name("True") | m.Name("False"))


def _is_class(name: str) -> bool:
    return name[0].isupper()


def _difference(before: list[str], after: list[str]) -> tuple[int, str, str]:
    first = next((place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    most = min(len(before), len(after)) - first
    same = next((count for count in range(most) if before[-1 - count] != after[-1 - count]), most)
    return first + 1, _joined(before[first : len(before) - same]), _joined(after[first : len(after) - same])


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)
