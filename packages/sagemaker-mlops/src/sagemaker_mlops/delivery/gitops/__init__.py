"""GitOps commands of the workflows: propose, release, revert, report and reconcile model versions."""
