menu-customers = Customers

permission-customers-view = View customers
permission-customers-create = Create customers
permission-customers-manage = Manage customers

metric-customers-total_customers = Customers
metric-customers-new_customers = New customers

feature-customers_limit = Customers
