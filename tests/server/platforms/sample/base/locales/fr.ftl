menu-home = Accueil
permission-base-view = Voir
module-name = Socle
