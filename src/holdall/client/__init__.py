"""holdall for programs: contexts, their files, and sessions that have some of them at directories of this machine.

client    Client
contexts  ContextService: what is asked about contexts and their files
session   Session and ContextManager: contexts at directories
results   what every call answers with
calls     one call to the daemon
"""
