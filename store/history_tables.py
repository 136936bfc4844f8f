"""Who changed what in the registry, and when: one row for each change, never edited."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from store.columns import BigId, Document, Instant
from store.metadata import metadata

registry_change = Table(
    "registry_change",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("subject", String(20), nullable=False),  # core/history.py: Subject
    Column("subject_id", String(40), nullable=False),
    Column("version", Integer, nullable=False),  # 1, 2, 3 … of this subject
    Column("elder_id", ForeignKey("elder.id"), index=True),  # whose history it is part of
    Column("changes", Document, nullable=False),  # field -> [before, after]
    Index("ix_registry_change_subject", "subject", "subject_id", "id"),
)
