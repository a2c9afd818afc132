"""What mutation testing changes of a text, what it leaves alone, and that nothing stays explained which is no more."""

from __future__ import annotations

from tests.mutation.__main__ import ROOT, SHOP, Explained
from tests.mutation.judges import JUDGES
from tests.mutation.mutants import mutants_of


def changes(source: str) -> set[str]:
    return {mutant.now for mutant in mutants_of(source)}


def test_a_row_is_taken_out_of_a_table() -> None:
    assert {"ENDS = frozenset({A.X, })", "ENDS = frozenset({A.Y})"} <= changes("ENDS = frozenset({A.X, A.Y})\n")
    assert "ENDS = frozenset(set())" in changes("ENDS = frozenset({A.X})\n")


def test_a_bound_is_moved_both_ways_and_a_check_taken_off() -> None:
    source = "class A(BaseModel):\n    n: Annotated[int, Field(ge=1)] | None = None\n"
    assert changes(source) == {
        "n: Annotated[int, Field(ge=2)] | None = None",
        "n: Annotated[int, Field(ge=0)] | None = None",
        'n: Annotated[int, Field(ge=1)] | None = ""',
    }
    assert changes("N = Annotated[str, AfterValidator(check)]\n") == {
        "N = str",
        "N = Annotated[str, AfterValidator(None)]",
    }
    assert changes("c = ConfigDict(frozen=True, title='x')\n") == {"c = ConfigDict(title='x')"}


def test_a_condition_is_never_or_always_true() -> None:
    assert {"if False:", "if True:", "if a <= b:"} <= changes("def f(a, b):\n    if a < b:\n        return 1\n")


def test_properties_and_validators_are_changed_in_place() -> None:
    source = "class A:\n    @property\n    def due(self) -> int:\n        return self.total - self.credit\n"
    (mutant,) = mutants_of(source)
    assert (mutant.now, mutant.function, mutant.line) == ("return self.total + self.credit", "A.due", 4)


def test_types_imports_and_the_words_of_errors_stay() -> None:
    source = (
        "from a import b as c\n"
        "def f(x: Literal['a', 'b']) -> int | None:\n"
        '    """Say 1."""\n'
        "    raise ValueError('no such thing as 1')\n"
    )
    assert changes(source) == set()
    assert changes("def f(x):\n    raise Refused('words', field='items')\n") == {
        "raise Refused('words', field='XXitemsXX')"
    }


def test_what_is_explained_is_known_by_its_file_and_lines_and_goes_with_its_mutant() -> None:
    entry = {"was": "return a - b", "now": "return a + b", "because": "b is 0"}
    explained = Explained({"a.py": [entry], "b.py": [entry]})
    (mutant,) = mutants_of("def f(a, b):\n    return a - b\n")
    assert explained.why("c.py", mutant) is None
    assert explained.why("a.py", mutant) == "b is 0"
    assert explained.stale(["a.py"]) == []
    assert explained.stale(["a.py", "b.py"]) == ["b.py return a - b return a + b"]


def test_every_model_is_judged_and_by_tests_that_are_there() -> None:
    assert {f"{path.parent.name}/model.py" for path in SHOP.glob("*/model.py")} <= JUDGES.keys()
    for judges in JUDGES.values():
        named = [word for word in judges if word.endswith(".py")]
        assert named
        assert all((ROOT / name).is_file() for name in named)
