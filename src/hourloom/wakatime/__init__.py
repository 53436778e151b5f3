"""WakaTime's API, so that the plug-ins of editors report here unchanged."""
