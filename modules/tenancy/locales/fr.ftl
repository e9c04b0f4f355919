menu-merchants = Commerçants
menu-stores = Boutiques
menu-team = Équipe
menu-api-keys = Clés d’API
menu-audit-log = Journal d’audit
menu-platform = Plateforme

permission-tenancy-view = Voir les commerçants et les boutiques
permission-tenancy-manage_merchants = Gérer les commerçants
permission-tenancy-manage_stores = Gérer les boutiques
permission-tenancy-view_team = Voir les équipes
permission-tenancy-manage_team = Gérer les équipes
permission-tenancy-manage_api_keys = Gérer les clés d’API
permission-tenancy-view_audit_log = Voir le journal d’audit
permission-tenancy-manage_platform = Gérer la plateforme
permission-tenancy-create_platforms = Créer des plateformes
permission-tenancy-manage_accounts = Gérer les comptes

metric-tenancy-total_stores = Boutiques
metric-tenancy-team_members = Membres des équipes
metric-tenancy-total_merchants = Commerçants
metric-tenancy-new_merchants = Nouveaux commerçants
