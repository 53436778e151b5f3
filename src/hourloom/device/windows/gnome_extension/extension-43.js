// Tells Hourloom which window is in use: GNOME Shell tells it to nobody but its extensions. For GNOME 43 and 44.
/* exported init */
const {Gio, GLib, Shell} = imports.gi;

const PATH = '/org/hourloom/Windows';
const NOTHING = [false, '', '', '', 0];
const LONGEST = 2000;
const INTERFACE = `<node>
  <interface name="org.hourloom.Windows1">
    <method name="Focused">
      <arg type="b" direction="out" name="any"/>
      <arg type="s" direction="out" name="desktop"/>
      <arg type="s" direction="out" name="wm_class"/>
      <arg type="s" direction="out" name="title"/>
      <arg type="u" direction="out" name="pid"/>
    </method>
    <signal name="FocusChanged">
      <arg type="b" name="any"/>
      <arg type="s" name="desktop"/>
      <arg type="s" name="wm_class"/>
      <arg type="s" name="title"/>
      <arg type="u" name="pid"/>
    </signal>
    <signal name="Ended"/>
  </interface>
</node>`;

class HourloomExtension {
    enable() {
        this._told = NOTHING;
        this._window = null;
        this._exported = Gio.DBusExportedObject.wrapJSObject(INTERFACE, this);
        this._exported.export(Gio.DBus.session, PATH);
        this._following = global.display.connect('notify::focus-window', () => this._follow());
        this._follow();
    }

    disable() {
        global.display.disconnect(this._following);
        this._leave();
        this._exported.emit_signal('Ended', null);
        this._exported.flush();
        this._exported.unexport();
        this._exported = null;
    }

    // Answers the method of this name.
    Focused() {
        return this._told;
    }

    _follow() {
        this._leave();
        this._window = global.display.focus_window;
        if (this._window)
            this._titles = this._window.connect('notify::title', () => this._tell());
        this._tell();
    }

    _leave() {
        if (this._window)
            this._window.disconnect(this._titles);
        this._window = null;
    }

    _tell() {
        const present = this._described();
        if (present.every((part, place) => part === this._told[place]))
            return;
        this._told = present;
        this._exported.emit_signal('FocusChanged', new GLib.Variant('(bsssu)', present));
    }

    _described() {
        const window = this._window;
        if (!window)
            return NOTHING;
        const app = Shell.WindowTracker.get_default().get_window_app(window);
        return [
            true,
            app?.get_id() ?? '',
            window.get_wm_class() ?? '',
            (window.get_title() ?? '').substring(0, LONGEST),
            Math.max(0, window.get_pid()),
        ];
    }
}

function init() {
    return new HourloomExtension();
}
