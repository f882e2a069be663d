"""The settings of every environment, and the names of AWS resources that are derived from them."""
