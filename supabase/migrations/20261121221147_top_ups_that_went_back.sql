-- What a refund or a dispute takes of credits that were bought.

set local lock_timeout = '5s';

alter table credit_top_ups add column amount_back bigint not null default 0 check (amount_back between 0 and amount);
alter table credit_top_ups add column went_back_at timestamptz;
comment on column credit_top_ups.amount_back is 'What of its price went back, or is held by a dispute, when it was looked at last.';
comment on column credit_top_ups.went_back_at is 'When that grew last: what is bought by itself stops then.';

alter table credit_grants add column taken_back numeric not null default 0 check (taken_back between 0 and quantity);
comment on column credit_grants.taken_back is 'What a refund or dispute of its purchase has taken, by entries of kind void: restoring a void grant leaves it.';
