menu-home = Home
permission-base-view = View
module-name = Base
