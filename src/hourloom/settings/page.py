"""The tables of docs/settings.md: `python -m hourloom.settings.page` prints them."""

from __future__ import annotations

import sys

from hourloom.settings.definitions import common_settings
from hourloom.settings.model import AnySetting, SettingRegistry


def tables(registry: SettingRegistry) -> str:
    """Return a heading and a table for each category, in Markdown."""
    categories: dict[str, list[AnySetting]] = {}
    for setting in registry:
        categories.setdefault(setting.category, []).append(setting)
    return "\n".join(_table(category, settings) for category, settings in categories.items())


def _table(category: str, settings: list[AnySetting]) -> str:
    rows = [
        f"## {category.capitalize()}",
        "",
        "| setting | default | of | what it does |",
        "|---|---|---|---|",
    ]
    for setting in settings:
        default = setting.write(setting.default)
        of = setting.scope if setting.user_editable else f"{setting.scope}, fixed"
        rows.append(f"| `{setting.name}` | `{default}` | {of} | {setting.does} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(tables(common_settings()))
