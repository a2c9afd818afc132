"""The README lists every magic number."""

from pathlib import Path

from sandbox.daraja.stories import STORIES

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_every_magic_number_is_in_the_readme() -> None:
    for story in STORIES:
        local = f"`0700 000 0{story.number[-2:]}`"
        assert f"| {local} | {story.title} | {story.happens} | {story.shop_ends} |" in README
