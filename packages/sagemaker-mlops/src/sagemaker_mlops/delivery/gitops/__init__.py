"""What workflows do between GitHub and AWS: propose, release, revert, report, reconcile."""
