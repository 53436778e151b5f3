"""How Alembic runs the migrations, and the words they are written in."""
