"""The table of index positions: how far remote indexes have followed the change log."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.models.declarative_base import Base


class IndexPosition(Base):
    """The last change that a build on an index server has applied.

    ``server`` is its address without name and password, ``build`` the build's name there.
    """

    __tablename__ = "index_positions"

    server: Mapped[str] = mapped_column(String(300), primary_key=True)
    build: Mapped[str] = mapped_column(String(120), primary_key=True)
    change_number: Mapped[int]
