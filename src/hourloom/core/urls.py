"""What a URL tells of: its site and its host, however it is written."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

_WITHOUT_HOST = frozenset({"file", "data", "javascript", "blob", "about", "view-source"})

_AROUND_ANOTHER = ("view-source:", "blob:", "filesystem:", "wyciwyg:")
"""What stands before the URL of a page that is shown in another way."""


def site_of(url: str) -> str | None:
    """Return scheme and host of a URL as a URL; only the scheme where there is no host.

    https://me:secret@host.example:8080/path  becomes  https://host.example:8080/
    file:///home/me/diary.odt                 becomes  file:
    """
    scheme, domain = _parts(url)
    if not scheme:
        return None
    return f"{scheme}://{domain}/" if domain else f"{scheme}:"


def domain_of(url: str) -> str:
    """Return the host of a URL, with its port; nothing where there is none."""
    return _parts(url)[1]


def host_of(url: str) -> str:
    """Return the host of the page a URL shows, without port and closing dot, in ASCII where it can be.

    view-source:https://Bank.example./x          becomes  bank.example
    about:reader?url=https%3A%2F%2Fbank.example  becomes  bank.example
    http://bücher.example/                       becomes  xn--bcher-kva.example
    http://[::1]:5600/                           becomes  ::1
    """
    try:
        host = urlsplit(_inner(url.strip())).hostname
    except ValueError:
        return ""
    return ascii_host(host or "")


def ascii_host(host: str) -> str:
    """Return a host as it is asked for: in small ASCII letters, without a closing dot."""
    host = host.strip().strip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def is_within(host: str, domain: str) -> bool:
    """Return whether a host is a domain or one below it."""
    return bool(domain) and (host == domain or host.endswith("." + domain))


def _inner(url: str) -> str:
    while url[:12].lower().startswith(_AROUND_ANOTHER):
        url = url.partition(":")[2]
    if url[:13].lower() == "about:reader?":
        return parse_qs(url[13:], max_num_fields=20).get("url", [""])[0]
    return url


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        scheme = parts.scheme if url[: len(parts.scheme) + 1].lower() == f"{parts.scheme}:" else ""
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return "", ""
    return scheme, host if scheme and scheme not in _WITHOUT_HOST else ""
