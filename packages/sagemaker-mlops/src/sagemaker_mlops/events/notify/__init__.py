"""Function that starts GitHub workflows: an approval starts `promote`, a drift alarm starts `retrain`."""
