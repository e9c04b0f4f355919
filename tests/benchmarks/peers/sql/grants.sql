-- $1 platform, $2 person
SELECT merchant_id FROM tenancy_membership
WHERE platform_id = $1 AND user_id = $2 AND ended_at IS NULL AND role IN ('platform_admin', 'merchant_member')
