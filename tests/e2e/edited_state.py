"""A state changed behind firn's back, as tests need it that play a loss of memory.

The checksum of a state gives such a change away, so the file is made one of format 1 first, which had
none; the next run that writes brings it up again.
"""
import contextlib
import sqlite3


@contextlib.contextmanager
def edited(path):
    """A connection to the state at `path`; what it changed is committed at the end."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE IF EXISTS lease")
        database.execute("DELETE FROM meta WHERE key = 'checksum'")
        database.execute("PRAGMA user_version = 1")
        yield database
