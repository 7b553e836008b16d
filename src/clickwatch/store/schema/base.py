"""What all tables share."""

from sqlalchemy import MetaData, String

metadata = MetaData()


def by_code_point(length: int) -> String:
    """Text of so many characters, in the same order in every database: a PostgreSQL database may sort by a language."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


BY_CODE_POINT = by_code_point(128)
