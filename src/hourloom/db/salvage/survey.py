"""Which pages belong to which table and index, and where a tree has a hole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hourloom.db.salvage import tree
from hourloom.db.salvage.pages import Pages
from hourloom.db.salvage.record import Values
from hourloom.db.salvage.schema import CATALOGUE, Index, Schema, Table
from hourloom.db.salvage.tree import MOST_ROWID

LEAST_ROWID = -(2**63)
_DEEPEST = 20
_OBJECTS = ("table", "index", "view", "trigger")


@dataclass(frozen=True)
class Range:
    """Row numbers after one and up to another."""

    after: int
    until: int

    def __contains__(self, number: int) -> bool:
        return self.after < number <= self.until


ALL = Range(LEAST_ROWID - 1, MOST_ROWID)


@dataclass
class Tree:
    """The pages of one table or index that can be read."""

    of: Table | Index
    leaves: list[tuple[int, Range]] = field(default_factory=list)
    """Each with the rows that may be in it; of an index its inner pages too, for they have entries."""
    holes: list[Range] = field(default_factory=list)
    """Rows whose pages cannot be read."""
    damaged: list[int] = field(default_factory=list)
    """Pages that cannot be read."""


@dataclass
class Survey:
    """All trees of a database."""

    trees: dict[str, Tree]
    catalogue: Tree
    unclaimed: int = 0
    """Readable pages that fit into several holes."""

    @property
    def damaged(self) -> int:
        """Return how many pages of the trees cannot be read."""
        return sum(len(each.damaged) for each in (self.catalogue, *self.trees.values()))


def surveyed(pages: Pages, schema: Schema) -> Survey:
    """Walk all trees, then find for the pages that none of them reaches the tree that they fell off."""
    reached: set[int] = set()
    catalogue = _walked(pages, CATALOGUE, 1, reached)
    roots = _roots(pages, catalogue)
    if catalogue.holes:
        _claim(pages, [catalogue], reached)
        roots = _roots(pages, catalogue)
    everything: list[Table | Index] = [*schema.tables, *schema.indexes]
    trees = {
        each.name: _walked(pages, each, roots.get(each.name, 0), reached)
        if each.name in roots or catalogue.holes
        else Tree(each)
        for each in everything
    }
    torn = [each for each in trees.values() if each.holes]
    return Survey(trees, catalogue, _claim(pages, torn, reached) if torn else 0)


def records_of(pages: Pages, page: bytes, number: int, of: Table | Index) -> Iterator[tuple[int, Values]]:
    """Yield row number and values of a leaf's rows or of an index's entries, without malformed ones."""
    decode = of.decoder.values
    if isinstance(of, Table):
        for cell in tree.table_cells(pages, page, number):
            if cell is not None and (values := decode(cell[1])) is not None:
                yield cell[0], values
        return
    for record in tree.index_cells(pages, page, number):
        if record is not None and (values := decode(record)) is not None:
            row = values[-1]
            assert isinstance(row, int)
            yield row, values


def counted_cells(page: bytes, number: int) -> int:
    """Return how many cells a page says to have."""
    begin = 100 if number == 1 else 0
    return page[begin + 3] << 8 | page[begin + 4]


def is_sane(of: Table | Index, values: Values) -> bool:
    """Tell whether an event ends no earlier than it begins: two of its indexes look alike but for that."""
    table = of if isinstance(of, Table) else of.table
    if table.name != "events":
        return True
    places = range(len(values)) if isinstance(of, Table) else of.places
    said = {table.columns[place].name: value for place, value in zip(places, values, strict=False)}
    starts, ends = said.get("started_at"), said.get("ended_at")
    return isinstance(starts, int) and isinstance(ends, int) and starts <= ends


def _walked(pages: Pages, of: Table | Index, root: int, reached: set[int]) -> Tree:
    found = Tree(of)
    leaf, inner = (
        (tree.LEAF_TABLE, tree.INNER_TABLE) if isinstance(of, Table) else (tree.LEAF_INDEX, tree.INNER_INDEX)
    )
    waiting = [(root, ALL, 0)]
    while waiting:
        number, rows, depth = waiting.pop()
        new = 0 < number <= pages.count and number not in reached and depth <= _DEEPEST
        page = pages.page(number) if new else None
        kind = None if page is None else tree.kind_of(page, number)
        below = tree.children(pages, page, number) if page is not None and kind == inner else None
        reached.add(number)
        if kind == leaf or (below and inner == tree.INNER_INDEX):
            found.leaves.append((number, rows))
        elif not below:
            found.holes.append(rows)
            found.damaged.append(number)
        waiting += reversed(_ranges(below or [], rows, depth + 1))
    return found


def _ranges(below: list[tree.Child], rows: Range, depth: int) -> list[tuple[int, Range, int]]:
    """Return the pages below one, each with the part of its rows."""
    parts, after = [], rows.after
    for child in below:
        until = min(child.until, rows.until)
        parts.append((child.page, Range(after, until), depth))
        after = until if child.until < MOST_ROWID else after
    return parts


def _claim(pages: Pages, torn: list[Tree], reached: set[int]) -> int:
    """Give each page that no tree reaches to the hole that it fits into; count those that fit several."""
    unclaimed = 0
    for number in range(1, pages.count + 1):
        page = None if number in reached else pages.page(number)
        if page is None or tree.kind_of(page, number) not in (
            tree.LEAF_TABLE,
            tree.LEAF_INDEX,
            tree.INNER_INDEX,
        ):
            continue
        fitting = [each for each in torn if _belongs(pages, page, number, each)]
        if len(fitting) == 1:
            reached.add(number)
            fitting[0].leaves.append((number, ALL))
        unclaimed += len(fitting) > 1
    return unclaimed


def _belongs(pages: Pages, page: bytes, number: int, torn: Tree) -> bool:
    """Tell whether all of a page's records are ones that a hole of this tree would hold."""
    is_table = tree.kind_of(page, number) == tree.LEAF_TABLE
    if is_table != isinstance(torn.of, Table):
        return False
    rows = list(records_of(pages, page, number, torn.of))
    if not rows or len(rows) != counted_cells(page, number):
        return False
    if torn.of is CATALOGUE:
        return all(values[0] in _OBJECTS for _, values in rows)
    within = not is_table or all(any(row in hole for hole in torn.holes) for row, _ in rows)
    return within and all(is_sane(torn.of, values) for _, values in rows)


def _roots(pages: Pages, catalogue: Tree) -> dict[str, int]:
    """Return where each table and index begins, as far as the catalogue can be read."""
    roots: dict[str, int] = {}
    for number, _ in catalogue.leaves:
        page = pages.page(number)
        assert page is not None
        found = list(records_of(pages, page, number, CATALOGUE))
        if len(found) != counted_cells(page, number) and number not in catalogue.damaged:
            catalogue.damaged.append(number)
            catalogue.holes.append(ALL)
        roots |= {str(values[1]): values[3] for _, values in found if isinstance(values[3], int)}
    return roots
