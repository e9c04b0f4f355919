menu-billing-subscriptions = Subscriptions
menu-billing-revenue = Revenue
menu-billing-tiers = Tiers

permission-billing-view = View billing
permission-billing-manage = Manage billing

metric-billing-active_subscriptions = Active subscriptions
metric-billing-trialing_subscriptions = Trials
metric-billing-mrr = MRR
metric-billing-arr = ARR
metric-billing-new_mrr = New MRR
metric-billing-expansion_mrr = Expansion MRR
metric-billing-contraction_mrr = Contraction MRR
metric-billing-churned_mrr = Churned MRR
metric-billing-reactivation_mrr = Reactivation MRR
metric-billing-net_new_mrr = Net new MRR
metric-billing-paying_merchants = Paying merchants
metric-billing-arpa = ARPA
metric-billing-paying_merchants_at_start = Paying merchants at the start
metric-billing-lost_merchants = Lost merchants
metric-billing-customer_churn_rate = Customer churn

feature-invoice_history = Invoice history
feature-self_service_plan_change = Change the plan oneself
feature-billing_contacts_limit = Billing contacts
