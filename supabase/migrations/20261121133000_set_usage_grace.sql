-- How long a period takes late usage is a setting of the environment.

set local lock_timeout = '5s';

grant update (usage_grace_minutes) on environments to billingos_api;
