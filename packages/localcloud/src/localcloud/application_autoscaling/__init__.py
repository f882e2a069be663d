"""Application Auto Scaling API: targets and policies are stored, but nothing is scaled."""
