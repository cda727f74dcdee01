"""Proof that nothing is lost and nothing silently wrong: kills, flipped bytes, mutated inputs."""
