"""The SQL that keeps tenants apart: roles, rights and row-level security, for migrations to execute."""

from __future__ import annotations

# The account of the current frame; no frame, no account, no rows.
CURRENT_ACCOUNT = "nullif(current_setting('app.account_id', true), '')::bigint"


def create_roles(prefix: str) -> list[str]:
    """The login, which sees nothing by itself, and the two roles it may enter. Roles are the whole cluster's, so
    databases that are set up side by side meet here: what exists already is as good as made.
    """
    roles = {"login": "login noinherit", "tenant": "nologin", "system": "nologin"}
    statements = [
        f"""
        do $$ begin
          create role {prefix}_{name} {options};
        exception when duplicate_object or unique_violation then null;
        end $$
        """
        for name, options in roles.items()
    ]
    for name in ("tenant", "system"):
        statements.append(
            f"""
            do $$ begin
              if not pg_has_role('{prefix}_login', '{prefix}_{name}', 'member') then
                grant {prefix}_{name} to {prefix}_login;
              end if;
            exception when unique_violation then null;
            end $$
            """
        )
    statements.append(f"grant usage on schema public to {prefix}_login, {prefix}_tenant, {prefix}_system")
    return statements


def protect(table: str, prefix: str, *, account: str | None = "account_id", rights: str = "all") -> list[str]:
    """Row-level security on `table`: the tenant sees rows whose `account` column is its own (None: no row at all)."""
    statements = [
        f"alter table {table} enable row level security",
        f"grant all on {table} to {prefix}_system",
        f"create policy system on {table} to {prefix}_system using (true) with check (true)",
    ]
    if account is not None:
        is_own = f"{account} = {CURRENT_ACCOUNT}"
        statements += [
            f"grant {rights} on {table} to {prefix}_tenant",
            f"create policy tenant on {table} to {prefix}_tenant using ({is_own}) with check ({is_own})",
        ]
    return statements
