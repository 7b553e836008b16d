"""What all tables share."""

from sqlalchemy import MetaData, String

metadata = MetaData()

# Ties between names are broken by code point in every database; a PostgreSQL database may sort by a language.
BY_CODE_POINT = String(128).with_variant(String(128, collation="C"), "postgresql")
