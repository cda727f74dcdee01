"""The same equations a second time, in plain NumPy, one day after the other."""
