"""The API for an org's own systems: a CRM reads relationships and threads there, and speaks through the tables."""
