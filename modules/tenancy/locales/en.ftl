menu-merchants = Merchants
menu-stores = Stores
menu-team = Team
menu-api-keys = API keys
menu-audit-log = Audit log
menu-platform = Platform

permission-tenancy-view = View merchants and stores
permission-tenancy-manage_merchants = Manage merchants
permission-tenancy-manage_stores = Manage stores
permission-tenancy-view_team = View teams
permission-tenancy-manage_team = Manage teams
permission-tenancy-manage_api_keys = Manage API keys
permission-tenancy-view_audit_log = View the audit log
permission-tenancy-manage_platform = Manage the platform
permission-tenancy-create_platforms = Create platforms
permission-tenancy-manage_accounts = Manage accounts

metric-tenancy-total_stores = Stores
metric-tenancy-team_members = Team members
metric-tenancy-total_merchants = Merchants
metric-tenancy-new_merchants = New merchants
