"""The calls of macOS that the window watcher needs, through pyobjc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import AppKit
import ApplicationServices
import Foundation
import objc

from hourloom.device.windows.macos_teller import Application

LOOK_EVERY = 60.0
"""Seconds after which to look whether a permission was given or taken away, of which macOS does not tell."""
ANSWER_WITHIN = 0.5
"""Seconds that an application has to say its title."""
NOTICES = (
    "NSWorkspaceDidActivateApplicationNotification",
    "NSWorkspaceSessionDidResignActiveNotification",
    "NSWorkspaceSessionDidBecomeActiveNotification",
    "NSWorkspaceScreensDidWakeNotification",
)


class Calls:
    """NSWorkspace for applications, accessibility for their windows."""

    def __init__(self) -> None:
        self._workspace: Any = AppKit.NSWorkspace.sharedWorkspace()
        self._observer: Any = None
        self._changed: Callable[[], None] = lambda: None

        def called(_observer: object, _element: object, _notice: object, _context: object) -> None:
            self._changed()

        # The bridge takes only functions that are declared so; this one has to live as long as its observers.
        self._callback: Any = objc.callbackFor(ApplicationServices.AXObserverCreate)(called)

    def frontmost(self) -> Application | None:
        application: Any = self._workspace.frontmostApplication()
        if application is None:
            return None
        url: Any = application.bundleURL() or application.executableURL()
        path = str(url.path()) if url is not None else str(application.localizedName() or "")
        return Application(
            int(application.processIdentifier()), path, str(application.bundleIdentifier() or "")
        )

    def is_trusted(self) -> bool:
        return bool(ApplicationServices.AXIsProcessTrusted())

    def title(self, process: int) -> str:
        element: Any = ApplicationServices.AXUIElementCreateApplication(process)
        ApplicationServices.AXUIElementSetMessagingTimeout(element, ANSWER_WITHIN)
        fault, window = ApplicationServices.AXUIElementCopyAttributeValue(
            element, ApplicationServices.kAXFocusedWindowAttribute, None
        )
        if fault or window is None:
            return ""
        fault, title = ApplicationServices.AXUIElementCopyAttributeValue(
            window, ApplicationServices.kAXTitleAttribute, None
        )
        return "" if fault or title is None else str(title)

    def follow(self, process: int, changed: Callable[[], None]) -> None:
        loop: Any = Foundation.CFRunLoopGetCurrent()
        if self._observer is not None:
            source = ApplicationServices.AXObserverGetRunLoopSource(self._observer)
            Foundation.CFRunLoopRemoveSource(loop, source, Foundation.kCFRunLoopDefaultMode)
        self._observer, self._changed = None, changed
        fault, observer = ApplicationServices.AXObserverCreate(process, self._callback, None)
        if fault or observer is None:
            return
        self._observer = observer
        element: Any = ApplicationServices.AXUIElementCreateApplication(process)
        for notice in (
            ApplicationServices.kAXFocusedWindowChangedNotification,
            ApplicationServices.kAXTitleChangedNotification,
        ):
            ApplicationServices.AXObserverAddNotification(observer, element, notice, None)
        source = ApplicationServices.AXObserverGetRunLoopSource(observer)
        Foundation.CFRunLoopAddSource(loop, source, Foundation.kCFRunLoopDefaultMode)

    def run(self, activated: Callable[[], None]) -> None:
        centre: Any = self._workspace.notificationCenter()
        tokens = [
            centre.addObserverForName_object_queue_usingBlock_(name, None, None, lambda _: activated())
            for name in NOTICES
        ]
        timer: Any = Foundation.NSTimer.scheduledTimerWithTimeInterval_repeats_block_(
            LOOK_EVERY, True, lambda _: activated()
        )
        while tokens and timer.isValid():
            Foundation.NSRunLoop.currentRunLoop().runUntilDate_(
                Foundation.NSDate.dateWithTimeIntervalSinceNow_(LOOK_EVERY)
            )
