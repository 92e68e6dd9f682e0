"""What students ask about their own file: how far it is, a way back, is it whole.

No TensorFlow is loaded in these processes and no student code runs in them.
"""
