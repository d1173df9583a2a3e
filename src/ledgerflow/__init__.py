"""Connect to web APIs, keep the authorization alive, run dataflows that read and write."""
