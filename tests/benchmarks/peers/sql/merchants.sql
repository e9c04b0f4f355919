-- $1 platform, $2 how many
SELECT id, name FROM tenancy_merchant WHERE platform_id = $1 ORDER BY name, id LIMIT $2
