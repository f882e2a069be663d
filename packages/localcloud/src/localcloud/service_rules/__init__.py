"""What services refuse beyond the shapes of their requests, each rule with its source. Pure."""
