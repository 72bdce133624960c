"""`quantos demo`: the platform's main job as a story, on a simulated directory of its own.

`stage` opens the platform and serves it on loopback; `market` loads it with bars; `agents` decides what three
strategies want to hold; `story` plays the year through the HTTP API; `identities` checks what came out;
`screen` shows it.
"""
