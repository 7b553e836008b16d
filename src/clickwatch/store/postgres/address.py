"""The address of a database, as the setting has it: it may hold a password, so no error repeats it."""

from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES = ("postgresql", "postgresql+psycopg")
_FORM = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"


def check_address(address: str) -> str:
    """The address if it is one of PostgreSQL; raises ValueError, which says what it has to be and not what it is."""
    scheme, colon, _ = address.partition("://")
    if not colon or scheme not in SCHEMES:
        raise ValueError(f"it has to be the address of a PostgreSQL database, {_FORM}, or empty for the home's file")
    try:
        parts = urlsplit(address)
        # With a second @ it is open where the password ends: who reads on takes a piece of it for the host.
        is_whole = parts.port != 0 and len(parts.path) > 1 and parts.netloc.count("@") < 2
    except ValueError:  # it names what it could not read
        is_whole = False
    if not is_whole:
        raise ValueError(f"it cannot be read as {_FORM}; in names and passwords, write / as %2F and @ as %40")
    return address


def described(address: str) -> str:
    """Which database that is, for people: no user, no password, no options."""
    parts = urlsplit(address)
    hosts = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ["this machine"]))
    return f"{unquote(parts.path[1:])} on PostgreSQL at {hosts}"
