-- $1 hash of the token; the second statement sees the platform that this one sets
SELECT user_id, platform_id, is_active AND revoked_at IS NULL AND expires_at > now() AS is_good,
    set_config('facet.platform_id', platform_id::text, true)
FROM facet_identify($1)
