-- $1 platform, $2 ids
SELECT id, name FROM tenancy_merchant WHERE platform_id = $1 AND id = ANY($2)
