"""Actions: differentiable functionals of the links."""
