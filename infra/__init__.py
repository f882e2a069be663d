"""Infrastructure: the settings of every environment, and the names that are derived from them."""
