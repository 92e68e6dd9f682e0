"""Grade folders of submissions, and check one notebook, in processes of their own."""
