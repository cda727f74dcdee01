"""Linear-Gaussian latents in repeated rows, compiled. No economics."""
