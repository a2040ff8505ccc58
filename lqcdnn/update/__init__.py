"""Updates: (state, info) = step(state)."""
