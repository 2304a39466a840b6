# The one estimator that training uses; see models/evaluation/calibration.py.
