"""Offers the menu on D-Bus as com.canonical.dbusmenu, which panels draw as they like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hourloom.device.bus import Body, Bus, Exported, Heard, Method, Property, Refused
from hourloom.device.tray.menu import Item, menu_of
from hourloom.device.tray.ports import Choice, TrayState

PATH = "/MenuBar"
INTERFACE = "com.canonical.dbusmenu"
MOST_AT_ONCE = 100

Variants = dict[str, tuple[str, object]]


class DBusMenu:
    """The menu of one icon."""

    def __init__(self, bus: Bus, state: TrayState, chosen: Callable[[Choice], None]) -> None:
        self._bus, self._chosen = bus, chosen
        self._items = menu_of(state)
        self._revision = 1
        bus.export(
            PATH,
            INTERFACE,
            Exported(
                methods={
                    "GetLayout": Method("iias", "u(ia{sv}av)", self._get_layout),
                    "GetGroupProperties": Method("aias", "a(ia{sv})", self._get_group_properties),
                    "GetProperty": Method("is", "v", self._get_property),
                    "Event": Method("isvu", "", self._event),
                    "EventGroup": Method("a(isvu)", "ai", self._event_group),
                    "AboutToShow": Method("i", "b", lambda _: (False,)),
                    "AboutToShowGroup": Method("ai", "aiai", lambda _: ([], [])),
                },
                properties={
                    "Version": Property("u", lambda: 3),
                    "TextDirection": Property("s", lambda: "ltr"),
                    "Status": Property("s", lambda: "normal"),
                    "IconThemePath": Property("as", list),
                },
                signals={
                    "LayoutUpdated": "ui",
                    "ItemsPropertiesUpdated": "a(ia{sv})a(ias)",
                    "ItemActivationRequested": "iu",
                },
            ),
        )

    def show(self, state: TrayState) -> None:
        """Show the menu of a state; panels are told when it differs."""
        items = menu_of(state)
        if items == self._items:
            return
        self._items = items
        self._revision += 1
        self._bus.emit(PATH, INTERFACE, "LayoutUpdated", "ui", self._revision, 0)

    def _get_layout(self, heard: Heard) -> Body:
        match heard.body:
            case (0, int(depth), [*wanted]):
                items: Sequence[Item] = self._items if depth else ()
                children: list[object] = [
                    ("(ia{sv}av)", (item.id, _chosen_of(_variants(item), wanted), [])) for item in items
                ]
                return self._revision, (0, {"children-display": ("s", "submenu")}, children)
            case (int(number), int(), [*wanted]):
                item = self._item(number)
                return self._revision, (item.id, _chosen_of(_variants(item), wanted), [])
            case _:
                raise Refused("GetLayout takes iias")

    def _get_group_properties(self, heard: Heard) -> Body:
        match heard.body:
            case ([*numbers], [*wanted]):
                asked = [each for each in self._items if not numbers or each.id in numbers]
                return ([(each.id, _chosen_of(_variants(each), wanted)) for each in asked],)
            case _:
                raise Refused("GetGroupProperties takes aias")

    def _get_property(self, heard: Heard) -> Body:
        match heard.body:
            case (int(number), str(name)):
                found = _variants(self._item(number)).get(name)
                if found is not None:
                    return (found,)
            case _:
                pass
        raise Refused("there is no such property")

    def _event(self, heard: Heard) -> Body:
        match heard.body:
            case (int(number), "clicked", _, _):
                self._clicked(number)
            case _:
                pass
        return ()

    def _event_group(self, heard: Heard) -> Body:
        unknown = []
        match heard.body:
            case ([*events],):
                for event in events[:MOST_AT_ONCE]:
                    try:
                        self._event(heard._replace(body=event))
                    except Refused:
                        unknown.append(event[0])
            case _:
                raise Refused("EventGroup takes a(isvu)")
        return (unknown,)

    def _clicked(self, number: int) -> None:
        item = self._item(number)
        if item.choice is not None and item.is_enabled:
            self._chosen(item.choice)

    def _item(self, number: int) -> Item:
        for item in self._items:
            if item.id == number:
                return item
        raise Refused("there is no such item")


def _variants(item: Item) -> Variants:
    if item.is_line:
        return {"type": ("s", "separator")}
    # One underscore would mark the letter behind it as a shortcut.
    told: Variants = {"label": ("s", item.label.replace("_", "__"))}
    if not item.is_enabled:
        told["enabled"] = ("b", False)
    if not item.is_visible:
        told["visible"] = ("b", False)
    return told


def _chosen_of(variants: Variants, wanted: Sequence[object]) -> Variants:
    return {name: value for name, value in variants.items() if not wanted or name in wanted}
