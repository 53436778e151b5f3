// Tells Hourloom which window is in use. KWin runs this while Hourloom's device program is connected; the program puts
// its own address on the bus in place of the word below, so that nobody else hears.
const LISTENER = "@LISTENER@";
const LONGEST = 2000;

// KWin 6 speaks of windows where KWin 5 spoke of clients.
const activated = workspace.windowActivated || workspace.clientActivated;
let followed = null;

function tell(window) {
    const shown = window && !window.desktopWindow;
    callDBus(LISTENER, "/org/hourloom/Windows", "org.hourloom.Windows1", "Focus", Boolean(shown),
        shown ? String(window.desktopFileName || "") : "",
        shown ? String(window.resourceClass || "") : "",
        shown ? String(window.caption || "").substring(0, LONGEST) : "",
        shown ? String(window.pid || 0) : "0");
}

function tellAgain() {
    tell(followed);
}

function follow(window) {
    if (followed) {
        try {
            followed.captionChanged.disconnect(tellAgain);
        } catch (error) {
            // It is closed.
        }
    }
    followed = window || null;
    if (followed) {
        followed.captionChanged.connect(tellAgain);
    }
    tell(followed);
}

activated.connect(follow);
follow(workspace.activeWindow || workspace.activeClient);
