menu-customers = Clients

permission-customers-view = Voir les clients
permission-customers-create = Créer des clients
permission-customers-manage = Gérer les clients

metric-customers-total_customers = Clients
metric-customers-new_customers = Nouveaux clients

feature-customers_limit = Clients
