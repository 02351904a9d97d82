"""The official VOT toolkit as a client of our trackers: its protocol TraX, and its workspaces.

Book: chapter 14.
May import: data, trackers.
"""
