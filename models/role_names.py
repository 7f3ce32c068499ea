"""Names the server's PostgreSQL roles, which begin with a prefix: two installations in one cluster have two."""

import re

from models.viewers import Login

PREFIX = "cohorte"  # of the roles' names in all SQL of the sources, and wherever the settings give no other
ROLE = re.compile(rf"\b{PREFIX}_(public|patient|buyer|manager|publisher)\b")


def role_name(login: Login, prefix: str = PREFIX) -> str:
    """The name of a login's role in an installation."""
    return named(login.role, prefix)


def named(sql: str, prefix: str) -> str:
    """SQL with the names of an installation's roles in place of those that the sources have."""
    return sql if prefix == PREFIX else ROLE.sub(rf"{prefix}_\1", sql)
