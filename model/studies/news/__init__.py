"""What newly arrived prints changed."""
