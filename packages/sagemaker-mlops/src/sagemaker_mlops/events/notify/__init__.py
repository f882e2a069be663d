"""Tell GitHub: an approval starts `promote`, a drift alarm starts `retrain`."""
