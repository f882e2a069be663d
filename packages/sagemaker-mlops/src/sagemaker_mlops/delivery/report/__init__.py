"""HTML reports of trainings and shadow comparisons."""
