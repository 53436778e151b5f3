"""The names under which programs are known besides their own, on Linux, Windows and macOS.

Each line begins with the identity of a program; one that is indented goes on with the one
before. Kept apart from `apps.py` so that it is read when the first name is looked up: a server that records
nothing needs none of them.
"""

from __future__ import annotations

NAMES = """
firefox firefox-esr firefox-bin firefox-developer-edition firefoxdeveloperedition firefox-nightly nightly
    navigator org.mozilla.firefox mozilla.firefox mozilla-firefox firefox_firefox
chrome google-chrome google-chrome-stable google-chrome-beta google-chrome-unstable com.google.chrome
    chrome-browser
chromium chromium-browser chromium-bin org.chromium.chromium chromium_chromium
edge msedge microsoft-edge microsoft-edge-stable microsoft-edge-beta com.microsoft.edge
    com.microsoft.edgemac
brave brave-browser brave-browser-stable com.brave.browser
safari com.apple.safari
opera opera-stable com.opera.opera com.operasoftware.opera
vivaldi vivaldi-stable vivaldi-bin com.vivaldi.vivaldi
librewolf io.gitlab.librewolf-community librewolf-default
tor torbrowser tor-browser org.torproject.torbrowser-launcher
thunderbird thunderbird-esr thunderbird-default mail org.mozilla.thunderbird
vscode code code-oss code-url-handler code-insiders visual-studio-code-insiders com.visualstudio.code
    com.microsoft.vscode visual-studio-code
vscodium codium com.vscodium.codium
cursor cursor-url-handler com.todesktop.230313mzl4w4u92
visual-studio devenv microsoft-visual-studio
intellij-idea idea idea64 jetbrains-idea jetbrains-idea-ce com.jetbrains.intellij
    com.jetbrains.intellij.ce
pycharm pycharm64 jetbrains-pycharm jetbrains-pycharm-ce com.jetbrains.pycharm com.jetbrains.pycharm.ce
webstorm webstorm64 jetbrains-webstorm com.jetbrains.webstorm
phpstorm phpstorm64 jetbrains-phpstorm com.jetbrains.phpstorm
goland goland64 jetbrains-goland com.jetbrains.goland
clion clion64 jetbrains-clion com.jetbrains.clion
rider rider64 jetbrains-rider com.jetbrains.rider
rubymine rubymine64 jetbrains-rubymine com.jetbrains.rubymine
rustrover rustrover64 jetbrains-rustrover com.jetbrains.rustrover
datagrip datagrip64 jetbrains-datagrip com.jetbrains.datagrip
dataspell dataspell64 jetbrains-dataspell com.jetbrains.dataspell
android-studio studio64 jetbrains-studio com.google.android.studio
sublime-text sublime_text subl com.sublimetext.4 com.sublimetext.three
emacs gnu-emacs org.gnu.emacs emacs-gtk
vim gvim macvim org.vim.macvim
neovim nvim nvim-qt neovide
xcode com.apple.dt.xcode
eclipse org.eclipse.platform.ide eclipse-ide
zed dev.zed.zed zed-editor
kate org.kde.kate
kdevelop org.kde.kdevelop
gnome-builder org.gnome.builder
gedit org.gnome.gedit
gnome-text-editor org.gnome.texteditor
notepad++ notepadplusplus
docker-desktop docker com.docker.docker
github-desktop githubdesktop com.github.githubclient io.github.shiftey.desktop
sourcetree com.torusknot.sourcetreenotmas
postman com.postmanlabs.mac com.getpostman.postman
dbeaver io.dbeaver.dbeavercommunity
tableplus com.tinyapp.tableplus
terminal gnome-terminal gnome-terminal-server org.gnome.terminal com.apple.terminal windowsterminal
konsole org.kde.konsole
kitty net.kovidgoyal.kitty
alacritty org.alacritty
wezterm org.wezfurlong.wezterm wezterm-gui com.github.wez.wezterm
iterm2 iterm com.googlecode.iterm2
ghostty com.mitchellh.ghostty
foot footclient org.codeberg.dnkl.foot
gnome-console org.gnome.console kgx
ptyxis org.gnome.ptyxis
powershell pwsh powershell_ise
command-prompt cmd conhost
warp dev.warp.warp dev.warp.warp-stable
files nautilus org.gnome.nautilus com.apple.finder finder
dolphin org.kde.dolphin
thunar org.xfce.thunar
nemo nemo-desktop
explorer windows-explorer file-explorer
slack com.slack.slack com.tinyspeck.slackmacgap
telegram telegram-desktop telegramdesktop org.telegram.desktop ru.keepcoder.telegram
signal signal-desktop org.signal.signal org.whispersystems.signal-desktop
discord com.discordapp.discord com.hnc.discord discordcanary discordptb
whatsapp net.whatsapp.whatsapp whatsapp-desktop whatsappdesktop whatsapp.root
element element-desktop im.riot.riot im.riot.app
mattermost mattermost-desktop com.mattermost.desktop mattermost.desktop
rocket.chat rocketchat rocketchat-desktop chat.rocket
messages com.apple.mobilesms imessage
skype skypeforlinux com.skype.client com.skype.skype
viber viberpc com.viber.viber
zulip org.zulip.zulip zulip-electron
spotify com.spotify.client
teams ms-teams msteams teams-for-linux com.microsoft.teams com.microsoft.teams2 microsoft-teams
    com.github.iswillum.teams_for_linux
zoom us.zoom.zoom us.zoom.xos zoom.us zoom-meetings zoom-workplace
webex ciscocollabhost com.webex.meetingmanager cisco-webex-meetings webexmta
facetime com.apple.facetime
jitsi-meet org.jitsi.jitsi-meet
keepassxc org.keepassxc.keepassxc
bitwarden com.bitwarden.desktop
1password com.1password.1password com.agilebits.onepassword7 onepassword
obsidian md.obsidian.obsidian md.obsidian
notion notion.id notion-app
logseq com.logseq.logseq com.electron.logseq
joplin net.cozic.joplin_desktop net.cozic.joplin-desktop @joplinapp-desktop joplin-desktop
anytype io.anytype.anytype
evernote com.evernote.evernote
notes com.apple.notes
onenote microsoft-onenote com.microsoft.onenote.mac onenoteim
zotero org.zotero.zotero
libreoffice soffice libreoffice-startcenter libreoffice-writer libreoffice-calc libreoffice-impress
    org.libreoffice.libreoffice
word winword microsoft-word com.microsoft.word
excel microsoft-excel com.microsoft.excel
powerpoint powerpnt microsoft-powerpoint com.microsoft.powerpoint
outlook microsoft-outlook com.microsoft.outlook olk
access msaccess microsoft-access
visio microsoft-visio
project winproj microsoft-project
publisher mspub microsoft-publisher
power-bi pbidesktop power-bi-desktop microsoft-power-bi-desktop
onlyoffice desktopeditors onlyoffice-desktopeditors org.onlyoffice.desktopeditors
wps-office wps et wpp
pages com.apple.iwork.pages
numbers com.apple.iwork.numbers
keynote com.apple.iwork.keynote
evince org.gnome.evince
papers org.gnome.papers
okular org.kde.okular
zathura org.pwmt.zathura
acrobat acrord32 adobe-acrobat adobe-acrobat-reader adobe-reader com.adobe.reader com.adobe.acrobat.pro
sumatrapdf sumatrapdf-64
foxit-reader foxitpdfreader foxitreader
preview com.apple.preview
typora io.typora.typora abnerworks.typora
scrivener com.literatureandlatte.scrivener3
texstudio org.texstudio.texstudio
texmaker net.xm1math.texmaker
lyx org.lyx.lyx
evolution org.gnome.evolution
geary org.gnome.geary
kmail org.kde.kmail2 org.kde.kmail kmail2 kontact org.kde.kontact
betterbird eu.betterbird.betterbird
mailspring com.getmailspring.mailspring
protonmail proton-mail proton-mail-bridge me.proton.mail
windows-mail hxoutlook hxmail
spark com.readdle.smartemail-mac readdle.smartemail
gimp gimp-2.10 gimp-3.0 org.gimp.gimp
inkscape org.inkscape.inkscape
krita org.kde.krita
blender org.blender.blender org.blenderfoundation.blender
figma figma-linux com.figma.desktop
sketch com.bohemiancoding.sketch3
photoshop adobe-photoshop com.adobe.photoshop
illustrator adobe-illustrator com.adobe.illustrator
indesign adobe-indesign com.adobe.indesign
lightroom adobe-lightroom adobe-lightroom-classic com.adobe.lightroomclassiccc7 lightroom-classic
premiere-pro adobe-premiere-pro com.adobe.premierepro
after-effects afterfx adobe-after-effects com.adobe.aftereffects
adobe-xd xd com.adobe.xd
audition adobe-audition
affinity-designer com.seriflabs.affinitydesigner affinity-designer-2 com.seriflabs.affinitydesigner2
affinity-photo com.seriflabs.affinityphoto affinity-photo-2 com.seriflabs.affinityphoto2
affinity-publisher com.seriflabs.affinitypublisher affinity-publisher-2 com.seriflabs.affinitypublisher2
penpot app.penpot.desktop
darktable org.darktable.darktable
rawtherapee com.rawtherapee.rawtherapee
scribus net.scribus.scribus
freecad org.freecad.freecad org.freecadweb.freecad
autocad acad com.autodesk.autocad
fusion-360 fusion360 com.autodesk.mas.fusion360
sketchup com.sketchup.sketchup
solidworks sldworks
openscad org.openscad.openscad
kicad org.kicad.kicad pcbnew eeschema
davinci-resolve resolve com.blackmagic-design.davinciresolve
kdenlive org.kde.kdenlive
shotcut org.shotcut.shotcut
final-cut-pro com.apple.finalcut
obs-studio obs obs64 com.obsproject.studio com.obsproject.obs-studio
audacity org.audacityteam.audacity
ardour org.ardour.ardour
ableton-live live ableton com.ableton.live
logic-pro com.apple.logic10
fl-studio fl64
reaper fm.reaper.reaper com.cockos.reaper
musescore mscore mscore4portable org.musescore.musescore
paint mspaint
unity unityeditor com.unity3d.unityeditor5.x unityhub
unreal-editor unrealeditor ue4editor
godot org.godotengine.godot
rstudio org.rstudio.rstudio com.rstudio.desktop
jupyterlab jupyterlab-desktop org.jupyter.jupyterlab-desktop
spyder org.spyder_ide.spyder
matlab com.mathworks.matlab
tableau tableau-desktop com.tableausoftware.tableaudesktop
qgis org.qgis.qgis qgis-bin
vlc org.videolan.vlc
mpv io.mpv.mpv
totem org.gnome.totem gnome-videos
celluloid io.github.celluloid_player.celluloid
iina com.colliderli.iina
quicktime-player com.apple.quicktimeplayerx
media-player-classic mpc-hc mpc-hc64 mpc-be64
windows-media-player wmplayer microsoft.media.player
kodi tv.kodi.kodi
plex plexmediaplayer tv.plex.desktop plex-media-player
jellyfin com.github.iwalton3.jellyfin-media-player jellyfinmediaplayer
netflix com.netflix.netflix
tv com.apple.tv
music com.apple.music
itunes com.apple.itunes
rhythmbox org.gnome.rhythmbox3
amarok org.kde.amarok
elisa org.kde.elisa
strawberry org.strawberrymusicplayer.strawberry
clementine org.clementine_player.clementine
foobar2000 com.foobar2000.mac
deezer com.deezer.deezer-desktop deezer-desktop
tidal com.tidal.desktop tidal-hifi com.mastermindzh.tidal-hifi
podcasts com.apple.podcasts
gpodder org.gpodder.gpodder
steam com.valvesoftware.steam steamwebhelper com.valvesoftware.steamclient
epic-games-launcher epicgameslauncher com.epicgames.epicgameslauncher
gog-galaxy galaxyclient com.gog.galaxy
heroic com.heroicgameslauncher.hgl heroic-games-launcher
lutris net.lutris.lutris
battle.net net.battle.app
league-of-legends leagueclientux
minecraft net.minecraft.launcher minecraft-launcher minecraftlauncher com.mojang.minecraftlauncher
roblox robloxplayerbeta com.roblox.robloxplayer
calibre com.calibre_ebook.calibre net.kovidgoyal.calibre calibre-gui
kindle com.amazon.kindle com.amazon.lassen
foliate com.github.johnfactotum.foliate
books com.apple.ibooksx ibooks
newsflash io.gitlab.news_flash.newsflash
netnewswire com.ranchero.netnewswire-evergreen
akregator org.kde.akregator
gnome-calendar org.gnome.calendar
calendar com.apple.ical
korganizer org.kde.korganizer
fantastical com.flexibits.fantastical2.mac
todoist com.todoist.todoist com.todoist.mac.todoist
things com.culturedcode.thingsmac things3
omnifocus com.omnigroup.omnifocus4 com.omnigroup.omnifocus3
ticktick com.ticktick.task.mac com.ticktick.ticktick
reminders com.apple.reminders
planify io.github.alainm23.planify
gnome-todo org.gnome.todo endeavour org.gnome.endeavour
microsoft-to-do todo com.microsoft.to-do-mac
linear com.linear linear-linear
trello com.atlassian.trello
asana com.electron.asana
clickup com.clickup.desktop-app
toggl-track toggl com.toggl.daneel toggldesktop
anki net.ankiweb.anki org.ankiweb.anki
duolingo com.duolingo.desktop
gnucash org.gnucash.gnucash
kmymoney org.kde.kmymoney
homebank fr.free.homebank
quicken com.quicken.quicken
ynab com.youneedabudget.ynab4
maps com.apple.maps
gnome-maps org.gnome.maps
google-earth com.google.earth googleearth
health com.apple.health
gnome-control-center org.gnome.settings gnome-settings
systemsettings org.kde.systemsettings systemsettings5
system-settings com.apple.systempreferences system-preferences
windows-settings immersivecontrolpanel
control-panel control
gnome-tweaks org.gnome.tweaks
gnome-software org.gnome.software
discover org.kde.discover plasma-discover
app-store com.apple.appstore
microsoft-store winstore.app winstore
synaptic synaptic-pkexec
gnome-disks org.gnome.diskutility gnome-disk-utility
disk-utility com.apple.diskutility
gparted gpartedbin
gnome-system-monitor org.gnome.systemmonitor
plasma-systemmonitor org.kde.plasma-systemmonitor ksysguard
activity-monitor com.apple.activitymonitor
task-manager taskmgr
registry-editor regedit
calculator gnome-calculator org.gnome.calculator com.apple.calculator calculatorapp calc
kcalc org.kde.kcalc
speedcrunch org.speedcrunch.speedcrunch
flameshot org.flameshot.flameshot
spectacle org.kde.spectacle
gnome-screenshot org.gnome.screenshot
screenshot com.apple.screencaptureui
snipping-tool snippingtool screensketch screenclippinghost
eog org.gnome.eog eye-of-gnome
loupe org.gnome.loupe
gwenview org.kde.gwenview
photos com.apple.photos microsoft.photos photosapp
shotwell org.gnome.shotwell
digikam org.kde.digikam
file-roller org.gnome.fileroller
ark org.kde.ark
7-zip 7zfm 7zg
virtualbox virtualboxvm org.virtualbox.app.virtualbox virtualbox-manager
virt-manager org.virt_manager.virt-manager
vmware-workstation vmware vmplayer
gnome-boxes org.gnome.boxes
remote-desktop mstsc com.microsoft.rdc.macos windows-app
remmina org.remmina.remmina
teamviewer com.teamviewer.teamviewer
anydesk com.anydesk.anydesk
rustdesk com.rustdesk.rustdesk
wireshark org.wireshark.wireshark
filezilla org.filezillaproject.filezilla
transmission transmission-gtk transmission-qt com.transmissionbt.transmission org.m0k.transmission
qbittorrent org.qbittorrent.qbittorrent
nextcloud com.nextcloud.desktopclient.nextcloud com.nextcloud.desktopclient
dropbox com.getdropbox.dropbox
syncthing syncthingtray
chatgpt com.openai.chat
claude com.anthropic.claudefordesktop claude-desktop
copilot microsoft-copilot
lm-studio ai.elementlabs.lmstudio
miro com.electron.realtimeboard realtimeboard
drawio com.jgraph.drawio.desktop draw.io
insomnia rest.insomnia.insomnia com.insomnia.app
gitkraken com.axosoft.gitkraken
tower com.fournova.tower3
fork com.danpristupov.fork
dbvisualizer dbvis
mysql-workbench mysql-workbench-bin
pgadmin org.pgadmin.pgadmin4 pgadmin4
sqlitebrowser org.sqlitebrowser.sqlitebrowser db-browser-for-sqlite
arduino-ide cc.arduino.ide2 cc.arduino.arduinoide arduino
microsoft-edge-dev msedgedev
loginwindow com.apple.loginwindow
lockapp windows-default-lock-screen
"""
