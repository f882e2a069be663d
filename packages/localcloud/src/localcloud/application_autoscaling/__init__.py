"""Application Auto Scaling: targets and policies are registered; nothing scales by itself."""
