"""finding contacts and messages by words"""

from __future__ import annotations

from alembic import op

from app.config import settings

revision = "c3f0a5d1e7b2"
down_revision = "851a8b81efb8"
branch_labels = None
depends_on = None

# The account is a lexeme that no text contains, so that no word typed matches everything.
CONTACT = (
    "array_to_tsvector(array['@' || account_id::text]) || to_tsvector('simple', left(parley_fold(left("
    "name || ' ' || middle_name || ' ' || last_name"
    " || ' ' || coalesce(email, '') || ' ' || translate(coalesce(email, ''), '@._-+', '     ')"
    " || ' ' || coalesce(phone_number, '') || ' ' || translate(coalesce(phone_number, ''), '+', ' ')"
    " || ' ' || coalesce(identifier, '') || ' ' || coalesce(additional_attributes ->> 'company_name', ''), 4000)), 8000))"
)
MESSAGE = (
    "array_to_tsvector(array['@' || account_id::text])"
    " || to_tsvector('simple', left(parley_fold(left(content, 50000)), 60000))"
)

# Most contacts of a busy website are visitors who pass by: lists show those whom one can reach or recognise.
KNOWN = "email is not null or phone_number is not null or identifier is not null"
KNOWN_INDEXES = {
    "ix_contacts_known_recent": "last_activity_at desc nulls last, id desc",
    "ix_contacts_known_name": "name, id",
    "ix_contacts_known_newest": "id",
}

# What was typed as a query: all words must be there, each one (`prefixes`) or the last may be the beginning of one.
QUERY = """
create function parley_query(words text, prefixes boolean) returns tsquery language plpgsql stable
set search_path = pg_catalog, public, pg_temp as $$
declare
  typed text[] := regexp_split_to_array(btrim(parley_fold(left(words, 400)), E' \\t\\n\\r'), '\\s+');
  part tsquery;
  asked tsquery;
begin
  for i in 1 .. cardinality(typed) loop
    part := plainto_tsquery('simple', typed[i]);
    continue when numnode(part) = 0;
    if prefixes or i = cardinality(typed) then
      part := regexp_replace(part::text, '''(?= |$)', ''':*', 'g')::tsquery;
    end if;
    asked := coalesce(asked && part, part);
  end loop;
  return ('''@' || nullif(current_setting('app.account_id', true), '') || '''')::tsquery && asked;
end $$
"""

# Row-level security keeps full-text operators from their index: these functions run as the owner, and keep to the
# account of the frame by themselves. A rare word is looked up in the index; a common one is met soon by walking back
# from the newest row, which costs the same however many there are. What the planner expects tells the two apart.
# Only where a common word was not met there and the search is `deep` are all its places gathered from the index.
EXPECTED = """
create function parley_expected(relation regclass, asked tsquery) returns bigint language plpgsql
set search_path = pg_catalog, public, pg_temp as $$
declare
  plan json;
begin
  execute format('explain (format json) select 1 from %s where search @@ %L::tsquery', relation, asked) into plan;
  return (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
end $$
"""

MESSAGES = """
create function search_messages(words text, wanted integer, inboxes bigint[], before bigint, deep boolean)
returns setof bigint language plpgsql security definer rows 50
set search_path = pg_catalog, public, pg_temp set jit = off set enable_sort = off set client_min_messages = error
set plan_cache_mode = force_custom_plan as $$
declare
  own bigint := nullif(current_setting('app.account_id', true), '')::bigint;
  asked tsquery := parley_query(words, false);
  top bigint := coalesce(before, 9223372036854775807);
  edge bigint;
  met integer;
begin
  wanted := least(greatest(wanted, 0), 200);
  if own is null or asked is null then
    return;
  end if;
  if parley_expected('messages', asked) > 20000 then
    select id into edge from messages where account_id = own and id < top order by id desc offset 50000 limit 1;
    return query
      select id from (
        select m.id, m.search, m.inbox_id, m.deleted_at from messages m
        where m.account_id = own and m.id < top order by m.id desc limit 50000
      ) newest
      where search @@ asked and deleted_at is null and (inboxes is null or inbox_id = any (inboxes)) limit wanted;
    get diagnostics met = row_count;
    wanted := wanted - met;
    top := edge + 1;
    if wanted = 0 or edge is null or not deep then
      return;
    end if;
  end if;
  return query
    with hits as materialized (
      select m.id from messages m
      where m.search @@ asked and m.account_id = own and m.id < top and m.deleted_at is null
        and (inboxes is null or m.inbox_id = any (inboxes))
    )
    select id from hits order by id desc limit wanted;
end $$
"""

CONTACTS = """
create function search_contacts(words text, wanted integer) returns setof bigint
language plpgsql security definer rows 50
set search_path = pg_catalog, public, pg_temp set jit = off set enable_sort = off set client_min_messages = error
set plan_cache_mode = force_custom_plan as $$
declare
  own bigint := nullif(current_setting('app.account_id', true), '')::bigint;
  asked tsquery;
  met integer := 0;
begin
  wanted := least(greatest(wanted, 0), 1000);
  if words ~ '^[-+0-9 ()./]*$' then
    words := regexp_replace(regexp_replace(words, '^ *00', ''), '[^0-9]', '', 'g');
  end if;
  asked := parley_query(words, true);
  if own is null or asked is null then
    return;
  end if;
  if parley_expected('contacts', asked) > 500 then
    return query
      select id from (
        select c.id, c.search from contacts c where c.account_id = own
        order by c.last_activity_at desc nulls last, c.id desc limit 20000
      ) newest
      where search @@ asked limit wanted;
    get diagnostics met = row_count;
    if met = wanted then
      return;
    end if;
  end if;
  return query
    with hits as materialized (
      select c.id, c.last_activity_at from contacts c where c.search @@ asked and c.account_id = own
    )
    select id from hits order by last_activity_at desc nulls last, id desc offset met limit wanted - met;
end $$
"""


def upgrade() -> None:
    for table, expression in {"contacts": CONTACT, "messages": MESSAGE}.items():
        op.execute(f"alter table {table} drop column search")
        op.execute(f"alter table {table} add column search tsvector generated always as ({expression}) stored not null")
        op.execute(f"create index ix_{table}_search on {table} using gin (search)")
    for name, columns in KNOWN_INDEXES.items():
        op.execute(f"create index {name} on contacts (account_id, {columns}) where {KNOWN}")
    for function in (QUERY, EXPECTED, MESSAGES, CONTACTS):
        op.execute(function)
    tenant = f"{settings().database_role_prefix}_tenant"
    for name in (
        "parley_query(text, boolean)",
        "parley_expected(regclass, tsquery)",
        "search_messages(text, integer, bigint[], bigint, boolean)",
        "search_contacts(text, integer)",
    ):
        op.execute(f"revoke all on function {name} from public")
    op.execute(f"grant execute on function search_messages(text, integer, bigint[], bigint, boolean) to {tenant}")
    op.execute(f"grant execute on function search_contacts(text, integer) to {tenant}")
