"""SQLAlchemy: a model is written, used and found again in the catalog."""
import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

engine = sa.create_engine("postgresql+psycopg://")


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="how they sign")
    born: Mapped[dt.date | None]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    __table_args__ = (sa.CheckConstraint("price >= 0", name="book_price"), {"comment": "what is read"})
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(sa.Text, server_default="untitled")
    price: Mapped[float | None] = mapped_column(sa.Numeric(10, 2))
    tags = mapped_column(pg.ARRAY(sa.Text))
    info = mapped_column(pg.JSONB)
    at = mapped_column(pg.TIMESTAMP(timezone=True), server_default=sa.func.now())
    author: Mapped[Author] = relationship(back_populates="books")


Base.metadata.create_all(engine)
Base.metadata.create_all(engine)  # finds that all is there

with Session(engine) as s:
    a = Author(name="Ann", born=dt.date(1950, 1, 2))
    a.books = [Book(title="One", price=3, tags=["a"], info={"n": 1}), Book(price=4)]
    s.add(a)
    s.commit()
    assert a.id == 1 and {b.title for b in a.books} == {"One", "untitled"}
    got = s.scalars(sa.select(Book).join(Author).where(Author.name == "Ann", Book.tags.any("a"))).one()
    assert got.info == {"n": 1} and got.author.born == dt.date(1950, 1, 2)
    a.name = "Anne"
    s.flush()
    s.rollback()
    assert a.name == "Ann"
    s.execute(sa.insert(Book), [{"author_id": 1, "title": f"b{i}"} for i in range(50)])
    s.execute(pg.insert(Author).values(name="Ann").on_conflict_do_nothing(index_elements=["name"]))
    s.commit()
    try:
        s.add(Book(author_id=99))
        s.commit()
        raise AssertionError("a book of nobody")
    except sa.exc.IntegrityError:
        s.rollback()

with engine.begin() as c:
    c.execute(sa.text("CREATE VIEW titles AS SELECT title FROM book"))
    c.execute(sa.text("CREATE MATERIALIZED VIEW per_author AS SELECT author_id, count(*) AS n FROM book GROUP BY author_id"))

look = sa.inspect(engine)
assert {"author", "book"} <= set(look.get_table_names()), look.get_table_names()
assert "titles" in look.get_view_names() and "per_author" in look.get_materialized_view_names()
assert "SELECT title FROM book" in look.get_view_definition("titles")
assert look.get_pk_constraint("book") == {"constrained_columns": ["id"], "name": "book_pkey", "comment": None}, look.get_pk_constraint("book")
[fk] = look.get_foreign_keys("book")
assert fk["referred_table"] == "author" and fk["constrained_columns"] == ["author_id"] and fk["options"] == {"ondelete": "CASCADE"}, fk
[unique] = look.get_unique_constraints("author")
assert unique["column_names"] == ["name"], unique
assert [c["name"] for c in look.get_check_constraints("book")] == ["book_price"]
assert look.get_table_comment("book") == {"text": "what is read"}
columns = {c["name"]: c for c in look.get_columns("author")}
assert isinstance(columns["name"]["type"], sa.VARCHAR) and columns["name"]["type"].length == 40 and columns["name"]["comment"] == "how they sign"
assert columns["id"]["identity"]["start"] == 1 and not columns["id"]["nullable"]
columns = {c["name"]: c for c in look.get_columns("book")}
assert columns["title"]["default"] == "'untitled'::text" and isinstance(columns["info"]["type"], pg.JSONB)
assert isinstance(columns["price"]["type"], sa.NUMERIC) and columns["price"]["type"].scale == 2
assert "public" in look.get_schema_names() and look.has_table("book") and not look.has_table("nothing")
assert "author_id_seq" in look.get_sequence_names(), look.get_sequence_names()
assert look.get_indexes("author")[0]["duplicates_constraint"] == "author_name_key"
reflected = sa.MetaData()
reflected.reflect(engine, views=True)
assert {"author", "book", "titles"} <= set(reflected.tables)
with engine.connect() as c:
    assert c.execute(sa.select(sa.func.count()).select_from(reflected.tables["book"])).scalar() == 52
