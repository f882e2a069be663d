"""Code that training steps, inference server and monitors share."""
