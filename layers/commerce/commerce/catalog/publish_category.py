"""A category opens, or gets another name."""

from __future__ import annotations

from commerce.catalog.events import CategoryPublished, Recorder
from commerce.catalog.model import Category
from commerce.catalog.store import Catalog
from commerce.kernel.clock import Clock
from commerce.kernel.commit import Commit
from commerce.kernel.events import Event
from commerce.kernel.tables import Database


def publish_category(database: Database, clock: Clock, category: Category, *, record: Recorder) -> int:
    """Write a category and its event in one commit; nothing where nothing changed. `record` as in `publish_product`.

    Returns
    -------
    int
        The category's revision: 1 when it is new.

    Raises
    ------
    StaleWrite
        When somebody else published the category at the same time.
    """
    catalog = Catalog(database)
    stored = catalog.category(category.slug)
    if stored is not None and stored.category == category:
        return stored.revision
    revision = stored.revision + 1 if stored else 1
    commit = Commit(database)
    catalog.put_category(commit, category, revision=revision)
    fact = CategoryPublished(slug=category.slug, name=category.name)
    record(commit, Event.of(fact, subject=f"category/{category.slug}", sequence=f"{revision:06d}", at=clock.now()))
    commit.send()
    return revision
