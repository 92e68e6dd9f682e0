def points(x): return float(x)
def write(*a): pass
