menu-billing-subscriptions = Abonnements
menu-billing-revenue = Revenus
menu-billing-tiers = Formules

permission-billing-view = Voir la facturation
permission-billing-manage = Gérer la facturation

metric-billing-active_subscriptions = Abonnements actifs
metric-billing-trialing_subscriptions = Essais
metric-billing-mrr = Revenu mensuel récurrent
metric-billing-arr = Revenu annuel récurrent
metric-billing-new_mrr = Nouveau revenu récurrent
metric-billing-expansion_mrr = Revenu récurrent d’expansion
metric-billing-contraction_mrr = Revenu récurrent contracté
metric-billing-churned_mrr = Revenu récurrent perdu
metric-billing-reactivation_mrr = Revenu récurrent réactivé
metric-billing-net_new_mrr = Variation nette du revenu récurrent
metric-billing-paying_merchants = Marchands payants
metric-billing-arpa = Revenu moyen par compte
metric-billing-paying_merchants_at_start = Marchands payants au début
metric-billing-lost_merchants = Marchands perdus
metric-billing-customer_churn_rate = Taux d’attrition des marchands

feature-invoice_history = Historique des factures
feature-self_service_plan_change = Changer de formule soi-même
feature-billing_contacts_limit = Contacts de facturation
