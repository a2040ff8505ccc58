"""Statistics of Monte Carlo histories: errors, autocorrelation, thermalisation, verdicts. Needs numpy only."""
