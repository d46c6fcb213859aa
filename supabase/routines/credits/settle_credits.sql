-- Does what is due by a time, boundary by boundary, whenever anybody comes to do it: what has expired is written off, and
-- an allowance whose period is over carries over what it may and grants the next period. Whoever calls has locked the pool.
-- Says whether anything moved.
create or replace function app.settle_credits(for_environment text, for_customer text, at timestamptz) returns boolean
language plpgsql set search_path = ''
as $$
declare
  due public.credit_allowances;
  boundary timestamptz;
  following timestamptz;
  ended record;
  carried numeric;
  kept numeric;
  moved boolean := false;
begin
  loop
    select * into due from public.credit_allowances a
    where a.environment_id = for_environment and a.customer_id = for_customer and a.ended_at is null
      and a.next_reset_at <= at
    order by a.next_reset_at, a.id limit 1;
    boundary := coalesce(due.next_reset_at, at);

    -- What the allowance itself gave for the period that ends here may be carried over, and comes below.
    for ended in
      select g.id, g.remaining, g.expires_at from public.credit_grants g
      where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
        and g.expires_at <= boundary
        and not (g.source <> 'rollover' and g.allowance_id is not distinct from due.id and g.expires_at = boundary
                 and due.id is not null)
      order by g.expires_at, g.id
    loop
      perform app.move_credits(for_environment, ended.id, 'expire', -ended.remaining, ended.expires_at, null, null);
      moved := true;
    end loop;
    exit when due.id is null;

    moved := true;
    following := (app.period_at(due.anchor, due."interval", due.interval_count, boundary)).period_end;
    -- Once per boundary, whoever else is at it.
    update public.credit_allowances a
    set period_start = boundary, next_reset_at = following, granted = a.quantity
    where a.environment_id = for_environment and a.id = due.id and a.next_reset_at = boundary;
    continue when not found;

    select greatest(0, coalesce(due.rollover_max, 0) - coalesce(sum(g.remaining), 0)) into carried
    from public.credit_grants g
    where g.environment_id = for_environment and g.allowance_id = due.id and g.source = 'rollover' and g.remaining > 0
      and g.expires_at > boundary;
    kept := carried;
    for ended in
      select g.id, g.remaining from public.credit_grants g
      where g.environment_id = for_environment and g.allowance_id = due.id and g.source <> 'rollover' and g.remaining > 0
        and g.expires_at = boundary
      order by g.id
    loop
      perform app.move_credits(
        for_environment, ended.id, 'rollover', -least(kept, ended.remaining), boundary, null, null);
      perform app.move_credits(
        for_environment, ended.id, 'expire', -greatest(0, ended.remaining - kept), boundary, null, null);
      kept := kept - least(kept, ended.remaining);
    end loop;
    if carried > kept then
      perform app.give_credits(for_environment, for_customer, 'rollover', due, carried - kept, boundary,
        app.credit_periods_end(due, boundary, due.rollover_periods));
    end if;
    perform app.give_credits(for_environment, for_customer, due.source, due, due.quantity, boundary, following);
  end loop;
  return moved;
end $$;

revoke execute on function app.settle_credits from public;
