"""What training steps, inference server and monitors share: jobs, requests, model archives, statistics."""
