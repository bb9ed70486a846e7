"""The owner's pages: a module for each subject, templates beside them. `visiting.py` has the table of all."""
