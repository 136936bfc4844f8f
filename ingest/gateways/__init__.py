"""The gateway: bands that speak a TCP protocol of their maker's become bands like all others.

It decodes with the pure codecs, publishes our own JSON, and answers a band only when its words are
on our disk and with the broker. It needs neither the database nor the ingest role to do so.
"""
