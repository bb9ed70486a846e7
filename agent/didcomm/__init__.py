"""Envelopes and plaintext of DIDComm Messaging v2.1. Pure: no input or output."""
